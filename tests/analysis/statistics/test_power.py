"""Power, against drawing the seeds again and again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.means import deviation_range, half_width
from analysis.statistics.power import decision_power, seeds_needed

NUM_DRAWS = 4000


@pytest.mark.parametrize(
    ("mean", "deviation", "n", "bounds", "confidence"),
    [
        (2.0, 1.0, 5, (1.0,), 0.95),
        (2.0, 1.0, 12, (1.0,), 0.99),
        (-0.5, 2.0, 8, (1.0,), 0.95),
        (0.0, 1.0, 12, (-1.0, 1.0), 0.95),
        (0.3, 0.5, 8, (-1.0, 1.0), 0.98),
        (2.5, 1.5, 8, (-1.0, 1.0), 0.95),
    ],
)
def test_the_power_is_the_share_of_draws_that_decide(
    mean: float, deviation: float, n: int, bounds: tuple[float, ...], confidence: float
) -> None:
    values = np.random.default_rng(0).normal(mean, deviation, (NUM_DRAWS, n))
    half = half_width(1.0, n, confidence) * values.std(axis=1, ddof=1)
    low, high = values.mean(axis=1) - half, values.mean(axis=1) + half
    sides = [(high < bound) if mean < bound else (low > bound) for bound in bounds]
    assert decision_power(mean, deviation, n, bounds, confidence) == pytest.approx(np.mean(np.all(sides, axis=0)), abs=0.025)


@given(st.floats(-4, 4), st.floats(0.05, 4), st.sampled_from([(1.0,), (-1.0, 1.0)]), st.sampled_from((0.95, 0.99)))
def test_the_seeds_needed_are_the_fewest_with_eighty_per_cent_power(
    mean: float, deviation: float, bounds: tuple[float, ...], confidence: float
) -> None:
    needed = seeds_needed(mean, deviation, bounds, confidence)
    if needed is None:
        is_on_it = min(abs(mean - bound) for bound in bounds) <= 1e-9 * max(abs(mean), 1.0)
        assert is_on_it or decision_power(mean, deviation, 1000, bounds, confidence) < 0.8
    else:
        assert decision_power(mean, deviation, needed, bounds, confidence) >= 0.8
        assert needed == 2 or decision_power(mean, deviation, needed - 1, bounds, confidence) < 0.8


@pytest.mark.parametrize(("n", "low", "high"), [(5, -0.40, 1.87), (3, -0.48, 5.28), (10, -0.31, 0.83)])
def test_a_few_seeds_know_a_standard_deviation_badly(n: int, low: float, high: float) -> None:
    assert deviation_range(n) == pytest.approx((1 + low, 1 + high), abs=0.01)
    drawn = np.random.default_rng(0).normal(0, 1, (20000, n)).std(axis=1, ddof=1)
    least, most = deviation_range(n)
    assert np.mean((least * drawn < 1) & (most * drawn > 1)) == pytest.approx(0.95, abs=0.01)
    assert stats.chi2.cdf((n - 1) / least**2, n - 1) == pytest.approx(0.975)
