"""Compute the mean of a few values with its t interval, and the quartiles of times."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

CONFIDENCE = 0.95
NOISY = 0.1
ROUNDING = 1e-9  # relative to the largest value: far above the rounding of doubles, far below any measurement's resolution


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """Mean over n seeds with its t interval, at 95% unless a confidence is given; the bounds are None if n is 1."""

    value: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """Median and quartiles of n times."""

    median: float
    low: float
    high: float
    n: int

    @property
    def is_noisy(self) -> bool:
        """Whether the quartiles differ by more than a tenth of the median."""
        return self.high - self.low > NOISY * self.median


def spread(values: Sequence[float]) -> Spread | None:
    """Compute the median and quartiles; return None for no values."""
    if not values:
        return None
    low, median, high = (float(value) for value in np.quantile(values, (0.25, 0.5, 0.75)))
    return Spread(median=median, low=low, high=high, n=len(values))


def negligible(values: Sequence[float], bound: float = 0.0) -> float:
    """Return the size below which a difference is rounding error between sums that are equal on paper."""
    return ROUNDING * max(abs(value) for value in (bound, *values))


def deviation_of(values: Sequence[float], least: float = 0.0) -> float:
    """Compute the standard deviation of at least two values; return `least` if it is larger, because values are rounded."""
    deviation = float(np.std(values, ddof=1))
    return max(deviation if deviation > negligible(values) else 0.0, least)


def estimate(values: Sequence[float], least_deviation: float = 0.0, confidence: float = CONFIDENCE) -> Estimate:
    """Compute the mean and its t interval; the standard deviation is at least `least_deviation`.

    Raises:
        ValueError: `values` is empty.
    """
    if not values:
        raise ValueError("no values to estimate from")
    mean, n = float(np.mean(values)), len(values)
    if n < 2:
        return Estimate(value=mean, low=None, high=None, n=n)
    half = float(half_width(deviation_of(values, least_deviation), n, confidence))
    return Estimate(value=mean, low=mean - half, high=mean + half, n=n)


def half_width(deviation: float, n: int | NDArray[np.int_], confidence: float = CONFIDENCE) -> Any:
    """Compute half the width of the t interval of a mean of n values with this standard deviation; n may be an array."""
    return stats.t.ppf((1 + confidence) / 2, np.asarray(n) - 1) * deviation / np.sqrt(n)


def estimate_share(
    values: Sequence[float], bases: Sequence[float], least_deviation: float = 0.0, confidence: float = CONFIDENCE
) -> Estimate:
    """Compute the mean of values as a fraction of the mean of their bases, with the interval of fractions that a t test does not reject.

    The interval (Fieller 1954) inverts the test of values - fraction * bases against 0, whose standard deviation is at least
    `least_deviation`. It is unbounded if the bases' mean is not distinguished from 0.
    """
    n, mean, base = len(values), float(np.mean(values)), float(np.mean(bases))
    if base == 0:
        return Estimate(value=math.nan, low=-math.inf, high=math.inf, n=n)
    share = mean / base
    if n < 2:
        return Estimate(value=share, low=None, high=None, n=n)
    scale = float(half_width(1.0, n, confidence)) ** 2
    (variance, covariance), (_, base_variance) = np.cov(values, bases)
    curve = base**2 - scale * base_variance
    if curve <= 0:
        return Estimate(value=share, low=-math.inf, high=math.inf, n=n)
    middle = mean * base - scale * covariance
    root = math.sqrt(max(0.0, middle**2 - curve * (mean**2 - scale * variance)))
    rounded = math.sqrt(scale) * least_deviation / base  # the tests at a known deviation do not reject these
    low, high = min((middle - root) / curve, share - rounded), max((middle + root) / curve, share + rounded)
    return Estimate(value=share, low=low, high=high, n=n)


def deviation_range(n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the interval of a true standard deviation as multiples of that of n normal values."""
    tail = (1 - confidence) / 2
    low, high = (math.sqrt((n - 1) / stats.chi2.ppf(part, n - 1)) for part in (1 - tail, tail))
    return low, high
