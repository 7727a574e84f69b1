"""Pool the effects of independent settings: a random-effects mean, and how far the settings differ.

The variance between settings is that of Paule and Mandel (1982), which Veroniki et al. (2016) recommend. The interval is that of Hartung and
Knapp (2001): its factor is 1 at this variance, and below 1 where the variance is 0, for which Roever et al. (2015) take 1. With two settings it
has one degree of freedom and is wide. The spread within a setting is taken as known, though it comes from a few seeds, so that Q rejects
somewhat too often.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from analysis.statistics.means import CONFIDENCE

Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pooled:
    """Random-effects mean over n settings with its interval; `tau` is the standard deviation of true effects between settings.

    `i_squared` is the share of the variation that is between settings, from 0 to 1 (Higgins and Thompson 2002): 1 - (n - 1) / Q. `q_p` is the p
    of Cochran's Q, of no difference between settings.
    """

    value: float
    low: float
    high: float
    n: int
    tau: float
    i_squared: float
    q: float
    q_p: float


def pool(effects: Sequence[float], errors: Sequence[float], confidence: float = CONFIDENCE) -> Pooled:
    """Pool effects of independent settings by their standard errors, which are in the same unit.

    Raises:
        ValueError: there are fewer than two effects, their number is not that of the errors, or an error is not above 0 and finite.
    """
    if len(effects) < 2 or len(effects) != len(errors):
        raise ValueError(f"pooling needs two effects or more with an error each, got {len(effects)} and {len(errors)}")
    if not all(math.isfinite(error) and error > 0 for error in errors):
        raise ValueError(f"a standard error must be above 0 and finite, got {list(errors)}")
    values, variances, n = np.asarray(effects, float), np.square(np.asarray(errors, float)), len(effects)
    q = _spread(values, variances, 0.0)
    tau_squared = _between(values, variances)
    weights = 1 / (variances + tau_squared)
    mean = float(weights @ values / weights.sum())
    half = float(stats.t.ppf((1 + confidence) / 2, n - 1)) / math.sqrt(float(weights.sum()))
    return Pooled(
        value=mean,
        low=mean - half,
        high=mean + half,
        n=n,
        tau=math.sqrt(tau_squared),
        i_squared=max(0.0, 1 - (n - 1) / q) if q else 0.0,
        q=q,
        q_p=float(stats.chi2.sf(q, n - 1)),
    )


def _spread(values: Numbers, variances: Numbers, tau_squared: float) -> float:
    """Return the weighted sum of squares around the weighted mean; Cochran's Q at a `tau_squared` of 0."""
    weights = 1 / (variances + tau_squared)
    mean = weights @ values / weights.sum()
    return float(weights @ np.square(values - mean))


def _between(values: Numbers, variances: Numbers) -> float:
    """Return the variance between settings at which the weighted sum of squares is n - 1, its expectation; 0 if it never is that large."""
    expected = len(values) - 1
    if _spread(values, variances, 0.0) <= expected:
        return 0.0
    most = float(np.var(values) * len(values)) + float(variances.max())  # the sum of squares there is below n - 1
    return float(optimize.brentq(lambda between: _spread(values, variances, between) - expected, 0.0, most, xtol=1e-14))
