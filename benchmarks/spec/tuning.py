"""Learning rates tuned alike for every arm: the same grid, number of runs, seeds and held-out images, and one rule of choice.

Which rate is best is found on images held out of the training images, with seeds that no judged run has, so that no test image and no
judged run takes part in the choice.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from benchmarks.spec.images import Images
from benchmarks.spec.rates import recipes_at
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.settings import rounded
from benchmarks.spec.suite import Suite
from benchmarks.spec.trial import Arm, Trial

FRACTIONS = (2.0, 1.0, 0.5, 0.25, 0.125)  # of the recipe's learning rate
NUM_RUNS = 3  # at each rate
FIRST_SEED = 1000
SEEDS = tuple(range(FIRST_SEED, FIRST_SEED + NUM_RUNS))
FEW_IMAGES = 10_000
DIGITS = 9  # after the point, in per cent: errors that are equal up to rounding are equal


@dataclass(frozen=True, kw_only=True, slots=True)
class TuningRun:
    """Whether a tuning run trains, and its error on the held-out images in per cent."""

    trains: bool
    error_pct: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RateRuns:
    """Tuning runs of an arm at one learning rate."""

    rate: float
    runs: tuple[TuningRun, ...]

    @property
    def num_trained(self) -> int:
        """Number of runs that train."""
        return sum(run.trains for run in self.runs)

    @property
    def error_pct(self) -> float | None:
        """Mean held-out error over the runs that train, or over all if none trains; None without runs."""
        errors = [run.error_pct for run in self.runs if run.trains] or [run.error_pct for run in self.runs]
        return round(math.fsum(errors) / len(errors), DIGITS) if errors else None


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmTuning:
    """Tuning of an arm: its runs at each rate of the grid."""

    rates: tuple[RateRuns, ...]

    @property
    def num_runs(self) -> int:
        """Number of runs with a result, at all rates."""
        return sum(len(found.runs) for found in self.rates)

    @property
    def chosen(self) -> float | None:
        """Rate with the fewest failures, then the lowest mean held-out error, then the smaller one; None if runs are missing."""
        if any(len(found.runs) < NUM_RUNS for found in self.rates):
            return None
        return min(self.rates, key=rank).rate

    @property
    def is_at_edge(self) -> bool:
        """Whether the chosen rate is the largest or the smallest of the grid, so that a better one may lie beyond."""
        rates = [found.rate for found in self.rates]
        return self.chosen in (min(rates), max(rates))


def rank(found: RateRuns) -> tuple[int, float, float]:
    """Return the order of rates, the best first: most runs that train, then the lowest held-out error, then the smaller rate."""
    return -found.num_trained, math.inf if found.error_pct is None else found.error_pct, found.rate


def grid(rate: float) -> tuple[float, ...]:
    """Return the learning rates that are tried around a recipe's, the largest first."""
    return tuple(rounded(fraction * rate) for fraction in FRACTIONS)


def held_out_fraction(num_train: int) -> float:
    """Return the fraction of the training images that is held out: a fifth below 10,000 images, else a tenth."""
    return 0.2 if num_train < FEW_IMAGES else 0.1


def tuning_trials(arms: Iterable[Arm], images: Images, recipe: Recipe) -> tuple[Trial, ...]:
    """Return the tuning runs of these arms around the recipe's learning rate, by seed, then rate, then arm.

    Raises:
        ValueError: a rate is no possible learning rate, or there are too few images to hold any out.
    """
    arms, num_train = list(dict.fromkeys(arms)), len(images.train.labels_N)
    splits = {seed: division.checksum if (division := images.division(seed)) else None for seed in SEEDS}
    trials = tuple(
        Trial(
            architecture=arm.architecture,
            dataset=images.identity(),
            recipe=arm.recipe_under(at_rate),
            seed=seed,
            train_fraction=arm.train_fraction,
            split=splits[seed],
            holdout=held_out_fraction(num_train),
        )
        for seed in SEEDS
        for at_rate in recipes_at(recipe, grid(recipe.learning_rate))
        for arm in arms
    )
    for trial in trials[:1]:
        trial.num_held_out(num_train)
    return trials


def is_tuning_run(trial: Trial, num_train: int) -> bool:
    """Return whether a trial tunes a rate: by its seed, and by the fraction that it holds out of `num_train` training images."""
    return trial.seed in SEEDS and trial.holdout == held_out_fraction(num_train) and not trial.control


def at_chosen_rates(suite: Suite, trials: Collection[Trial], chosen: Mapping[Arm, float]) -> tuple[Trial, ...]:
    """Return, in the order of these judged trials of a suite, the trials of the same arms and seeds at each arm's chosen rate; no controls."""
    moved = (
        replace(trial, recipe=replace(trial.recipe, learning_rate=chosen[arm]))
        for trial in trials
        if (arm := suite.arm_of(trial)) is not None and arm in chosen and not trial.control
    )
    return tuple(dict.fromkeys(moved))


def refuse_tuning_seeds(trials: Iterable[Trial]) -> None:
    """Refuse judged trials with the seeds of tuning runs.

    Raises:
        ValueError: a trial has such a seed.
    """
    if any(trial.seed in SEEDS for trial in trials):
        raise ValueError(f"--tune uses the seeds {SEEDS[0]} to {SEEDS[-1]} for tuning: --seeds must be at most {FIRST_SEED}")
