"""From a request to studies and timing runs that are resolved and checked, before anything is written."""

from collections.abc import Iterable
from dataclasses import replace
from typing import get_args

from benchmarks.cli.flags import Request
from benchmarks.cli.plan import StudyPlan, TimingRun, plan, resolve_precision, resolve_recipe, timing_plan
from benchmarks.cli.workers import Context, resolve_context
from benchmarks.spec.doubts import with_notes
from benchmarks.spec.images import Images, load_dataset, load_images
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.settings import change
from benchmarks.spec.suite import ALL, Suite, load_suite, probes_of, suite_names
from benchmarks.spec.survey import Survey, counted_alone, load_survey, survey_names, survey_of
from benchmarks.spec.timing import Step
from benchmarks.spec.trial import Trial
from benchmarks.training.users_networks import refuse_broken
from resnet_variants.lookup import choose, matching


def resolve(request: Request) -> tuple[Context, list[StudyPlan | TimingRun]]:
    """Resolve a request into studies, then surveys. "all" means every suite with at least one matching arm.

    Raises:
        ValueError: a flag's value is not possible; says which, why, and what would be.
    """
    names = _names(request)
    suites = {name: load_suite(name) for name in names if name in suite_names()}
    surveys = {name: load_survey(name) for name in names if name in survey_names()}
    if request.training_flags and request.suite in surveys:  # among all suites such flags speak to the others
        given = ", ".join(request.training_flags)
        raise ValueError(f"{given} cannot be combined with --suite {request.suite}, which trains nothing: omit it")
    recipes = {name: _recipe(request, suite) for name, suite in suites.items()}
    for suite in suites.values():
        load_dataset(request.dataset or suite.dataset)
    context = resolve_context(request)
    loaded: dict[str, Images] = {}
    resolved: list[StudyPlan | TimingRun] = []
    for name, suite in suites.items():
        dataset = request.dataset or suite.dataset
        if dataset not in loaded:
            loaded[dataset] = with_notes(load_images(dataset, request.data, request.download))
        recipe = resolve_recipe(recipes[name], context.device)
        if request.has_accuracy:
            study = _study(name, suite, loaded[dataset], recipe, request, context.device)
            resolved += [study] if study.trials else []  # of a suite with few trials a part may have none
        else:
            resolved.append(_untrained(name, suite, loaded[dataset], recipe, request, context.device))
    for name, survey in surveys.items() if request.part[1] == 1 else ():  # a part times no networks
        chosen = survey if request.has_throughput else counted_alone(survey)
        resolved.append(_timing_run(name, chosen, _networks(survey, request.arms), context.device))
    return context, _with_weights_for_probes(resolved)


def _with_weights_for_probes(resolved: list[StudyPlan | TimingRun]) -> list[StudyPlan | TimingRun]:
    """Keep weights where a study's probes, or those of a study that follows it, need them: so nothing is trained twice."""
    probed: set[Trial] = set()
    kept: list[StudyPlan | TimingRun] = []
    for one in reversed(resolved):
        if isinstance(one, StudyPlan):
            probed |= {trial for trial, _ in probes_of(one.suite, one.trials)}
            one = replace(one, keeps_weights=not probed.isdisjoint(one.trials))
        kept.insert(0, one)
    return kept


def _study(name: str, suite: Suite, images: Images, recipe: Recipe, request: Request, device: str) -> StudyPlan:
    arms = list(suite.asked(*request.arms).values())
    refuse_broken((arm.architecture for arm in arms), images.facts.task(recipe))
    number, of = request.part
    trials = plan(arms, images, recipe, request.num_seeds or suite.num_seeds)
    is_timed = bool(suite.timed) if request.measures is None else request.has_throughput
    return StudyPlan(
        name=name,
        suite=suite,
        trials=tuple(trial for trial in trials if int(trial.key, 16) % of == number - 1),
        images=images,
        options=request.options,
        timing=timing_plan(suite, arms, images, recipe, device) if is_timed and of == 1 else None,
        is_part=of > 1,
    )


def _untrained(name: str, suite: Suite, images: Images, recipe: Recipe, request: Request, device: str) -> TimingRun:
    """Plan to count, and to time where throughput is asked for, a suite's networks."""
    arms = suite.asked(*request.arms).values()
    steps: tuple[Step, ...] = get_args(Step) if request.has_throughput else ()
    task, precision = images.facts.task(recipe), resolve_precision(recipe, device)
    survey = survey_of(suite.with_optional(set(arms)), task, recipe.batch_size, precision, steps)
    networks = {arm.architecture for arm in arms}
    return _timing_run(name, survey, [label for label, network in survey.networks.items() if network in networks], device)


def _timing_run(name: str, survey: Survey, labels: Iterable[str], device: str) -> TimingRun:
    session = survey.plan(name, labels, device)
    for workload in session.workloads:
        refuse_broken([workload.architecture], workload.task)
    return TimingRun(name=name, survey=survey, plan=session)


def _networks(survey: Survey, patterns: Iterable[str]) -> list[str]:
    """The networks of a survey that match one of the wildcards; "all" is every one."""
    found = [matching("arm", "*" if pattern.lower() == ALL else pattern, survey.networks) for pattern in patterns]
    return [label for label in survey.networks if any(label in some for some in found)]


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


def _recipe(request: Request, suite: Suite) -> Recipe:
    known = choose("recipe", request.recipe or suite.recipe, RECIPES)
    return change(known, list(request.settings))
