"""Distributions of an arm's runs for simulations: normal, with runs that fail, and smoothed bootstraps of recorded arms.

The smoothing adds normal noise to each recorded run and shrinks the whole so that the standard deviation stays the recorded one (Silverman and
Young 1987).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.inference.seed_effects import paired_effects
from analysis.tables.frames import with_result
from analysis.tables.grouping import studies_of
from analysis.tables.rounding import least_deviations
from analysis.tables.studies import Study, is_of_its_suite
from benchmarks.spec.claims import FEWEST_SEEDS
from benchmarks.spec.suite import load_suite, suite_names
from benchmarks.store.out import Out

NORMAL_QUARTILES = 1.34  # distance of a normal distribution's quartiles, in standard deviations
FAR = 80.0  # points: error of a run that fails, above that of runs that train


@dataclass(frozen=True, kw_only=True, eq=False)
class RunNoise:
    """Distribution of the error of an arm's runs: a mixture of normal distributions, each of runs that train or of runs that fail.

    `centres` and `deviations` are in points; 0 is the mean of the runs that train, or of all runs if none trains. `least_deviation` is the
    standard deviation that rounding to whole images gives recorded errors.
    """

    centres: NDArray[np.float64]
    deviations: NDArray[np.float64]
    weights: NDArray[np.float64]
    trains: NDArray[np.bool_]
    least_deviation: float = 0.0

    @cached_property
    def failure_rate(self) -> float:
        """Fraction of runs that fail."""
        return float(self.weights[~self.trains].sum())

    @cached_property
    def deviation(self) -> float:
        """Standard deviation of the runs that train, or of all runs if none trains."""
        kept = self.trains if self.trains.any() else ~self.trains
        squares = self.centres[kept] ** 2 + self.deviations[kept] ** 2
        return math.sqrt(float(np.average(squares, weights=self.weights[kept])))

    def draw(self, random: np.random.Generator, num_runs: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Draw the errors of runs, and whether each run trains."""
        parts = np.searchsorted(np.cumsum(self.weights), random.random(num_runs) * self.weights.sum(), side="right")
        return self.centres[parts] + self.deviations[parts] * random.standard_normal(num_runs), self.trains[parts]


def normal_noise(deviation: float, failure_rate: float = 0.0) -> RunNoise:
    """Return normal noise around 0; runs that fail have the same noise around an error 80 points higher."""
    return RunNoise(
        centres=np.array([0.0, FAR]),
        deviations=np.array([deviation, deviation]),
        weights=np.array([1 - failure_rate, failure_rate]),
        trains=np.array([True, False]),
    )


def bootstrap_noise(errors: Sequence[float], trains: Sequence[bool], least_deviation: float = 0.0) -> RunNoise:
    """Return the smoothed bootstrap of an arm's recorded runs; runs that fail are smoothed by themselves."""
    values, is_trained = np.asarray(errors, float), np.asarray(trains, bool)
    centres, deviations = np.empty(len(values)), np.empty(len(values))
    for kind in {*is_trained.tolist()}:
        centres[is_trained == kind], deviations[is_trained == kind] = _smoothed(values[is_trained == kind], least_deviation)
    origin = values[is_trained] if is_trained.any() else values
    return RunNoise(
        centres=centres - origin.mean(),
        deviations=deviations,
        weights=np.full(len(values), 1 / len(values)),
        trains=is_trained,
        least_deviation=least_deviation,
    )


def _smoothed(values: NDArray[np.float64], least_deviation: float) -> tuple[NDArray[np.float64], float]:
    """Return the centres of the kernels and their width; the whole has the standard deviation of the values, or the least one.

    The width is Silverman's rule of thumb (1986, equation 3.31), which smooths skewed values little, and at least the least deviation.
    """
    num, mean = len(values), float(values.mean())
    deviation = float(values.std(ddof=1)) if num > 1 else 0.0
    low, high = np.quantile(values, (0.25, 0.75))
    width = max(0.9 * min(deviation, float(high - low) / NORMAL_QUARTILES) * num**-0.2, least_deviation)
    unshrunk = math.hypot(float(values.std()), width)
    shrink = max(deviation, least_deviation) / unshrunk if unshrunk else 1.0
    return mean + shrink * (values - mean), shrink * width


def recorded_studies(out: Out) -> list[Study]:
    """Return the studies of a store that have at least 3 seeds.

    Raises:
        NewerSchemaError: a record has a newer schema.
    """
    results, _ = out.trials.read_all()
    studies = [study for name in suite_names() for study in studies_of(name, load_suite(name), results)]
    return [study for study in studies if is_of_its_suite(study) and num_seeds_of(study) >= FEWEST_SEEDS]


def num_seeds_of(study: Study) -> int:
    """Return the number of runs of the arm that has fewest."""
    return int(with_result(study.trials).groupby("arm").size().min())


def arm_noises(study: Study) -> tuple[RunNoise, ...]:
    """Return the smoothed bootstrap of every arm's test errors; a run without an error counts at chance level."""
    chance_pct = 100 * (1 - 1 / len(study.results[0].data.classes))
    rows = with_result(study.trials).fillna({"test_error_pct": chance_pct})
    least = least_deviations(study, "test_error_pct")
    return tuple(
        bootstrap_noise(runs["test_error_pct"].tolist(), runs["trains"].astype(bool).tolist(), least[str(arm)])
        for arm, runs in rows.groupby("arm", sort=False)
    )


def measured_deviations(studies: Iterable[Study]) -> list[float]:
    """Compute the standard deviation of paired differences, in points, of every testable claim about an error.

    Raises:
        ValueError: the studies have no such claim.
    """
    deviations = []
    for study in studies:
        for claim in (claim for claim in study.suite.claims if claim.metric.endswith("_error_pct")):
            effects = list(paired_effects(study.trials, claim).values())
            if len(effects) >= FEWEST_SEEDS:
                deviations.append(float(np.std(effects, ddof=1)))
    if not deviations:
        raise ValueError(f"no claim about errors has {FEWEST_SEEDS} seeds: run a suite first")
    return deviations
