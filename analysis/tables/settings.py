"""Find the results of arms with settings: their trials have other recipes than the study, and trials do not know their settings."""

from collections.abc import Collection, Iterable, Mapping

from analysis.tables.dates import time_of
from benchmarks.spec.rates import without_rate
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.settings import recipe_name
from benchmarks.spec.suite import Suite
from benchmarks.spec.trial import DatasetIdentity, Trial, recipe_or_none
from benchmarks.store.plans import DeclaredPlan
from benchmarks.store.trials import TrialResult

Setup = tuple[DatasetIdentity, Recipe]  # the recipe without its learning rate


def setup_of(trial: Trial) -> Setup:
    """Return the images and the recipe of a trial without its learning rate."""
    return trial.dataset, without_rate(trial.recipe)


def setups_of_studies(suite: Suite, recorded: Collection[Setup], plans: Mapping[str, DeclaredPlan]) -> list[Setup]:
    """Return the setups that are studies of a suite: the declared ones, and those that no arm's settings make of another, named recipes first.

    Without arms with settings every recorded setup is a study.
    """
    if not suite.arms_with_settings:
        return list(recorded)
    setups = list(dict.fromkeys((plan.dataset, without_rate(plan.recipe)) for plan in plans.values()))
    for setup in sorted(recorded, key=lambda setup: recipe_name(setup[1]).count("=")):
        if setup not in setups and not any(_is_reached(suite, base, setup) for base in setups):
            setups.append(setup)
    return setups


def _is_reached(suite: Suite, base: Setup, setup: Setup) -> bool:
    """Return whether an arm with settings has a setup in the study of another one."""
    recipes = filter(None, (recipe_or_none(arm, base[1]) for arm in suite.arms_with_settings))
    return base[0] == setup[0] and setup[1] in map(without_rate, recipes)


def of_arms(suite: Suite, results: Iterable[TrialResult]) -> list[TrialResult]:
    """Return the results that are of arms of a suite under its base recipe; all if no arm has settings."""
    return [result for result in results if suite.arm_of(result.trial) is not None]


def trained_for_settings(suite: Suite, results: Iterable[TrialResult], plans: Collection[DeclaredPlan]) -> frozenset[Trial]:
    """Return the trials of arms with settings that ran after a plan of the suite had declared them."""
    found = set[Trial]()
    for plan in plans if suite.arms_with_settings else ():
        bound = suite.under(plan.recipe)
        for result in results:
            arm = bound.arm_of(result.trial) if result.trial.dataset == plan.dataset else None
            if arm in suite.labels and arm is not None and arm.settings and (time_of(result) or "") >= plan.declared_at[:19]:
                found.add(result.trial)
    return frozenset(found)


def is_declared(trial: Trial, plans: Collection[DeclaredPlan]) -> bool:
    """Return whether one of these plans has a trial's images, recipe and learning rate."""
    return any(plan.is_on(trial.dataset, trial.recipe) and trial.recipe.learning_rate in plan.rates for plan in plans)
