"""Compare two rankings of the same things."""

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

STEP_VARIANCE = 1 / 12  # variance of a uniform distribution of width 1


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Compute Spearman's rank correlation, with the mean rank for ties; None if all values of one side are equal."""
    ranks = np.array([stats.rankdata(first), stats.rankdata(second)])
    away = ranks - ranks.mean(axis=1, keepdims=True)
    lengths = np.sqrt((away**2).sum(axis=1))
    return None if 0 in lengths else float(np.clip(away[0] @ away[1] / lengths.prod(), -1, 1))


def least_rank_deviation(n: int) -> float:
    """Return the standard deviation that rounding to the correlations that n ranks without ties can have adds: equal ones over seeds prove no 0.

    Sums of squared differences between ranks are even, so that the correlations are 12 / (n^3 - n) apart.
    """
    return 12 / (n**3 - n) * math.sqrt(STEP_VARIANCE)
