"""Compute intervals, tests against a margin and corrections for multiple tests. The unit is the seed; distributions are SciPy's."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

CONFIDENCE = 0.95
NOISY = 0.1
MOST_SEEDS = 1000  # limit of the search in seeds_needed
ROUNDING = 1e-9  # relative to the largest value: far above the rounding of doubles, far below any measurement's resolution
EXACT_LIMIT = 16  # values; beyond 2**16 sign patterns, patterns are sampled
Side = Literal["greater", "less"]
OneSided = Callable[[Sequence[float], float, Side], float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """Mean over n seeds with its 95% t interval; the bounds are None if n is 1."""

    value: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MarginTest:
    """Two-sided p for a mean on the claimed side of its margin, and for a mean on the other side."""

    p_for: float
    p_against: float

    @property
    def p(self) -> float:
        """Smaller of the two: the p of a decision for either side."""
        return min(self.p_for, self.p_against)


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


def estimate(values: Sequence[float], least_deviation: float = 0.0) -> Estimate:
    """Compute the mean and its 95% t interval; the standard deviation is at least `least_deviation`.

    Raises:
        ValueError: `values` is empty.
    """
    if not values:
        raise ValueError("no values to estimate from")
    mean, n = float(np.mean(values)), len(values)
    if n < 2:
        return Estimate(value=mean, low=None, high=None, n=n)
    half = float(half_width(deviation_of(values, least_deviation), n))
    return Estimate(value=mean, low=mean - half, high=mean + half, n=n)


def half_width(deviation: float, n: int | NDArray[np.int_], confidence: float = CONFIDENCE) -> Any:
    """Compute half the width of the t interval of a mean of n values with this standard deviation; n may be an array."""
    return stats.t.ppf((1 + confidence) / 2, np.asarray(n) - 1) * deviation / np.sqrt(n)


def t_one_sided(values: Sequence[float], bound: float, side: Side, least_deviation: float = 0.0) -> float:
    """Compute the one-sided p of Student's t test of the mean against a bound; the mean is exact if the deviation is 0."""
    shift = float(np.mean(values)) - bound
    if abs(shift) <= negligible(values, bound):
        return 0.5
    error = deviation_of(values, least_deviation) / math.sqrt(len(values))
    if error == 0:
        return float((shift > 0) != (side == "greater"))
    t = shift / error
    return float(stats.t.sf(t, len(values) - 1) if side == "greater" else stats.t.cdf(t, len(values) - 1))


def exact_one_sided(values: Sequence[float], bound: float, side: Side) -> float:
    """Return the one-sided p of a single exact value: 0 beyond the bound, 1 short of it, and 0.5 on it."""
    (value,) = values
    if abs(value - bound) <= negligible(values, bound):
        return 0.5
    return float((value > bound) != (side == "greater"))


def sign_flip_one_sided(values: Sequence[float], bound: float, side: Side) -> float:
    """Compute the one-sided p of a sign-flip test of values - bound, which does not assume a normal distribution.

    SciPy's permutation test has no tolerance if the observed mean is 0: rounding then decides how it counts ties.
    """
    away = np.asarray(values, float) - bound
    if side == "less":
        away = -away
    least = away.sum() - len(away) * negligible(values, bound)
    if len(away) <= EXACT_LIMIT:
        sums = np.zeros(1)
        for step in away:
            sums = np.concatenate([sums + step, sums - step])
        return float(np.mean(sums >= least))
    random, sums = np.random.default_rng(0), np.zeros(2**EXACT_LIMIT)
    for step in away:
        sums += step * random.choice((-1.0, 1.0), len(sums))
    return float((1 + np.sum(sums >= least)) / (1 + len(sums)))


def smallest_sign_flip_p(n: int) -> float:
    """Return the smallest two-sided p that a sign-flip test with n seeds can give."""
    return 2.0 ** (1 - n)


def beyond_margin(values: Sequence[float], margin: float, one_sided: OneSided = t_one_sided) -> MarginTest:
    """Test whether the mean is above the margin: p_for is below 0.05 exactly if the whole 95% interval is above it."""
    return MarginTest(
        p_for=_doubled(one_sided(values, margin, "greater")),
        p_against=_doubled(one_sided(values, margin, "less")),
    )


def under_margin(values: Sequence[float], margin: float, one_sided: OneSided = t_one_sided) -> MarginTest:
    """Test whether the mean is below the margin: p_for is below 0.05 exactly if the whole 95% interval is below it."""
    beyond = beyond_margin(values, margin, one_sided)
    return MarginTest(p_for=beyond.p_against, p_against=beyond.p_for)


def within_margin(values: Sequence[float], margin: float, one_sided: OneSided = t_one_sided) -> MarginTest:
    """Test equivalence, a mean within the margin on both sides, by two one-sided tests at 2.5% each (the 95% interval)."""
    return MarginTest(
        p_for=_doubled(max(one_sided(values, -margin, "greater"), one_sided(values, margin, "less"))),
        p_against=_doubled(min(one_sided(values, margin, "greater"), one_sided(values, -margin, "less"))),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust a family of p values by Holm's correction (1979), in the given order."""
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for rank, index in enumerate(np.argsort(p_values, kind="stable")):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return adjusted


def detectable_effect(deviation: float, n: int, confidence: float = CONFIDENCE, power: float = 0.8) -> float:
    """Compute the distance of a true mean from its margin at which the whole interval clears the margin with this power."""
    critical = float(stats.t.ppf((1 + confidence) / 2, n - 1))
    shift = optimize.brentq(lambda shift: float(stats.nct.sf(critical, n - 1, shift)) - power, 0.0, 10 * critical + 10)
    return float(shift) * deviation / math.sqrt(n)


def seeds_needed(mean: float, deviation: float, bounds: Sequence[float], confidence: float = CONFIDENCE) -> int | None:
    """Compute the number of seeds at which the interval of this mean contains none of the bounds; None beyond 1,000."""
    distance = min(abs(mean - bound) for bound in bounds)
    if distance <= negligible(bounds, mean):
        return None  # the mean lies on a bound
    sizes = np.arange(2, MOST_SEEDS + 1)
    enough = sizes[half_width(deviation, sizes, confidence) < distance]
    return int(enough[0]) if len(enough) else None


def _doubled(p: float) -> float:
    return min(1.0, 2 * p)
