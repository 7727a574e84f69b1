"""Compute what a number of seeds can detect, the number of seeds that decides, and the chance that more seeds decide."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from scipy import optimize, stats

from analysis.statistics.means import CONFIDENCE, half_width, negligible

MOST_SEEDS = 1000  # limit of the search in seeds_needed
POWER = 0.8
FAR = 40.0  # standard errors beyond the critical value, where the power is 1 and SciPy's distribution may fail


def detectable_effect(deviation: float, n: int, confidence: float = CONFIDENCE, power: float = POWER) -> float:
    """Compute the distance of a true mean from its margin at which the whole interval clears the margin with this power."""
    critical = float(stats.t.ppf((1 + confidence) / 2, n - 1))
    shift = optimize.brentq(lambda shift: float(stats.nct.sf(critical, n - 1, shift)) - power, 0.0, 10 * critical + 10)
    return float(shift) * deviation / math.sqrt(n)


def decision_power(mean: float, deviation: float, n: int, bounds: Sequence[float], confidence: float = CONFIDENCE) -> float:
    """Compute the chance that the interval of n values contains none of the bounds, on the side of them on which the true mean lies.

    Between two bounds it is the lower limit that Bonferroni's inequality gives.
    """
    missed = 0.0
    for bound in bounds:
        if any(min(mean, bound) < other < max(mean, bound) for other in bounds):
            continue  # a farther bound is cleared with the nearer one
        missed += 1 - _power(abs(mean - bound), deviation, n, confidence)
    return max(0.0, 1 - missed)


def _power(distance: float, deviation: float, n: int, confidence: float) -> float:
    """Compute the chance that the interval of n values lies on the mean's side of a bound at this distance."""
    if deviation == 0:
        return float(distance > 0)
    critical, shift = float(stats.t.ppf((1 + confidence) / 2, n - 1)), distance * math.sqrt(n) / deviation
    return 1.0 if shift > critical + FAR else float(stats.nct.sf(critical, n - 1, shift))


def seeds_needed(
    mean: float, deviation: float, bounds: Sequence[float], confidence: float = CONFIDENCE, power: float = POWER
) -> int | None:
    """Compute the number of seeds that decides with this power, if mean and deviation are the true ones; None beyond 1,000."""
    if min(abs(mean - bound) for bound in bounds) <= negligible(bounds, mean):
        return None  # the mean lies on a bound
    sizes = range(2, MOST_SEEDS + 1)
    place = bisect_left(sizes, True, key=lambda n: decision_power(mean, deviation, n, bounds, confidence) >= power)
    return sizes[place] if place < len(sizes) else None


def decision_chance(mean: float, deviation: float, seeds: tuple[int, int], bounds: Sequence[float], confidence: float) -> float:
    """Compute the chance that the interval at the last of `seeds` contains none of the bounds, from the mean of the first number of seeds.

    The further seeds are normal around the mean seen, with the deviation seen.
    """
    seen, last = seeds
    half, error = float(half_width(deviation, last, confidence)), deviation * math.sqrt(last - seen) / last
    edges = sorted(bounds)
    gaps = [
        (-math.inf, edges[0] - half),
        *((low + half, high - half) for low, high in pairwise(edges)),
        (edges[-1] + half, math.inf),
    ]
    if error == 0:
        return float(any(low < mean < high for low, high in gaps))
    return sum(
        max(0.0, float(stats.norm.cdf((high - mean) / error) - stats.norm.cdf((low - mean) / error))) for low, high in gaps
    )
