"""The arithmetic, against slow and obvious versions."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics import (
    beyond_margin,
    estimate,
    half_width,
    holm,
    seeds_needed,
    sign_flip_one_sided,
    smallest_sign_flip_p,
    t_one_sided,
    within_margin,
)

samples = st.lists(st.floats(-50, 50).map(lambda value: round(value, 3)), min_size=3, max_size=8)
bounds = st.floats(0.1, 5).map(lambda value: round(value, 2))


def test_the_interval_is_students() -> None:
    found = estimate([1.0, 2.0, 4.0])
    assert found.value == pytest.approx(7 / 3)
    half = 4.302652729911275 * np.std([1, 2, 4], ddof=1) / 3**0.5  # the 97.5% point of t with 2 degrees of freedom
    assert (found.low, found.high) == pytest.approx((7 / 3 - half, 7 / 3 + half))


def test_one_value_has_no_interval_and_none_no_estimate() -> None:
    assert estimate([3.0]).low is None
    with pytest.raises(ValueError, match="no values"):
        estimate([])


@given(samples, bounds)
def test_p_is_scipys(values: list[float], bound: float) -> None:
    if np.std(values) < 1e-6:
        return
    expected = stats.ttest_1samp(values, bound, alternative="greater").pvalue
    assert t_one_sided(values, bound, "greater") == pytest.approx(expected, abs=1e-12)
    assert t_one_sided(values, bound, "less") == pytest.approx(1 - expected, abs=1e-12)


def test_values_without_spread_are_taken_as_known() -> None:
    assert t_one_sided([2.0, 2.0, 2.0], 1.0, "greater") == 0
    assert t_one_sided([2.0, 2.0, 2.0], 1.0, "less") == 1
    assert t_one_sided([1.0, 1.0, 1.0], 1.0, "greater") == 0.5


@given(samples, bounds)
def test_p_is_under_5_per_cent_just_where_the_interval_is_beyond_the_margin(values: list[float], margin: float) -> None:
    found = estimate(values)
    assert found.low is not None and found.high is not None
    if min(abs(found.low - margin), abs(found.high - margin), abs(found.low + margin), abs(found.high + margin)) < 1e-6:
        return  # rounding decides
    test = beyond_margin(values, margin)
    assert (test.p_for < 0.05) == (found.low > margin)
    assert (test.p_against < 0.05) == (found.high < margin)
    same = within_margin(values, margin)
    assert (same.p_for < 0.05) == (-margin < found.low and found.high < margin)
    assert (same.p_against < 0.05) == (found.low > margin or found.high < -margin)


@given(st.lists(st.integers(-40, 40).map(float), min_size=3, max_size=7), st.sampled_from([0.0, 0.5, 1.0]))
def test_sign_flips_are_counted_in_full(values: list[float], bound: float) -> None:
    shifted = np.array(values) - bound
    means = [np.mean(shifted * signs) for signs in product((-1, 1), repeat=len(values))]
    expected = np.mean([mean >= shifted.mean() - 1e-9 for mean in means])
    assert sign_flip_one_sided(values, bound, "greater") == pytest.approx(expected)


def test_the_smallest_p_of_sign_flips() -> None:
    assert [smallest_sign_flip_p(n) for n in (1, 5, 6)] == [1.0, 0.0625, 0.03125]
    assert 2 * sign_flip_one_sided([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 0.0, "greater") == smallest_sign_flip_p(6)


def test_holm_is_as_published() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])  # a worked example
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_rejects_what_the_step_down_rejects(p_values: list[float]) -> None:
    """The obvious version: the smallest against 0.05/m, the next against 0.05/(m-1), until one fails."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    rejected: set[int] = set()
    for rank, index in enumerate(order):
        if not (len(order) - rank) * p_values[index] < 0.05:
            break
        rejected.add(index)
    assert {index for index, p in enumerate(holm(p_values)) if p < 0.05} == rejected


@given(samples, bounds, st.sampled_from((0.95, 0.99)))
def test_the_seeds_needed_are_the_fewest_that_part_interval_and_bound(
    values: list[float], bound: float, confidence: float
) -> None:
    mean, deviation = float(np.mean(values)), float(np.std(values, ddof=1))
    needed, distance = seeds_needed(mean, deviation, [bound], confidence), abs(mean - bound)
    if needed is None:
        assert half_width(deviation, 1000, confidence) >= distance
    else:
        assert half_width(deviation, needed, confidence) < distance
        assert needed == 2 or half_width(deviation, needed - 1, confidence) >= distance


def test_equal_values_that_are_rounded_are_not_taken_as_known() -> None:
    """Three seeds of the same error on few images: the smaller the step, the nearer to a known mean."""
    assert t_one_sided([1.2] * 3, 1.0, "greater") == 0.0
    few, many = (t_one_sided([1.2] * 3, 1.0, "greater", least_deviation=step / np.sqrt(6)) for step in (0.2, 0.01))
    assert few > 0.01 > many > 0
    assert estimate([1.2] * 3, 0.1).low == pytest.approx(1.2 - stats.t.ppf(0.975, 2) * 0.1 / np.sqrt(3))
