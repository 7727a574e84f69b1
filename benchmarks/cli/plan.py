"""Turn arms, seeds and a precision into the trials of a study, and its networks into what is timed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import get_args

from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import Suite
from benchmarks.spec.survey import graphs_of
from benchmarks.spec.timing import Step, TimingPlan, Workload
from benchmarks.spec.trial import Arm, Trial
from benchmarks.store.trials import MEASURED, TrialResult, meaning_of
from benchmarks.training.device import has_native_bf16


def timing_plan(suite: Suite, arms: Iterable[Arm], images: Images, recipe: Recipe, device: str) -> TimingPlan:
    """What of a suite is timed beside its trials, under the recipe's own batch size and precision; both steps, where the suite names none."""
    assert recipe.precision != "native"
    steps = suite.timed or get_args(Step)
    workloads = [
        Workload(architecture=network, task=images.facts.task(recipe), batch_size=recipe.batch_size, steps=steps)
        for network in dict.fromkeys(arm.architecture for arm in arms)
    ]
    return TimingPlan(
        workloads=(*workloads, *graphs_of(workloads, device)), precision=recipe.precision, num_rounds=suite.num_rounds
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The trials of a study on one data set: every arm for a seed, then the next seed, so that a stopped run is still fair."""

    trials: tuple[Trial, ...]
    images: Images


def settle_precision(recipe: Recipe, device: str) -> Recipe:
    """The recipe with "native" made bf16 where the device has it, fp32 elsewhere.

    Raises:
        ValueError: it is a GPU of another machine.
    """
    if recipe.precision == "native":
        return replace(recipe, precision="bf16" if has_native_bf16(device) else "fp32")
    return recipe


def plan(arms: Iterable[Arm], images: Images, recipe: Recipe, num_seeds: int) -> Plan:
    """Every arm with every seed from 0 on; arms that are one architecture share its trials.

    Raises:
        ValueError: fewer than one seed.
    """
    if num_seeds < 1:
        raise ValueError(f"--seeds {num_seeds} is not possible: it must be 1 or more")
    identity, distinct = images.identity(), list(dict.fromkeys(arms))
    trials = [
        Trial(architecture=arm.architecture, dataset=identity, recipe=recipe, seed=seed, train_fraction=arm.train_fraction)
        for seed in range(num_seeds)
        for arm in distinct
    ]
    return Plan(trials=tuple(trials), images=images)


def refuse_other_meanings(trials: Iterable[Trial], results: Iterable[TrialResult]) -> None:
    """Refuse results of these trials whose network's names stood for another network than they do now.

    Of a failure there is nothing to mistake: its trial is run again.

    Raises:
        ValueError: there is one; says what its names stood for.
    """
    asked = set(trials)
    for result in results:
        if result.is_of_another and result.status in MEASURED and result.trial in asked:
            raise ValueError(
                f"{result.trial.arm.label} with seed {result.trial.seed} was trained when its names stood for {result.meaning!r}, which is now "
                f"{meaning_of(result.trial.architecture)!r}: give the new one a name of its own, or name another folder with --out"
            )
