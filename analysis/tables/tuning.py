"""The tuning of a study's arms, and the study with each arm at its own best learning rate; both follow from records.

A trial at a chosen rate is an ordinary trial of its arm. At a rate at which only arms that chose it ran, the trials are of the tuned verdict
and of no other, so that tuning changes no headline.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from analysis.tables.studies import Study
from benchmarks.spec.rates import arms_at_every_rate, rates_of
from benchmarks.spec.settings import recipe_name
from benchmarks.spec.suite import Suite
from benchmarks.spec.trial import Arm
from benchmarks.spec.tuning import SEEDS, ArmTuning, grid
from benchmarks.store.trials import TrialResult
from benchmarks.store.tuning import arm_tuning


def tunings_of(study: Study) -> dict[str, ArmTuning]:
    """Return by label the tuning of each arm that a claim of evidence compares, around the study's own learning rate."""
    compared, rate = arms_at_every_rate(study.suite, study.dataset.name), study.recipe.learning_rate
    return {
        label: arm_tuning((result for result in study.tuning if study.suite.arm_of(result.trial) == arm), rate)
        for label, arm in study.suite.arms.items()
        if arm in compared
    }


def at_chosen_rates(study: Study, rates: Mapping[str, float]) -> Study:
    """Return the study with the results and probes of each of these arms at its own rate, and of no other arm.

    A result with the seed of a tuning run is left out: no such seed is judged.
    """
    every = (study, *study.others, *study.tuned)
    results = [
        result
        for at_rate in every
        for result in at_rate.results
        if rates.get(study.suite.label_of(result.trial)) == result.trial.recipe.learning_rate and result.trial.seed not in SEEDS
    ]
    trials = {result.trial for result in results}
    probes = tuple(probe for at_rate in every for probe in at_rate.probes if probe.trial in trials)
    return replace(study, results=tuple(results), probes=probes, timing=None, others=(), tuned=(), tuning=())


def chosen_rates(suite: Suite, tuning: Iterable[TrialResult]) -> dict[Arm, set[float]]:
    """Return by arm the best rate of each grid that its tuning runs complete."""
    by_arm: dict[Arm, list[TrialResult]] = {}
    for result in tuning:
        if (arm := suite.arm_of(result.trial)) is not None:
            by_arm.setdefault(arm, []).append(result)
    chosen: dict[Arm, set[float]] = {}
    for arm, results in by_arm.items():
        recorded = {result.trial.recipe.learning_rate for result in results}
        found = (arm_tuning(results, rate).chosen for rate in recorded if recorded.issuperset(grid(rate)))
        chosen[arm] = {rate for rate in found if rate is not None}
    return chosen


def is_for_tuned_arms(suite: Suite, results: Sequence[TrialResult], at_rate: float, tuning: Sequence[TrialResult]) -> bool:
    """Return whether all arms that ran at a rate chose it, and others that the claims compare did not run there."""
    compared = arms_at_every_rate(suite, results[0].trial.dataset.name) & _ran(suite, results)
    ran = _ran(suite, (result for result in results if result.trial.recipe.learning_rate == at_rate))
    return _all_chose(suite, ran, at_rate, tuning) and not compared <= ran


def is_not_declared(study: Study, at_rate: Study) -> bool:
    """Return whether a rate is none of the suite's, and all arms that ran there chose it."""
    declared = rates_of(study.suite, recipe_name(study.recipe).partition(":")[0], study.recipe)
    rate = at_rate.recipe.learning_rate
    return rate not in declared and _all_chose(study.suite, set(at_rate.present), rate, study.tuning)


def _ran(suite: Suite, results: Iterable[TrialResult]) -> set[Arm]:
    arms = (suite.arm_of(result.trial) for result in results)
    return {arm for arm in arms if arm is not None and not arm.sets_rate}


def _all_chose(suite: Suite, arms: set[Arm], rate: float, tuning: Sequence[TrialResult]) -> bool:
    chosen = chosen_rates(suite, tuning)
    return bool(arms) and all(rate in chosen.get(arm, ()) for arm in arms)
