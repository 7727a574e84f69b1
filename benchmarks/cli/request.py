"""What was asked on the command line -> studies that are settled and checked, before anything is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

from benchmarks.cli.plan import Plan, plan, settle_precision, timing_plan
from benchmarks.cli.workers import Running, Workers, shard_of, workers_of
from benchmarks.executors.events import Job
from benchmarks.spec.doubts import with_notes
from benchmarks.spec.images import Images, load_dataset, load_images
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.settings import change
from benchmarks.spec.suite import Suite, load_suite, probes_of, suite_names
from benchmarks.spec.survey import Survey, counted_alone, load_survey, survey_names, survey_of
from benchmarks.spec.timing import Step, TimingPlan
from benchmarks.spec.trial import Trial
from benchmarks.store.environment import Checkout, read_checkout
from benchmarks.training.device import settle_device
from benchmarks.training.users_networks import refuse_broken
from resnet_variants.lookup import choose, matching

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
    arms: tuple[str, ...]
    device: str
    measure: str | None
    shard: str | None = None
    retry_failed: bool = False
    running: Running = field(default_factory=Running)


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """One suite as it was asked for: its trials, what they share, where they run, how many at once on this machine, and whether those that
    failed before run again.
    """

    name: str
    suite: Suite
    plan: Plan
    job: Job
    workers: Workers
    timing: TimingPlan | None
    retry_failed: bool = False
    is_part: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Sitting:
    """One survey as it was asked for: what is timed, and where."""

    name: str
    survey: Survey
    timing: TimingPlan
    device: str
    checkout: Checkout
    workers: Workers


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
    common = _common(request, measures)
    loaded: dict[str, Images] = {}
    settled: list[Study | Sitting] = []
    for name, suite in suites.items():
        dataset = request.dataset or suite.dataset
        if dataset not in loaded:
            loaded[dataset] = with_notes(load_images(dataset, request.data, request.download))
        recipe = settle_precision(recipes[name], common.device)
        if measures is None or "accuracy" in measures:
            study = _study(name, suite, loaded[dataset], recipe, request, common)
            settled += [study] if study.plan.trials else []  # of a suite with few trials a part may have none
        else:
            assert recipe.precision != "native"
            steps: tuple[Step, ...] = get_args(Step) if "throughput" in measures else ()
            asked = suite.asked(*request.arms).values()
            of = suite.with_optional(set(asked))
            survey = survey_of(of, loaded[dataset].facts.task(recipe), recipe.batch_size, recipe.precision, steps)
            networks = {arm.architecture for arm in asked}
            labels = [label for label, network in survey.networks.items() if network in networks]
            settled.append(_sitting(name, survey, labels, common))
    for name, survey in surveys.items() if common.shard[1] == 1 else ():  # a part times no networks
        is_timed = measures is None or "throughput" in measures
        settled.append(_sitting(name, survey if is_timed else counted_alone(survey), _networks(survey, request.arms), common))
    return _with_weights_for_probes(settled)


def _with_weights_for_probes(settled: list[Study | Sitting]) -> list[Study | Sitting]:
    """The same, and weights are kept where a study's probes, or those of one that follows it, ask for them: so nothing is trained twice."""
    asked: set[Trial] = set()
    kept: list[Study | Sitting] = []
    for one in reversed(settled):
        if isinstance(one, Study):
            asked |= {trial for trial, _ in probes_of(one.suite, one.plan.trials)}
            one = replace(one, job=replace(one.job, keeps_weights=not asked.isdisjoint(one.plan.trials)))
        kept.insert(0, one)
    return kept


@dataclass(frozen=True, kw_only=True, slots=True)
class _Common:
    """What all studies and surveys of a request share."""

    workers: Workers
    device: str
    checkout: Checkout
    measures: frozenset[str] | None
    shard: tuple[int, int]


def _common(request: Request, measures: frozenset[str] | None) -> _Common:
    running = request.running
    device = settle_device(request.device, is_elsewhere=running.executor == "ray" and running.ray_address is not None)
    return _Common(
        workers=workers_of(running, device),
        device=device,
        checkout=read_checkout(),
        measures=measures,
        shard=shard_of(request.shard),
    )


def _study(name: str, suite: Suite, images: Images, recipe: Recipe, request: Request, common: _Common) -> Study:
    arms = list(suite.asked(*request.arms).values())
    refuse_broken((arm.architecture for arm in arms), images.facts.task(recipe))
    number, of = common.shard
    trials = plan(arms, images, recipe, suite.num_seeds if request.num_seeds is None else request.num_seeds)
    trials = replace(trials, trials=tuple(trial for trial in trials.trials if int(trial.key, 16) % of == number - 1))
    running = request.running
    job = Job(
        images=images,
        device=common.device,
        checkout=common.checkout,
        checkpoint_every=running.checkpoint_every,
        is_compiled=running.is_compiled,
        timeout_seconds=running.trial_timeout,
        num_retries=running.retries,
    )
    is_timed = bool(suite.timed) if common.measures is None else "throughput" in common.measures
    timing = timing_plan(suite, arms, images, recipe, common.device) if is_timed and of == 1 else None
    return Study(
        name=name,
        suite=suite,
        plan=trials,
        job=job,
        workers=common.workers,
        timing=timing,
        retry_failed=request.retry_failed,
        is_part=of > 1,
    )


def _networks(survey: Survey, patterns: Iterable[str]) -> list[str]:
    """The networks of a survey that match one of the wildcards; "all" is every one."""
    found = [matching("arm", "*" if pattern.lower() == ALL else pattern, survey.networks) for pattern in patterns]
    return [label for label in survey.networks if any(label in some for some in found)]


def _sitting(name: str, survey: Survey, labels: Iterable[str], common: _Common) -> Sitting:
    session = survey.plan(name, labels, common.device)
    for workload in session.workloads:
        refuse_broken([workload.architecture], workload.task)
    return Sitting(
        name=name, survey=survey, timing=session, device=common.device, checkout=common.checkout, workers=common.workers
    )


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
    for name in suite_names():
        load_suite(name)  # a report at the end looks at them all: a file that is wrong is refused now and not after training
    for name in survey_names():
        load_survey(name)
    found, refusals = [], []
    for name in wanted:
        choose("suite", name, dict.fromkeys(known))
        try:
            if name in survey_names():
                _networks(load_survey(name), request.arms)
            else:
                load_suite(name).asked(*request.arms)
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
        "--shard": request.shard,
        "--compile": request.running.is_compiled or None,
        "--retry-failed": request.retry_failed or None,
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
