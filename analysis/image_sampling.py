"""Standard errors that also hold for other images than those of the run. Pure functions; distributions are SciPy's.

This is a module of its own because the unit of `statistics` is the seed, and here the images are a second one.

Axes: S seeds, I test images.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.statistics.means import Estimate

CONFIDENCE = 0.95


def factor_for_other_images(n: int, *, num_train: int, num_test: int) -> float:
    """Return the factor by which an interval over n seeds, each with its own split, widens to hold for other images.

    The training images of two splits overlap, so that their results are correlated: 1/n + num_test/num_train replaces 1/n
    in the variance of the mean (Nadeau and Bengio 2003, Machine Learning 52, 239-281).

    Raises:
        ValueError: a number is below 1.
    """
    for name, number in (("n", n), ("num_train", num_train), ("num_test", num_test)):
        if number < 1:
            raise ValueError(f"{name} must be at least 1, got {number}")
    return math.sqrt(1 + n * num_test / num_train)


@dataclass(frozen=True, kw_only=True, slots=True)
class TwoLevelMean:
    """Mean over seeds and images with its standard error, and the degrees of freedom of the t distribution for its interval.

    `of_seeds` and `of_images` are the parts of the variance that more seeds and more images reduce; both contain the rest.
    """

    value: float
    error: float
    degrees_of_freedom: float
    of_seeds: float
    of_images: float

    @property
    def shares(self) -> tuple[float, float]:
        """Shares of the variance that would vanish with unlimited images, and with unlimited seeds; they may overlap. 0 without any variance."""
        if self.error == 0:
            return 0.0, 0.0
        return min(1.0, self.of_images / self.error**2), min(1.0, self.of_seeds / self.error**2)

    @property
    def interval(self) -> tuple[float, float]:
        """95% interval for other seeds on other images."""
        if self.error == 0:
            return self.value, self.value
        half = float(stats.t.ppf((1 + CONFIDENCE) / 2, self.degrees_of_freedom)) * self.error
        return self.value - half, self.value + half


def two_level_mean(values_SI: NDArray[np.float64]) -> TwoLevelMean:
    """Compute the mean of a value of every seed for every image (wrong or not, say) where all seeds share the test images.

    SE^2 = V(seed means)/S + V(image means)/I - V(rest)/(S I), because each of the first two terms contains the rest once. It
    is never below the seeds' own, V(seed means)/S. The degrees of freedom are Satterthwaite's.

    Raises:
        ValueError: there are fewer than two seeds or two images.
    """
    values_SI = np.asarray(values_SI, np.float64)
    if values_SI.ndim != 2 or min(values_SI.shape) < 2:
        raise ValueError(f"values must have at least 2 seeds and 2 images, got the shape {values_SI.shape}")
    num_seeds, num_images = values_SI.shape
    mean, means_S, means_I = values_SI.mean(), values_SI.mean(axis=1), values_SI.mean(axis=0)
    rest_SI = values_SI - means_S[:, None] - means_I + mean
    freedoms = np.array([num_seeds - 1, num_images - 1, (num_seeds - 1) * (num_images - 1)])
    of_seeds, of_images = means_S.var(ddof=1) / num_seeds, means_I.var(ddof=1) / num_images
    of_rest = (rest_SI**2).sum() / freedoms[2] / values_SI.size
    variance = max(of_seeds, of_seeds + of_images - of_rest)
    spread = (np.array([of_seeds, of_images, of_rest]) ** 2 / freedoms).sum()
    freedom = max(freedoms[0], variance**2 / spread) if spread > 0 else freedoms[0]
    return TwoLevelMean(
        value=float(mean),
        error=math.sqrt(variance),
        degrees_of_freedom=float(freedom),
        of_seeds=float(of_seeds),
        of_images=float(of_images),
    )


def on_other_images(own: Estimate, found: TwoLevelMean) -> Estimate:
    """Return an estimate over seeds with the interval that also holds for other images; it is never narrower than the seeds' own."""
    if own.low is None or own.high is None:
        return own
    low, high = found.interval
    if high - low <= own.high - own.low:
        return own
    half = (high - low) / 2
    return replace(own, low=own.value - half, high=own.value + half)


def over_other_splits(own: Estimate, *, num_train: int, num_test: int) -> Estimate:
    """Return an estimate over seeds with a split each, with its interval widened to hold for other images."""
    if own.low is None or own.high is None:
        return own
    factor = factor_for_other_images(own.n, num_train=num_train, num_test=num_test)
    return replace(own, low=own.value - factor * (own.value - own.low), high=own.value + factor * (own.high - own.value))
