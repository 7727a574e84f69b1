"""A claim that states a factor: one network takes so many times as long, or costs so many times as much, as another."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.inference.effects import Evidence, evidence_without_seeds
from analysis.inference.sizes import PLUS_MINUS, TIMES
from analysis.inference.verdicts import Verdict, judge
from analysis.inference.wording import in_words
from analysis.tables.sessions import Sessions
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import AboutTimes
from benchmarks.spec.cost import Cost

COUNT = Claim(
    id="count",
    statement="B takes 2.6 times as many multiply-adds.",
    source="made up",
    metric="macs",
    test=AboutTimes(larger="b", smaller="a", times=2.6),
    margin=0.23,
)
TIME = Claim(id="time", statement="And time.", source="made up", metric="train_step_seconds", test=COUNT.test, margin=0.23)


def counted(smaller: int, larger: int) -> Verdict:
    costs = {arm: Cost(params=1, macs=macs, activations=1) for arm, macs in (("a", smaller), ("b", larger))}
    return judge([COUNT], {COUNT.id: evidence_without_seeds(COUNT, {}, costs, Sessions())})[0]


@given(st.integers(1, 10**6), st.floats(0.2, 20))
def test_a_count_is_within_the_margin_of_the_factor_or_not(smaller: int, factor: float) -> None:
    larger = max(1, round(smaller * factor))
    ratio = larger / smaller / 2.6
    expected = "supported" if 1 / 1.23 < ratio < 1.23 else "contradicted"
    if min(abs(ratio - 1.23), abs(ratio - 1 / 1.23)) > 1e-9:
        assert counted(smaller, larger).outcome == expected


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [
        ((2.5, 2.6, 2.7), "supported"),
        ((7.0, 7.7, 8.7), "contradicted"),
        ((0.38, 0.385, 0.39), "contradicted"),  # the other way round
        ((2.0, 2.6, 3.4), "inconclusive"),
    ],
)
def test_times_are_tested_over_sessions(ratios: Sequence[float], expected: str) -> None:
    evidence = Evidence(effects={number: math.log(ratio) - TIME.target for number, ratio in enumerate(ratios)})
    assert judge([TIME], {TIME.id: evidence})[0].outcome == expected


def test_it_is_said_as_a_factor_of_the_stated_one() -> None:
    words = in_words(counted(100, 780)).replace(TIMES, "x").replace(PLUS_MINUS, "+-")
    stated = "number of multiply-adds of b / a, relative to the stated x2.6, is x3 (780 / 100), outside the margin of +-23%"
    assert words.startswith(f"Contradicted. Exact: {stated}")


@pytest.mark.parametrize("times", [0.0, -1.0, math.nan, math.inf])
def test_a_factor_is_a_number_above_0(times: float) -> None:
    with pytest.raises(ValueError, match=r"times must be a number above 0, such as 2\.6, got"):
        AboutTimes(larger="b", smaller="a", times=times)


def test_a_factor_needs_a_metric_that_is_compared_by_ratio_and_two_arms() -> None:
    words = r"claim 'x' states a factor \(2\), but the test error is compared by difference: use About"
    test = AboutTimes(larger="b", smaller="a", times=2)
    with pytest.raises(ValueError, match=words):
        Claim(id="x", statement="", source="", metric="test_error_pct", test=test, margin=0.1)
    with pytest.raises(ValueError, match="compares an arm with itself"):
        Claim(id="x", statement="", source="", metric="macs", test=AboutTimes(larger="a", smaller="a", times=2), margin=0.1)
