"""Compute the interval of a failure rate, and test whether one of two arms fails more often."""

from functools import cache
from typing import NamedTuple

from scipy import stats

from analysis.statistics.means import CONFIDENCE


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


@cache
def fails_more_often(first: Runs, second: Runs) -> float:
    """Compute the one-sided p of Boschloo's exact test (1970) that the first arm fails more often; runs are not paired."""
    if first.failed + second.failed in (0, first.n + second.n):
        return 1.0
    table = [[first.failed, second.failed], [first.trained, second.trained]]  # SciPy compares columns
    return min(1.0, float(stats.boschloo_exact(table, alternative="greater").pvalue))
