"""Resolve a request into studies and timing runs, all checked before anything is written."""

from collections.abc import Iterable
from dataclasses import replace
from typing import get_args

from benchmarks.cli.compare import compare
from benchmarks.cli.declare import declare, seeds_of
from benchmarks.cli.flags import Request
from benchmarks.cli.naming import matched_suites, with_own_arms
from benchmarks.cli.plan import StudyPlan, TimingRun, plan, refuse_settings, resolve_precision, resolve_recipe, timing_plan
from benchmarks.cli.workers import Context, resolve_context
from benchmarks.spec.doubts import with_notes
from benchmarks.spec.images import Images, load_dataset, load_images, refuse_choices
from benchmarks.spec.rates import arms_at_every_rate, rates_of, recipes_at
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.settings import change
from benchmarks.spec.suite import ALL, Suite, load_suite, suite_names
from benchmarks.spec.survey import Survey, counted_alone, load_survey, survey_names, survey_of
from benchmarks.spec.timing import Step
from benchmarks.spec.trial import Trial
from benchmarks.spec.tuning import grid, refuse_tuning_seeds, tuning_trials
from benchmarks.training.users_networks import refuse_broken
from resnet_variants.lookup import choose, matching


class ImageLoader:
    """Loads the images of a request's data sets, each once."""

    def __init__(self, request: Request) -> None:
        self.request, self.loaded = request, dict[str, Images]()

    def load(self, dataset: str) -> Images:
        """Return the images of a data set, with notes on them."""
        if dataset not in self.loaded:
            self.loaded[dataset] = with_notes(
                load_images(dataset, self.request.data, self.request.download, self.request.image_choices)
            )
        return self.loaded[dataset]


def resolve(request: Request) -> tuple[Context, list[StudyPlan | TimingRun]]:
    """Resolve a request into studies, then surveys. "all" means every suite with at least one matching arm.

    Raises:
        ValueError: the request is invalid; names the flag, the rule and the remedy.
    """
    _load_all_suites()
    images = ImageLoader(request)
    suites, surveys, own = _requested(request, images)
    if request.training_flags and not suites and request.suite != ALL:  # else these flags apply to the suites that train
        given = ", ".join(request.training_flags)
        raise ValueError(f"{given} cannot be combined with --suite {request.suite}, which trains nothing: omit it")
    recipes = {name: _requested_recipe(request, suite) for name, suite in suites.items()}
    for name, suite in suites.items():
        rates_of(suite, request.recipe or suite.recipe, recipes[name], request.rates)
    for suite in suites.values():
        name_of_data = request.dataset or suite.dataset
        refuse_choices(name_of_data, load_dataset(name_of_data), request.image_choices)
    context = resolve_context(request)
    resolved: list[StudyPlan | TimingRun] = []
    for name, suite in suites.items():
        shown, recipe = images.load(request.dataset or suite.dataset), resolve_recipe(recipes[name], context.device)
        if request.has_accuracy:
            study = _plan_study(name, suite, shown, recipe, own[name], context.device)
            resolved += [study] if study.trials else []  # a part of a small suite may be empty
        else:
            resolved.append(_plan_untrained(name, suite, shown, recipe, own[name], context.device))
    for name, survey in surveys.items() if request.part[1] == 1 else ():  # parts time no networks
        chosen = survey if request.has_throughput else counted_alone(survey)
        resolved.append(_plan_timing(name, chosen, _match_networks(survey, own[name].arms), context.device))
    return context, _keep_weights_for_probes(resolved)


def _load_all_suites() -> None:
    """Load every suite and survey: the reports at the end load them all, and a broken file is refused now, not after training."""
    for name in suite_names():
        load_suite(name)
    for name in survey_names():
        load_survey(name)


def _requested(request: Request, images: ImageLoader) -> tuple[dict[str, Suite], dict[str, Survey], dict[str, Request]]:
    """Return the requested suites and surveys by name, and the request of each, with its own arms; a comparison is a suite."""
    if request.compared.compare:
        named = compare(request, images.load)
        return {named.name: named.suite}, {}, {named.name: with_own_arms(request, named.suite.arms)}
    own = matched_suites(request)
    suites = {name: load_suite(name) for name in own if name in suite_names()}
    return suites, {name: load_survey(name) for name in own if name in survey_names()}, own


