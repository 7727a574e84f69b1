"""Turn arms, seeds and a recipe into the trials of a study, and networks into a timing plan."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from benchmarks.cli.execution_options import ExecutionOptions
from benchmarks.cli.workers import Context
from benchmarks.executors.events import Job
from benchmarks.spec.images import Images
from benchmarks.spec.named import named
from benchmarks.spec.probe import PROBES
from benchmarks.spec.rates import recipes_at
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.settings import recipe_name
from benchmarks.spec.suite import Suite, probes_of
from benchmarks.spec.survey import Survey, claimed_networks, graphs_of, unclaimed
from benchmarks.spec.timing import Step, TimingPlan, Workload
from benchmarks.spec.trial import CONTROLS, Arm, Trial, recipe_or_none
from benchmarks.store.mistakes import SHEETS
from benchmarks.store.plans import DeclaredPlan
from benchmarks.store.trials import TrialResult, meaning_of
from benchmarks.training.device import has_native_bf16
from resnet_variants.source import searched


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyPlan:
    """A suite as requested: what is declared, its seeds and trials, and the timing session after them.

    `further` has the trials of later looks: a run until the claims are decided trains those that it needs. `probed_later` are trials whose weights
    a later study of the same run needs for its probes, and `is_part` marks a part of the `num_in_all` trials. `tuning` has the runs that tune
    the arms' learning rates before the trials. Trials are ordered by seed, then by learning rate (the recipe's first), then by arm, so that a
    stopped run is still fair. The controls of a seed come last.
    """

    name: str
    suite: Suite
    declared: DeclaredPlan
    seeds: range
    trials: tuple[Trial, ...]
    further: tuple[Trial, ...] = ()
    images: Images
    options: ExecutionOptions
    timing: TimingPlan | None = None
    probed_later: frozenset[Trial] = frozenset()
    is_part: bool = False
    num_in_all: int
    tuning: tuple[Trial, ...] = ()

    @property
    def recipe(self) -> Recipe:
        """Recipe of the study at its own learning rate; arms with settings change it."""
        return self.declared.recipe

    @property
    def probed(self) -> frozenset[Trial]:
        """Trials whose weights are kept, because probes of this or of a later study read them."""
        own = probes_of(self.suite, (*self.trials, *self.further))
        return self.probed_later.union(trial for trial, _ in own)

    def arm_of(self, trial: Trial) -> Arm:
        """Return the arm that one of the study's trials is of."""
        arm = self.suite.arm_of(trial)
        assert arm is not None
        return arm

    def name_of(self, trial: Trial) -> str:
        """Return the label of a trial's arm, with the trial's marks."""
        return trial.marked(self.arm_of(trial).label)

    def job(self, context: Context) -> Job:
        """Return the settings that all trials and probes of the study share."""
        return Job(
            images=self.images,
            device=context.device,
            checkout=context.checkout,
            weights_of=frozenset(trial.key for trial in self.probed),
            checkpoint_every=self.options.checkpoint_every,
            is_compiled=self.options.is_compiled,
            timeout_seconds=self.options.trial_timeout,
            num_retries=self.options.retries,
            folders=searched(),
            probes={use.probe: file for use in self.suite.probes if (file := named(PROBES).get(use.probe))},
            has_sheets=SHEETS in self.suite.figures,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class TimingRun:
    """A survey as requested, or a suite's networks without training: the networks to count and to time, and a comparison's plan."""

    name: str
    survey: Survey
    plan: TimingPlan
    declared: DeclaredPlan | None = None


def plan(
    arms: Iterable[Arm],
    images: Images,
    recipe: Recipe,
    num_seeds: int,
    *,
    first_seed: int = 0,
    other_rates: Iterable[float] = (),
    at_other_rates: Collection[Arm] = (),
    reference: Arm | None = None,
) -> tuple[Trial, ...]:
    """Return the trial of every arm for each seed from the first on; equal arms share their trials, and all trials of a seed its split.

    A seed's trials at the recipe's learning rate come first, then those of the arms in `at_other_rates` at each of the other rates, then the
    controls of the `reference` at the recipe's rate, if it is among the arms.
    """
    identity, distinct = images.identity(), list(dict.fromkeys(arms))
    every = [(recipe, "", distinct)]
    every += [
        (at_rate, "", [arm for arm in distinct if arm in at_other_rates]) for at_rate in recipes_at(recipe, tuple(other_rates))
    ]
    every += [(recipe, control, [arm for arm in distinct if arm == reference]) for control in CONTROLS]
    seeds = range(first_seed, first_seed + num_seeds)
    splits = [division.checksum if (division := images.division(seed)) else None for seed in seeds]
    return tuple(
        Trial(
            architecture=arm.architecture,
            dataset=identity,
            recipe=arm.recipe_under(at_rate),
            seed=seed,
            train_fraction=arm.train_fraction,
            split=split,
            control=control,
        )
        for seed, split in zip(seeds, splits, strict=True)
        for at_rate, control, chosen in every
        for arm in chosen
    )


def refuse_settings(suite: Suite, arms: Iterable[Arm], recipes: Sequence[Recipe]) -> None:
    """Refuse arms whose settings the recipe of a run does not allow, and two arms that would be the same trials at one of its rates.

    `recipes` are those of the study, its own first, and of what tunes it.

    Raises:
        ValueError: says why, and what to do.
    """
    for arm in arms:
        try:
            arm.recipe_under(recipes[0])
        except ValueError as error:
            raise ValueError(f"{error}: name another --recipe, or other --arms") from error
    known: dict[tuple[Arm, Recipe], Arm] = {}
    for recipe in dict.fromkeys(recipes) if suite.arms_with_settings else ():
        for arm in suite.labels:
            own = recipe_or_none(arm, recipes[0] if arm.sets_rate else recipe)
            other = known.setdefault((arm.without_settings, own), arm) if own else arm
            if own and other != arm:
                raise ValueError(
                    f"{suite.labels[other]} and {suite.labels[arm]} are the same trials with recipe {recipe_name(own)}, so that the settings "
                    "of one change nothing: name another --recipe or other --rates, or take one of these arms out of the suite"
                )


def timing_plan(suite: Suite, arms: Iterable[Arm], images: Images, recipe: Recipe, device: str) -> TimingPlan:
    """Return the plan for timing a suite's networks at the recipe's batch size and precision; both steps unless the suite names some."""
    steps = suite.timed or get_args(Step)
    networks = dict.fromkeys(arm.architecture for arm in arms)  # all as the recipe of the run trains them
    task = images.facts.task(recipe)
    main = [Workload(architecture=network, task=task, batch_size=recipe.batch_size, steps=steps) for network in networks]
    labelled = {label: arm.architecture for arm, label in suite.labels.items() if arm.architecture in networks}
    claimed = claimed_networks((*suite.claims, *suite.optional_claims), labelled)
    workloads = (*main, *graphs_of(main, device))
    return TimingPlan(
        workloads=workloads,
        precision=resolve_precision(recipe, device),
        num_rounds=suite.num_rounds,
        unclaimed=unclaimed(workloads, main, claimed),
    )


def resolve_precision(recipe: Recipe, device: str) -> Literal["fp32", "bf16"]:
    """Return the precision of a recipe on a device: "native" is bf16 if the device supports it in hardware, else fp32.

    Raises:
        ValueError: the device is a GPU of another machine, whose support is unknown here.
    """
    if recipe.precision == "native":
        return "bf16" if has_native_bf16(device) else "fp32"
    return recipe.precision


def resolve_recipe(recipe: Recipe, device: str) -> Recipe:
    """Return the recipe with its precision on a device.

    Raises:
        ValueError: the device is a GPU of another machine, whose native precision is unknown here.
    """
    return replace(recipe, precision=resolve_precision(recipe, device))


def refuse_other_meanings(trials: Iterable[Trial], results: Iterable[TrialResult]) -> None:
    """Refuse results of these trials if a name in their network has been redefined since.

    Failures are accepted, because their trials are run again.

    Raises:
        ValueError: a result has such a name; states its old and its new meaning.
    """
    requested = set(trials)
    for result in results:
        if result.definition_changed and result.has_result and result.trial in requested:
            raise ValueError(
                f"{result.trial.arm.label} with seed {result.trial.seed} was trained when its name meant {result.meaning!r}; it now means "
                f"{meaning_of(result.trial.architecture)!r}: give the new network its own name, or name another folder with --out"
            )
