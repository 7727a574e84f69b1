"""Divide records into groups: what a suite recorded on the same images with one recipe, at all learning rates and for all settings of its arms."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analysis.tables.settings import Setup, of_arms, setup_of, setups_of_studies
from analysis.tables.studies import all_arms
from analysis.tables.tuning import is_for_tuned_arms
from analysis.tables.versions import with_versions
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.settings import recipe_name
from benchmarks.spec.suite import Suite
from benchmarks.spec.trial import Arm, DatasetIdentity
from benchmarks.store.plans import DeclaredPlan
from benchmarks.store.trials import TrialResult
from benchmarks.store.tuning import is_tuning_result


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Results of one study at all its learning rates, the runs that tune them, and its plan with the name of its folder, if it has one."""

    dataset: DatasetIdentity
    recipe: Recipe
    results: Sequence[TrialResult]
    tuning: Sequence[TrialResult]
    plan: DeclaredPlan | None = None
    folder: str = ""


def groups_of(suite: Suite, results: Sequence[TrialResult], plans: Mapping[str, DeclaredPlan]) -> list[Group]:
    """Return the groups of a suite's results, of which each is a study; controls are in none. `plans` are by the name of the study's folder."""
    known = {arm.without_settings for arm in all_arms(with_versions(suite, (result.trial.arm for result in results)))}
    by_setup: dict[Setup, list[TrialResult]] = {}
    tuning: dict[Setup, list[TrialResult]] = {}
    for result in results:
        if result.trial.arm in known and (not result.trial.marks or is_tuning_result(result)):  # no control
            kind = tuning if result.trial.marks else by_setup
            kind.setdefault(setup_of(result.trial), []).append(result)
    return [
        group
        for setup in setups_of_studies(suite, by_setup, plans)
        for group in _by_plan(suite, setup, by_setup, tuning, plans)
        if group.results
    ]


def _by_plan(
    suite: Suite,
    setup: Setup,
    by_setup: Mapping[Setup, list[TrialResult]],
    tuning: Mapping[Setup, list[TrialResult]],
    plans: Mapping[str, DeclaredPlan],
) -> Iterator[Group]:
    """Divide the results of a setup, and of its arms with settings: each plan with seeds of its own is a study, and all other seeds are another.

    Seeds of a replication are also the other study's if that one's plan declares them.
    """
    results, runs = (_with_settings(suite, setup, found) for found in (by_setup, tuning))
    mine = {folder: plan for folder, plan in plans.items() if plan.is_on(*setup)}
    replications = [plan for plan in mine.values() if plan.has_own_seeds]
    folder, main = next(((folder, plan) for folder, plan in mine.items() if not plan.has_own_seeds), ("", None))
    others = [
        result
        for result in results
        if (main is not None and main.has_seed(result.trial.seed))
        or not any(plan.has_seed(result.trial.seed) for plan in replications)
    ]
    own = [result for result in others if setup_of(result.trial) == setup]
    if own or main:
        recipe = main.recipe if main else _base_recipe(suite, own, tuning.get(setup, []))
        yield _group(suite, recipe, others, runs, (folder, main))
    for folder, plan in mine.items():
        own = [result for result in results if plan.has_own_seeds and plan.has_seed(result.trial.seed)]
        if own:
            yield _group(suite, plan.recipe, own, runs, (folder, plan))


def _with_settings(suite: Suite, setup: Setup, by_setup: Mapping[Setup, list[TrialResult]]) -> list[TrialResult]:
    """Return the results of a setup, and all on the same images if the suite has arms with settings, whose recipes are others."""
    more = [key for key in by_setup if suite.arms_with_settings and key[0] == setup[0] and key != setup]
    return [result for key in (setup, *more) for result in by_setup.get(key, ())]


def _group(
    suite: Suite,
    recipe: Recipe,
    results: Sequence[TrialResult],
    tuning: Sequence[TrialResult],
    plan: tuple[str, DeclaredPlan | None],
) -> Group:
    """Return the group of a study's results, which are those of the suite's arms with this recipe."""
    bound = with_versions(suite, (result.trial.arm for result in results)).under(recipe)
    kept, runs = of_arms(bound, results), of_arms(bound, tuning)
    dataset = _first_name(kept) if kept else results[0].trial.dataset
    return Group(dataset=dataset, recipe=recipe, results=kept, tuning=runs, plan=plan[1], folder=plan[0])


def _base_recipe(suite: Suite, results: Sequence[TrialResult], tuning: Sequence[TrialResult]) -> Recipe:
    """Return the recipe at the study's own rate: the nearest to a named recipe, else that of most arms, else the highest.

    Rates of tuned arms only are not among the candidates.
    """
    arms: dict[Recipe, set[Arm]] = {}
    for result in results:
        arms.setdefault(result.trial.recipe, set()).add(result.trial.arm)
    if tuning:
        tuned = {recipe for recipe in arms if is_for_tuned_arms(suite, results, recipe.learning_rate, tuning)}
        arms = {recipe: ran for recipe, ran in arms.items() if recipe not in tuned} or arms
    return max(arms, key=lambda recipe: (-recipe_name(recipe).count("="), len(arms[recipe]), recipe.learning_rate))


def _first_name(results: Sequence[TrialResult]) -> DatasetIdentity:
    """Return the data set under its name in the oldest record, so that the study's folder keeps its name."""
    first = min(results, key=lambda result: (result.finished_at or "", result.trial.dataset.name))
    return first.trial.dataset
