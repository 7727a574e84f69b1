"""Turn arms, seeds and a precision into the trials of a study, and its networks into what is timed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, get_args

from benchmarks.cli.flags import ExecutionOptions
from benchmarks.cli.workers import Context
from benchmarks.executors.events import Job
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import Suite
from benchmarks.spec.survey import Survey, graphs_of
from benchmarks.spec.timing import Step, TimingPlan, Workload
from benchmarks.spec.trial import Arm, Trial
from benchmarks.store.trials import TrialResult, meaning_of
from benchmarks.training.device import has_native_bf16


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyPlan:
    """One suite as it was asked for: its trials, every arm for a seed, then the next seed, so that a stopped run is still fair; the timing session
    that follows them; whether weights are kept for probes; and whether other parts of its trials run elsewhere.
    """

    name: str
    suite: Suite
    trials: tuple[Trial, ...]
    images: Images
    options: ExecutionOptions
    timing: TimingPlan | None = None
    keeps_weights: bool = False
    is_part: bool = False

    def job(self, context: Context) -> Job:
        """Return what every trial and probe of the study shares."""
        return Job(
            images=self.images,
            device=context.device,
            checkout=context.checkout,
            keeps_weights=self.keeps_weights,
            checkpoint_every=self.options.checkpoint_every,
            is_compiled=self.options.is_compiled,
            timeout_seconds=self.options.trial_timeout,
            num_retries=self.options.retries,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class TimingRun:
    """One survey, or a suite's networks without training, as it was asked for: what is counted and timed."""

    name: str
    survey: Survey
    plan: TimingPlan


def plan(arms: Iterable[Arm], images: Images, recipe: Recipe, num_seeds: int) -> tuple[Trial, ...]:
    """Return every arm's trial for each seed from 0 on; arms that are one architecture share its trials."""
    identity, distinct = images.identity(), list(dict.fromkeys(arms))
    return tuple(
        Trial(architecture=arm.architecture, dataset=identity, recipe=recipe, seed=seed, train_fraction=arm.train_fraction)
        for seed in range(num_seeds)
        for arm in distinct
    )


def timing_plan(suite: Suite, arms: Iterable[Arm], images: Images, recipe: Recipe, device: str) -> TimingPlan:
    """Return what of a suite is timed after its trials, with the recipe's batch size and precision; both steps, where the suite names none."""
    steps = suite.timed or get_args(Step)
    workloads = [
        Workload(architecture=network, task=images.facts.task(recipe), batch_size=recipe.batch_size, steps=steps)
        for network in dict.fromkeys(arm.architecture for arm in arms)
    ]
    return TimingPlan(
        workloads=(*workloads, *graphs_of(workloads, device)),
        precision=resolve_precision(recipe, device),
        num_rounds=suite.num_rounds,
    )


def resolve_precision(recipe: Recipe, device: str) -> Literal["fp32", "bf16"]:
    """Return the precision that a recipe has on a device: "native" is bf16 where the device has it, fp32 elsewhere.

    Raises:
        ValueError: it is a GPU of another machine.
    """
    if recipe.precision == "native":
        return "bf16" if has_native_bf16(device) else "fp32"
    return recipe.precision


def resolve_recipe(recipe: Recipe, device: str) -> Recipe:
    """Return the recipe with its precision on a device.

    Raises:
        ValueError: it is a GPU of another machine.
    """
    return replace(recipe, precision=resolve_precision(recipe, device))


def refuse_other_meanings(trials: Iterable[Trial], results: Iterable[TrialResult]) -> None:
    """Refuse results of these trials whose network's names stood for another network than they do now.

    Of a failure there is nothing to mistake: its trial is run again.

    Raises:
        ValueError: there is one; says what its names stood for.
    """
    asked = set(trials)
    for result in results:
        if result.definition_changed and result.has_result and result.trial in asked:
            raise ValueError(
                f"{result.trial.arm.label} with seed {result.trial.seed} was trained when its names stood for {result.meaning!r}, which is now "
                f"{meaning_of(result.trial.architecture)!r}: give the new one a name of its own, or name another folder with --out"
            )
