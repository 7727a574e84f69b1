"""Compute the interval of a failure rate, test it against a bound, and test whether one of two arms fails more often."""

from collections.abc import Sequence
from functools import cache
from typing import Literal, NamedTuple

from scipy import stats

from analysis.statistics.means import CONFIDENCE, Estimate

Levels = tuple[float, float]  # effect of a run that trains, and of one that fails


class Runs(NamedTuple):
    """How many of n runs train."""

    trained: int
    n: int

    @property
    def failed(self) -> int:
        """Number of runs that fail."""
        return self.n - self.trained


def failure_interval(runs: Runs, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Compute the exact interval of the failure rate (Clopper and Pearson 1934)."""
    tail, failed = (1 - confidence) / 2, runs.failed
    low = float(stats.beta.ppf(tail, failed, runs.trained + 1)) if failed else 0.0
    high = float(stats.beta.ppf(1 - tail, failed + 1, runs.trained)) if runs.trained else 1.0
    return low, high


def estimate_rate(effects: Sequence[float], levels: Levels, confidence: float = CONFIDENCE) -> Estimate:
    """Compute the mean of effects that have one of two levels, with its exact interval."""
    runs, (trained, failed) = _runs(effects, levels), levels
    ends = sorted(trained + share * (failed - trained) for share in failure_interval(runs, confidence))
    return Estimate(value=trained + runs.failed / runs.n * (failed - trained), low=ends[0], high=ends[1], n=runs.n)


def rate_one_sided(effects: Sequence[float], bound: float, side: Literal["greater", "less"], levels: Levels) -> float:
    """Compute the one-sided p of the exact binomial test that the mean of effects with one of two levels is on a side of the bound."""
    runs, (trained, failed) = _runs(effects, levels), levels
    share = min(1.0, max(0.0, (bound - trained) / (failed - trained)))
    is_more_failures = (side == "greater") == (failed > trained)
    return float(stats.binomtest(runs.failed, runs.n, share, alternative="greater" if is_more_failures else "less").pvalue)


def _runs(effects: Sequence[float], levels: Levels) -> Runs:
    trained, failed = levels
    return Runs(sum(abs(effect - trained) < abs(effect - failed) for effect in effects), len(effects))


@cache
def fails_more_often(first: Runs, second: Runs) -> float:
    """Compute the one-sided p of Boschloo's exact test (1970) that the first arm fails more often; runs are not paired."""
    if first.failed + second.failed in (0, first.n + second.n):
        return 1.0
    table = [[first.failed, second.failed], [first.trained, second.trained]]  # SciPy compares columns
    return min(1.0, float(stats.boschloo_exact(table, alternative="greater").pvalue))
