"""Compute what a number of seeds can detect, the number of seeds that decides, and the chance that more seeds decide."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy import optimize, stats

from analysis.statistics.means import CONFIDENCE, half_width, negligible

MOST_SEEDS = 1000  # limit of the search in seeds_needed


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
