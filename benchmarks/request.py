"""What was asked on the command line -> studies that are settled and checked, before anything is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.data import Images, load_dataset
from benchmarks.executors.local import Job
from benchmarks.machine import Checkout, num_cores, read_checkout, settle_device
from benchmarks.recipe import RECIPES, Recipe, change
from benchmarks.study import Plan, plan, settle_precision
from benchmarks.suite import Suite, load_suite, suite_names
from benchmarks.survey import Survey, load_survey, survey_names
from benchmarks.timings import TimingPlan, Workload
from benchmarks.trial import Arm
from resnet_variants.choices import choose, matching

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Sitting:
    """One survey as it was asked for: what is timed, and where."""

    name: str
    survey: Survey
    timing: TimingPlan
    device: str
    checkout: Checkout


def settle(request: Request) -> list[Study | Sitting]:
    """The studies of a request, then its surveys; "all" is every one, those left out of which no arm matches.

    Raises:
        ValueError: a flag's value is not possible; says which, why, and what would be.
    """
    names = _names(request)
    suites = {name: load_suite(name) for name in names if name in suite_names()}
    surveys = {name: load_survey(name) for name in names if name in survey_names()}
    _refuse_what_only_trains(request, surveys)
    recipes = {name: _recipe(request, suite) for name, suite in suites.items()}
    for suite in suites.values():
        load_dataset(request.dataset or suite.dataset)
    num_workers = _num_workers(request.jobs)
    device = settle_device(request.device)
    loaded: dict[str, Images] = {}
    checkout = read_checkout()
    settled: list[Study | Sitting] = []
    for name, suite in suites.items():
        dataset = request.dataset or suite.dataset
        if dataset not in loaded:
            loaded[dataset] = load_dataset(dataset).load(request.data, request.download)
        images = loaded[dataset]
        recipe = settle_precision(recipes[name], device)
        arms = list(matching("arm", request.arms, suite.arms).values())
        trials = plan(arms, images, recipe, suite.num_seeds if request.num_seeds is None else request.num_seeds)
        job = Job(images=images, device=device, checkout=checkout, keeps_weights=suite.keeps_weights or bool(suite.probes))
        workers = num_workers or (num_cores() if device == "cpu" else 1)
        timing = timing_plan(suite, arms, images, recipe)
        settled.append(Study(name=name, suite=suite, plan=trials, job=job, num_workers=workers, timing=timing))
    for name, survey in surveys.items():
        session = survey.plan(matching("network", request.arms, survey.networks), device)
        settled.append(Sitting(name=name, survey=survey, timing=session, device=device, checkout=checkout))
    return settled


def timing_plan(suite: Suite, arms: Iterable[Arm], images: Images, recipe: Recipe) -> TimingPlan | None:
    """What of a suite is timed, under the recipe's own batch size and precision."""
    if not suite.timed:
        return None
    assert recipe.precision != "native"
    networks, task = dict.fromkeys(arm.architecture for arm in arms), images.facts.task(recipe)
    return TimingPlan(
        workloads=tuple(Workload(architecture=network, task=task) for network in networks),
        steps=suite.timed,
        batch_size=recipe.batch_size,
        precision=recipe.precision,
        num_rounds=suite.num_rounds,
    )


def _names(request: Request) -> list[str]:
    """The suites and surveys that were asked for, of which an arm matches."""
    known = [*suite_names(), *survey_names()]
    if request.suite is None:
        raise ValueError(f"name a suite with --suite: {', '.join([*known, ALL])}; --list tells more")
    wanted = known if request.suite == ALL else [request.suite]
    found, refusals = [], []
    for name in wanted:
        choose("suite", name, dict.fromkeys(known))
        try:
            matching("arm", request.arms, load_survey(name).networks if name in survey_names() else load_suite(name).arms)
            found.append(name)
        except ValueError as error:
            refusals.append(f"{name}: {error}" if request.suite == ALL else str(error))
    if not found:
        raise ValueError("; ".join(refusals))
    return found


def _refuse_what_only_trains(request: Request, surveys: Mapping[str, Survey]) -> None:
    """A survey that was asked for by name takes no flag that says how to train; among all suites such flags speak to the others."""
    flags = {
        "--dataset": request.dataset,
        "--data": request.data,
        "--recipe": request.recipe,
        "--set": request.settings,
        "--seeds": request.num_seeds,
    }
    given = [flag for flag, value in flags.items() if value not in (None, ())]
    if given and request.suite is not None and request.suite in surveys:
        raise ValueError(f"{', '.join(given)} is not possible with --suite {request.suite}, which trains nothing: leave it out")


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
