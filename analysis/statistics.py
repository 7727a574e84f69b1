"""Numbers in, numbers out: intervals, tests against a margin, corrections. The unit is the seed; SciPy does the arithmetic."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

CONFIDENCE = 0.95
NOISY = 0.1
MOST_SEEDS = 1000  # where the search for the seeds still needed ends
ROUNDING = 1e-9  # of the largest number: far above that of doubles, far below what any measurement resolves
EXACT_LIMIT = 16  # up to 2**16 sign patterns are counted in full, beyond that sampled
Side = Literal["greater", "less"]
OneSided = Callable[[Sequence[float], float, Side], float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A mean over n seeds with its 95% t interval; the bounds are None below two seeds."""

    value: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MarginTest:
    """Two-sided p of a mean being on the claimed side of its margin, and on the other."""

    p_for: float
    p_against: float

    @property
    def p(self) -> float:
        """The smaller of the two: the p with which the data decide at all."""
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
        """Whether the quartiles lie further apart than a tenth of the median."""
        return self.high - self.low > NOISY * self.median


def spread(values: Sequence[float]) -> Spread | None:
    """Median and quartiles; None of no values."""
    if not values:
        return None
    low, median, high = (float(value) for value in np.quantile(values, (0.25, 0.5, 0.75)))
    return Spread(median=median, low=low, high=high, n=len(values))


def negligible(values: Sequence[float], bound: float = 0.0) -> float:
    """What is less is rounding: differences between sums that are equal on paper."""
    return ROUNDING * max(abs(number) for number in (bound, *values))


def deviation_of(values: Sequence[float], least: float = 0.0) -> float:
    """The standard deviation of two values or more, or the `least` that there is where they are rounded, as shares of few images are."""
    deviation = float(np.std(values, ddof=1))
    return max(deviation if deviation > negligible(values) else 0.0, least)


def estimate(values: Sequence[float], least_deviation: float = 0.0) -> Estimate:
    """The mean and its interval; values are taken to vary by `least_deviation` at the least.

    Raises:
        ValueError: no values.
    """
    if not values:
        raise ValueError("no values to estimate from")
    mean, n = float(np.mean(values)), len(values)
    if n < 2:
        return Estimate(value=mean, low=None, high=None, n=n)
    half = float(half_width(deviation_of(values, least_deviation), n))
    return Estimate(value=mean, low=mean - half, high=mean + half, n=n)


def half_width(deviation: float, n: int | NDArray[np.int_], confidence: float = CONFIDENCE) -> Any:
    """Half of the t interval of a mean of n values with this standard deviation, for one n or for many."""
    return stats.t.ppf((1 + confidence) / 2, np.asarray(n) - 1) * deviation / np.sqrt(n)


def t_one_sided(values: Sequence[float], bound: float, side: Side, least_deviation: float = 0.0) -> float:
    """p of the mean being beyond the bound by chance. Where all values are equal, and must not vary, the mean is taken as known."""
    shift = float(np.mean(values)) - bound
    if abs(shift) <= negligible(values, bound):
        return 0.5
    error = deviation_of(values, least_deviation) / math.sqrt(len(values))
    if error == 0:
        return float((shift > 0) != (side == "greater"))
    t = shift / error
    return float(stats.t.sf(t, len(values) - 1) if side == "greater" else stats.t.cdf(t, len(values) - 1))


def exact_one_sided(values: Sequence[float], bound: float, side: Side) -> float:
    """The same of one number that is known exactly: 0 beyond the bound, 1 short of it, and 0.5 on it."""
    (value,) = values
    if abs(value - bound) <= negligible(values, bound):
        return 0.5
    return float((value > bound) != (side == "greater"))


def sign_flip_one_sided(values: Sequence[float], bound: float, side: Side) -> float:
    """The same by flipping the signs of values - bound in every way: exact, and without the normal distribution.

    SciPy's permutation test has no tolerance where the observed mean is 0, and takes ties there for more or less by chance.
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
    """The smallest two-sided p that n seeds can reach by flipping signs."""
    return 2.0 ** (1 - n)


def beyond_margin(values: Sequence[float], margin: float, one_sided: OneSided = t_one_sided) -> MarginTest:
    """Is the mean above the margin? p_for is under 0.05 just where the whole 95% interval lies above it."""
    return MarginTest(
        p_for=_doubled(one_sided(values, margin, "greater")),
        p_against=_doubled(one_sided(values, margin, "less")),
    )


def under_margin(values: Sequence[float], margin: float, one_sided: OneSided = t_one_sided) -> MarginTest:
    """Is the mean below the margin? p_for is under 0.05 just where the whole 95% interval lies below it."""
    beyond = beyond_margin(values, margin, one_sided)
    return MarginTest(p_for=beyond.p_against, p_against=beyond.p_for)


def within_margin(values: Sequence[float], margin: float, one_sided: OneSided = t_one_sided) -> MarginTest:
    """Is the mean within the margin, either way? Two one-sided tests, by the 95% interval (each at 2.5%)."""
    return MarginTest(
        p_for=_doubled(max(one_sided(values, -margin, "greater"), one_sided(values, margin, "less"))),
        p_against=_doubled(min(one_sided(values, margin, "greater"), one_sided(values, -margin, "less"))),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's correction (1979): each p as it stands after the whole family is corrected together."""
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for rank, index in enumerate(np.argsort(p_values, kind="stable")):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return adjusted


def detectable_effect(deviation: float, n: int, confidence: float = CONFIDENCE, power: float = 0.8) -> float:
    """How far beyond its margin a mean must truly lie for its whole interval to be beyond it with this probability."""
    critical = float(stats.t.ppf((1 + confidence) / 2, n - 1))
    shift = optimize.brentq(lambda shift: float(stats.nct.sf(critical, n - 1, shift)) - power, 0.0, 10 * critical + 10)
    return float(shift) * deviation / math.sqrt(n)


def seeds_needed(mean: float, deviation: float, bounds: Sequence[float], confidence: float = CONFIDENCE) -> int | None:
    """How many seeds would part the interval of such a mean from every bound; None beyond 1,000."""
    distance = min(abs(mean - bound) for bound in bounds)
    if distance <= negligible(bounds, mean):
        return None  # the mean lies on a bound
    sizes = np.arange(2, MOST_SEEDS + 1)
    enough = sizes[half_width(deviation, sizes, confidence) < distance]
    return int(enough[0]) if len(enough) else None


def _doubled(p: float) -> float:
    return min(1.0, 2 * p)
