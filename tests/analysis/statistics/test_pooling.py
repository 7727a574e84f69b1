"""A random-effects mean over settings: the published example, and a slow obvious version."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.pooling import pool

# The example of Kacker 2004 (Metrologia 41, table 1, first row): nine effects and their variances. Its standard deviation between laboratories
# after Paule and Mandel is 0.8399. The other numbers are those of R's metafor, `rma(y, v, method="PM")`, as statsmodels' tests quote them
# (statsmodels/stats/tests/results/results_meta.py, exk1_metafor; I squared by Q from exk1_dl, which does not depend on the variance between).
EFFECTS = [61.00, 61.40, 62.21, 62.30, 62.34, 62.60, 62.70, 62.84, 65.90]
VARIANCES = [0.2025, 1.2100, 0.0900, 0.2025, 0.3844, 0.5625, 0.0676, 0.0225, 1.8225]
MEAN, ERROR, TAU_SQUARED, Q, Q_P, I_SQUARED = (
    62.4076199113286,
    0.338030602684471,
    0.705395309224248,
    24.801897741835,
    0.00167935146372742,
    0.67744403741711,
)


def test_the_published_example_gives_the_published_numbers() -> None:
    found = pool(EFFECTS, [math.sqrt(variance) for variance in VARIANCES])
    assert found.tau == pytest.approx(0.8399, abs=6e-5) and found.tau**2 == pytest.approx(TAU_SQUARED, rel=1e-8)
    assert (found.value, found.q, found.q_p, found.i_squared, found.n) == (
        *(pytest.approx(number, rel=1e-9) for number in (MEAN, Q, Q_P, I_SQUARED)),
        9,
    )
    half = 2.306004135 * ERROR  # the 97.5% quantile of t with eight degrees of freedom, from a table
    assert (found.low, found.high) == (pytest.approx(MEAN - half), pytest.approx(MEAN + half))


def slowly(effects: list[float], errors: list[float]) -> tuple[float, float, float]:
    """Mean, half width and tau squared, by halving an interval and by sums."""

    def mean_at(between: float) -> tuple[float, float]:
        weights = [1 / (error**2 + between) for error in errors]
        return sum(w * e for w, e in zip(weights, effects, strict=True)) / sum(weights), sum(weights)

    def squares(between: float) -> float:
        mean, _ = mean_at(between)
        return sum((e - mean) ** 2 / (error**2 + between) for e, error in zip(effects, errors, strict=True))

    low, high = 0.0, 1e6
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if squares(middle) > len(effects) - 1 else (low, middle)
    mean, weight = mean_at(low)
    factor = max(1.0, squares(low) / (len(effects) - 1))  # of Hartung and Knapp, at least 1
    return mean, float(stats.t.ppf(0.975, len(effects) - 1)) * math.sqrt(factor / weight), low


sizes = st.floats(-50, 50).map(lambda value: round(value, 3))


@given(st.lists(st.tuples(sizes, st.floats(0.05, 20)), min_size=2, max_size=7))
def test_the_mean_its_interval_and_the_spread_are_those_of_the_obvious_version(settings: list[tuple[float, float]]) -> None:
    effects, errors = map(list, zip(*settings, strict=True))
    found, (mean, half, between) = pool(effects, errors), slowly(effects, errors)
    assert found.value == pytest.approx(mean, abs=1e-6) and found.tau**2 == pytest.approx(between, rel=1e-6, abs=1e-6)
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=1e-6)
    assert min(effects) - 1e-9 <= found.value <= max(effects) + 1e-9 and 0 <= found.i_squared < 1


def test_settings_that_agree_have_no_spread_and_more_of_them_narrow_the_interval() -> None:
    found = [pool([3.0] * n, [1.0] * n) for n in (2, 3, 5, 9)]
    assert all((one.value, one.tau, one.i_squared, one.q_p) == (3.0, 0.0, 0.0, 1.0) for one in found)
    assert all(after.high < before.high for before, after in pairwise(found))


@pytest.mark.parametrize(
    ("effects", "errors", "rule"),
    [
        ([1.0], [1.0], "two effects"),
        ([1.0, 2.0], [1.0], "two effects"),
        ([1.0, 2.0], [1.0, 0.0], "above 0"),
        ([1.0, 2.0], [1.0, math.inf], "above 0"),
    ],
)
def test_what_cannot_be_pooled_is_refused(effects: list[float], errors: list[float], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        pool(effects, errors)