def _keep_weights_for_probes(resolved: list[StudyPlan | TimingRun]) -> list[StudyPlan | TimingRun]:
    """Return the plans with the trials whose weights a later study's probes need: no trial is trained twice."""
    probed: set[Trial] = set()
    kept: list[StudyPlan | TimingRun] = []
    for item in reversed(resolved):
        if isinstance(item, StudyPlan):
            item = replace(item, probed_later=frozenset(probed.intersection((*item.trials, *item.further))))
            probed |= item.probed
        kept.insert(0, item)
    return kept


def _plan_study(name: str, suite: Suite, images: Images, recipe: Recipe, request: Request, device: str) -> StudyPlan:
    suite = suite.under(recipe)
    arms = list(suite.asked(*request.arms).values())
    (index, num_parts), rates = request.part, rates_of(suite, request.recipe or suite.recipe, recipe, request.rates)
    at_rates = recipes_at(recipe, rates)
    refuse_settings(suite, arms, (*at_rates, *(recipes_at(recipe, grid(rates[0])) if request.is_tuned else ())))
    for task in dict.fromkeys(images.facts.task(arm.recipe_under(recipe)) for arm in arms):
        refuse_broken((arm.architecture for arm in arms if images.facts.task(arm.recipe_under(recipe)) == task), task)
    declared = declare(name, suite, images, at_rates, request)
    seeds = seeds_of(request, declared)
    compared = arms_at_every_rate(suite, declared.dataset.name)
    trials = plan(
        arms,
        images,
        at_rates[0],
        declared.looks[-1] if request.until else len(seeds),
        first_seed=seeds.start,
        other_rates=rates[1:],
        at_other_rates=compared,
        reference=suite.arms.get(suite.reference),
    )
    wanted = [trial for trial in trials if trial.seed in seeds]
    tuned = [arm for arm in arms if arm in compared] if request.is_tuned else []
    if tuned:
        refuse_tuning_seeds(trials)
    is_timed = bool(suite.timed) if request.measures is None else request.has_throughput
    return StudyPlan(
        name=name,
        suite=suite,
        declared=declared,
        seeds=seeds,
        trials=tuple(trial for trial in wanted if int(trial.key, 16) % num_parts == index - 1),
        further=tuple(trial for trial in trials if trial.seed not in seeds),
        images=images,
        options=request.options,
        timing=timing_plan(suite, arms, images, at_rates[0], device) if is_timed and num_parts == 1 else None,
        is_part=num_parts > 1,
        num_in_all=len(wanted),
        tuning=tuning_trials(tuned, images, at_rates[0]) if tuned else (),
    )


def _plan_untrained(name: str, suite: Suite, images: Images, recipe: Recipe, request: Request, device: str) -> TimingRun:
    """Plan to count a suite's networks, and to time them if throughput is requested."""
    arms = suite.asked(*request.arms).values()
    steps: tuple[Step, ...] = get_args(Step) if request.has_throughput else ()
    task, precision = images.facts.task(recipe), resolve_precision(recipe, device)
    survey = survey_of(suite.with_optional(set(arms)), task, recipe.batch_size, precision, steps)
    networks = {arm.architecture for arm in arms}
    run = _plan_timing(name, survey, [label for label, network in survey.networks.items() if network in networks], device)
    if suite.comparison is None:
        return run
    rates = rates_of(suite, request.recipe or suite.recipe, recipe, request.rates)
    return replace(run, declared=declare(name, suite, images, recipes_at(recipe, rates), request))


def _plan_timing(name: str, survey: Survey, labels: Iterable[str], device: str) -> TimingRun:
    session = survey.plan(name, labels, device)
    for workload in session.workloads:
        refuse_broken([workload.architecture], workload.task)
    return TimingRun(name=name, survey=survey, plan=session)


def _match_networks(survey: Survey, patterns: Iterable[str]) -> list[str]:
    """Return the names of a survey's networks that match one of the patterns; "all" matches every network."""
    found = [matching("arm", "*" if pattern.lower() == ALL else pattern, survey.networks) for pattern in patterns]
    return [label for label in survey.networks if any(label in some for some in found)]


def _requested_recipe(request: Request, suite: Suite) -> Recipe:
    known = choose("recipe", request.recipe or suite.recipe, RECIPES)
    return change(known, list(request.settings))
