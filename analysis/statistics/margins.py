"""Test a mean against a margin, by Student's t, as a single exact value, or by sign flips."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from analysis.statistics.means import deviation_of, negligible

EXACT_LIMIT = 16  # values; beyond 2**16 sign patterns, patterns are sampled
Side = Literal["greater", "less"]
OneSided = Callable[[Sequence[float], float, Side], float]


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
class ThreeWays:
    """Two-sided p for each of three regions: better, worse and equivalent."""

    better: float
    worse: float
    equivalent: float


def t_one_sided(values: Sequence[float], bound: float, side: Side, least_deviation: float = 0.0) -> float:
    """Compute the one-sided p of Student's t test of the mean against a bound; the mean is exact if the deviation is 0."""
    shift = float(np.mean(values)) - bound
    if abs(shift) <= negligible(values, bound):
        return 0.5
    error = deviation_of(values, least_deviation) / math.sqrt(len(values))
    if error == 0:
        return float((shift > 0) != (side == "greater"))
    t = shift / error
    return float(special.stdtr(len(values) - 1, -t if side == "greater" else t))  # stats.t itself takes fifty times as long


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


def beyond_margin(
    values: Sequence[float], margin: float, one_sided: OneSided = t_one_sided, bases: Sequence[float] = ()
) -> MarginTest:
    """Test whether the mean is above the margin: p_for is below 0.05 exactly if the whole 95% interval is above it.

    With `bases`, here and below, the margin is a fraction of each value's base, and values - margin * bases are tested.
    """
    above, below = _both_sides(values, margin, one_sided, bases)
    return MarginTest(p_for=above, p_against=below)


def no_worse_than_margin(
    values: Sequence[float], margin: float, one_sided: OneSided = t_one_sided, bases: Sequence[float] = ()
) -> MarginTest:
    """Test whether the mean is above minus the margin: p_for is below 0.05 exactly if the whole 95% interval is above it."""
    return beyond_margin(values, -margin, one_sided, bases)


def within_margin(
    values: Sequence[float], margin: float, one_sided: OneSided = t_one_sided, bases: Sequence[float] = ()
) -> MarginTest:
    """Test equivalence, a mean within the margin on both sides, by two one-sided tests at 2.5% each (the 95% interval)."""
    found = three_ways(values, margin, one_sided, bases)
    return MarginTest(p_for=found.equivalent, p_against=min(found.better, found.worse))


def three_ways(
    values: Sequence[float], margin: float, one_sided: OneSided = t_one_sided, bases: Sequence[float] = ()
) -> ThreeWays:
    """Test whether the mean is below minus the margin (better), above the margin (worse), or within (equivalent)."""
    above_upper, below_upper = _both_sides(values, margin, one_sided, bases)
    above_lower, below_lower = _both_sides(values, -margin, one_sided, bases)
    return ThreeWays(better=below_lower, worse=above_upper, equivalent=max(above_lower, below_upper))


def _both_sides(values: Sequence[float], margin: float, one_sided: OneSided, bases: Sequence[float]) -> tuple[float, float]:
    """Compute the doubled one-sided p of a mean above and below the margin."""
    if bases:
        values, margin = [value - margin * base for value, base in zip(values, bases, strict=True)], 0.0
    return _doubled(one_sided(values, margin, "greater")), _doubled(one_sided(values, margin, "less"))


def _doubled(p: float) -> float:
    return min(1.0, 2 * p)
