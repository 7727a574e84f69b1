"""Compute what a number of seeds can detect, and the number of seeds that decides."""

import math
from collections.abc import Sequence

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
