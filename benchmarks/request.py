"""What was asked on the command line -> studies that are settled and checked, before anything is written."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.data import Images, load_dataset
from benchmarks.executors.local import Job
from benchmarks.machine import num_cores, read_checkout, settle_device
from benchmarks.recipe import RECIPES, Recipe, change
from benchmarks.study import Plan, plan, settle_precision
from benchmarks.suite import Suite, arms_matching, load_suite, suite_names
from benchmarks.timings import TimingPlan, Workload
from benchmarks.trial import Arm
from resnet_variants.choices import choose

ALL = "all"


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """The flags; None is the suite's own choice."""

    suite: str | None
    dataset: str | None
    data: Path | None
    download: bool
    recipe: str | None
    settings: tuple[str, ...]
    num_seeds: int | None
    arms: str
    jobs: str
    device: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """One suite as it was asked for: its trials, what they share, and how many run at once."""

    name: str
    suite: Suite
    plan: Plan
    job: Job
    num_workers: int
    timing: TimingPlan | None


def settle(request: Request) -> list[Study]:
    """The studies of a request; "all" is every suite, those left out of which no arm matches.

    Raises:
        ValueError: a flag's value is not possible; says which, why, and what would be.
    """
    suites = _suites(request)
    recipes = {name: _recipe(request, suite) for name, suite in suites.items()}
    for suite in suites.values():
        load_dataset(request.dataset or suite.dataset)
    num_workers = _num_workers(request.jobs)
    device = settle_device(request.device)
    loaded: dict[str, Images] = {}
    checkout = read_checkout()
    studies = []
    for name, suite in suites.items():
        dataset = request.dataset or suite.dataset
        if dataset not in loaded:
            loaded[dataset] = load_dataset(dataset).load(request.data, request.download)
        images = loaded[dataset]
        recipe = settle_precision(recipes[name], device)
        arms = list(arms_matching(suite, request.arms).values())
        trials = plan(arms, images, recipe, suite.num_seeds if request.num_seeds is None else request.num_seeds)
        job = Job(images=images, device=device, checkout=checkout)
        workers = num_workers or (num_cores() if device == "cpu" else 1)
        timing = timing_plan(suite, arms, images, recipe)
        studies.append(Study(name=name, suite=suite, plan=trials, job=job, num_workers=workers, timing=timing))
    return studies


def timing_plan(suite: Suite, arms: Iterable[Arm], images: Images, recipe: Recipe) -> TimingPlan | None:
    """What of a suite is timed, under the recipe's own batch size and precision."""
    if not suite.timed:
        return None
    assert recipe.precision != "native"
    networks = dict.fromkeys(arm.architecture for arm in arms)
    return TimingPlan(
        workloads=tuple(Workload(architecture=network, task=images.facts.task) for network in networks),
        steps=suite.timed,
        batch_size=recipe.batch_size,
        precision=recipe.precision,
    )


def _suites(request: Request) -> dict[str, Suite]:
    if request.suite is None:
        raise ValueError(f"name a suite with --suite: {', '.join([*suite_names(), ALL])}; --list tells more")
    if request.suite != ALL:
        suite = load_suite(request.suite)
        arms_matching(suite, request.arms)
        return {request.suite: suite}
    suites, refusals = {}, []
    for name in suite_names():
        suite = load_suite(name)
        try:
            arms_matching(suite, request.arms)
            suites[name] = suite
        except ValueError as error:
            refusals.append(f"{name}: {error}")
    if not suites:
        raise ValueError("; ".join(refusals))
    return suites


def _recipe(request: Request, suite: Suite) -> Recipe:
    known = choose("recipe", request.recipe or suite.recipe, RECIPES)
    return change(known, list(request.settings))


def _num_workers(jobs: str) -> int | None:
    """The number asked for; None for "auto"."""
    if jobs.lower() == "auto":
        return None
    if not jobs.isdecimal() or int(jobs) < 1:
        raise ValueError(f"--jobs {jobs!r} is not possible: it must be 'auto' or a whole number from 1 on")
    return int(jobs)
