"""What was asked on the command line -> studies that are settled and checked, before anything is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from benchmarks.data import Images, load_dataset
from benchmarks.executors.local import Job
from benchmarks.machine import Checkout, num_cores, read_checkout, settle_device
from benchmarks.recipe import RECIPES, Recipe, change
from benchmarks.study import Plan, plan, settle_precision
from benchmarks.suite import Suite, load_suite, suite_names
from benchmarks.survey import Survey, counted_alone, load_survey, survey_names, survey_of
from benchmarks.timings import Step, TimingPlan, Workload
from benchmarks.trial import Arm
from resnet_variants.choices import choose, matching

ALL = "all"
MEASURES = ("cost", "accuracy", "throughput")


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
    measure: str | None


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
    names, measures = _names(request), _measures(request)
    suites = {name: load_suite(name) for name in names if name in suite_names()}
    surveys = {name: load_survey(name) for name in names if name in survey_names()}
    _refuse_what_only_trains(request, surveys)
    recipes = {name: _recipe(request, suite) for name, suite in suites.items()}
    for suite in suites.values():
        load_dataset(request.dataset or suite.dataset)
    common = _Common(
        num_workers=_num_workers(request.jobs), device=settle_device(request.device), checkout=read_checkout(), measures=measures
    )
    loaded: dict[str, Images] = {}
    settled: list[Study | Sitting] = []
    for name, suite in suites.items():
        dataset = request.dataset or suite.dataset
        if dataset not in loaded:
            loaded[dataset] = load_dataset(dataset).load(request.data, request.download)
        recipe = settle_precision(recipes[name], common.device)
        if measures is None or "accuracy" in measures:
            settled.append(_study(name, suite, loaded[dataset], recipe, request, common))
        else:
            assert recipe.precision != "native"
            steps: tuple[Step, ...] = get_args(Step) if "throughput" in measures else ()
            survey = survey_of(suite, loaded[dataset].facts.task(recipe), recipe.batch_size, recipe.precision, steps)
            settled.append(_sitting(name, survey, request, common))
    for name, survey in surveys.items():
        is_timed = measures is None or "throughput" in measures
        settled.append(_sitting(name, survey if is_timed else counted_alone(survey), request, common))
    return settled


@dataclass(frozen=True, kw_only=True, slots=True)
class _Common:
    """What all studies and surveys of a request share."""

    num_workers: int | None
    device: str
    checkout: Checkout
    measures: frozenset[str] | None


def _study(name: str, suite: Suite, images: Images, recipe: Recipe, request: Request, common: _Common) -> Study:
    arms = list(matching("arm", request.arms, suite.arms).values())
    trials = plan(arms, images, recipe, suite.num_seeds if request.num_seeds is None else request.num_seeds)
    keeps_weights = suite.keeps_weights or bool(suite.probes)
    job = Job(images=images, device=common.device, checkout=common.checkout, keeps_weights=keeps_weights)
    workers = common.num_workers or (num_cores() if common.device == "cpu" else 1)
    is_timed = bool(suite.timed) if common.measures is None else "throughput" in common.measures
    timing = timing_plan(suite, arms, images, recipe) if is_timed else None
    return Study(name=name, suite=suite, plan=trials, job=job, num_workers=workers, timing=timing)


def timing_plan(suite: Suite, arms: Iterable[Arm], images: Images, recipe: Recipe) -> TimingPlan:
    """What of a suite is timed beside its trials, under the recipe's own batch size and precision; both steps, where the suite names none."""
    assert recipe.precision != "native"
    steps = suite.timed or get_args(Step)
    workloads = [
        Workload(architecture=network, task=images.facts.task(recipe), batch_size=recipe.batch_size, steps=steps)
        for network in dict.fromkeys(arm.architecture for arm in arms)
    ]
    return TimingPlan(workloads=tuple(workloads), precision=recipe.precision, num_rounds=suite.num_rounds)


def _sitting(name: str, survey: Survey, request: Request, common: _Common) -> Sitting:
    session = survey.plan(name, matching("network", request.arms, survey.networks), common.device)
    return Sitting(name=name, survey=survey, timing=session, device=common.device, checkout=common.checkout)


def _measures(request: Request) -> frozenset[str] | None:
    """What is to be measured; None is the suite's own choice."""
    if request.measure is None:
        return None
    return frozenset(choose("measure", name.strip(), {name: name for name in MEASURES}) for name in request.measure.split(","))


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
    if "accuracy" in (_measures(request) or ()):
        given.append("--measure accuracy")
    if given and request.suite is not None and request.suite in surveys:
        raise ValueError(f"{', '.join(given)} is not possible with --suite {request.suite}, which trains nothing: leave it out")
    if request.num_seeds is not None and "accuracy" not in (_measures(request) or MEASURES):
        raise ValueError(f"--seeds is not possible with --measure {request.measure}, which trains nothing: leave it out")


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
