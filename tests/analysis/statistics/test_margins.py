"""The arithmetic, against slow and obvious versions."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.families import holm
from analysis.statistics.margins import (
    Side,
    beyond_margin,
    exact_one_sided,
    no_worse_than_margin,
    sign_flip_one_sided,
    smallest_sign_flip_p,
    t_one_sided,
    within_margin,
)
from analysis.statistics.means import estimate
from analysis.statistics.power import seeds_needed

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


def exact_sign_flips(tenths: list[int], bound: int, side: str) -> Fraction:
    """The obvious count over all sign patterns, in whole numbers, where ties are ties."""
    away = [value - bound for value in tenths]
    sums = [sum(sign * step for sign, step in zip(signs, away, strict=True)) for signs in product((-1, 1), repeat=len(away))]
    extreme = [found >= sum(away) if side == "greater" else found <= sum(away) for found in sums]
    return Fraction(sum(extreme), len(sums))


@given(
    st.lists(st.integers(-60, 60), min_size=1, max_size=8),
    st.integers(-20, 20),
    st.sampled_from((3, 7, 10, 1000)),
    st.sampled_from(("greater", "less")),
)
def test_sign_flips_take_ties_as_such_however_values_are_rounded(tenths: list[int], bound: int, unit: int, side: Side) -> None:
    found = sign_flip_one_sided([value / unit for value in tenths], bound / unit, side)
    assert found == exact_sign_flips(tenths, bound, side)


def test_sign_flips_around_an_observed_mean_of_zero_are_exact() -> None:
    assert sign_flip_one_sided([0.6, 0.9, 0.3], 0.6, "greater") == 0.75 == sign_flip_one_sided([0.6, 0.9, 0.3], 0.6, "less")
    assert sign_flip_one_sided([0.1 + 0.2] * 3, 0.3, "greater") == 1.0
    assert sign_flip_one_sided([6e-12, 9e-12, 3e-12], 6e-12, "greater") == 0.75  # the tolerance is in the size of the data


def test_sign_flips_of_many_values_are_sampled_near_the_normal_distribution() -> None:
    values = np.random.default_rng(1).normal(0.3, 1, 30).tolist()
    assert sign_flip_one_sided(values, 0.0, "greater") == pytest.approx(t_one_sided(values, 0.0, "greater"), abs=0.02)
    assert sign_flip_one_sided([0.1 + 0.2] * 40, 0.3, "greater") == 1.0


@given(st.integers(1, 400), st.integers(1, 400), st.integers(3, 12))
def test_values_that_equal_the_margin_but_for_rounding_show_nothing(first: int, second: int, num_seeds: int) -> None:
    """Ways to write one number, each rounded in its own way, against the margin that it is."""
    margin = (first + second) / 100
    ways = [first / 100 + second / 100, (first + second) / 100, 60 + margin - 60, sum([margin / 7] * 7)]
    values = [ways[number % len(ways)] for number in range(num_seeds)]
    for test, sign in ((beyond_margin, 1), (no_worse_than_margin, -1)):
        found = test([sign * value for value in values], margin)
        assert (found.p_for, found.p_against) == (1.0, 1.0)
        assert test([sign * (value + margin) for value in values], margin).p < 1e-6  # far from the margin they are known
    assert within_margin(values, margin).p == 1.0
    assert seeds_needed(float(np.mean(values)), 0.0, [margin]) is None


def test_equal_values_are_known_and_not_spread_by_rounding() -> None:
    for values, margin in (([0.1 + 0.2] * 3, 0.3), ([0.1] * 3, 0.1), ([0.1, 0.3 - 0.2, 0.1], 0.1)):
        assert (beyond_margin(values, margin).p_for, beyond_margin(values, margin).p_against) == (1.0, 1.0)
        found = estimate(values)
        assert found.low == found.value == found.high
    assert (beyond_margin([0.1] * 3, 0.3).p_for, beyond_margin([0.1] * 3, 0.3).p_against) == (1.0, 0.0)


@given(st.floats(-2, 2), st.sampled_from([-1.0, 0.0, 1.0]), st.sampled_from(["greater", "less"]))
def test_an_exact_number_is_decided_as_a_mean_that_is_known(value: float, bound: float, side: Side) -> None:
    assert exact_one_sided([value], bound, side) == t_one_sided([value] * 3, bound, side)


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


def test_equal_values_that_are_rounded_are_not_taken_as_known() -> None:
    """Three seeds of the same error on few images: the smaller the step, the nearer to a known mean."""
    assert t_one_sided([1.2] * 3, 1.0, "greater") == 0.0
    few, many = (t_one_sided([1.2] * 3, 1.0, "greater", least_deviation=step / np.sqrt(6)) for step in (0.2, 0.01))
    assert few > 0.01 > many > 0
    assert estimate([1.2] * 3, 0.1).low == pytest.approx(1.2 - stats.t.ppf(0.975, 2) * 0.1 / np.sqrt(3))
