"""The outcome rules, on made-up numbers."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.inference.effects import Evidence
from analysis.inference.verdicts import Verdict, judge, points
from benchmarks.spec.claims import About, Claim, Equal, Less, NoWorse

LESS = Claim(
    id="less", statement="A is less.", source="made up", metric="test_error_pct", test=Less(smaller="a", larger="b"), margin=1.0
)
EQUAL = Claim(
    id="equal",
    statement="A is equal.",
    source="made up",
    metric="train_error_pct",
    test=Equal(reference="a", other="b"),
    margin=1.0,
)

NO_WORSE = Claim(
    id="no-worse",
    statement="B is no worse.",
    source="made up",
    metric="test_error_pct",
    test=NoWorse(reference="a", other="b"),
    margin=1.0,
)


def verdict(claim: Claim, *effects: float, failed: tuple[str, ...] = ()):
    (judged,) = judge([claim], {claim.id: Evidence(effects=dict(enumerate(effects)), failed=failed)})
    return judged


@pytest.mark.parametrize(
    ("claim", "effects", "outcome"),
    [
        (LESS, (5.0, 5.1, 4.9), "supported"),
        (LESS, (0.1, 0.2, 0.0), "contradicted"),
        (LESS, (-5.0, -5.1, -4.9), "contradicted"),
        (LESS, (0.5, 1.5, 3.0), "inconclusive"),
        (EQUAL, (0.1, -0.1, 0.0), "supported"),
        (EQUAL, (5.0, 5.1, 4.9), "contradicted"),
        (EQUAL, (-5.0, -5.1, -4.9), "contradicted"),
        (EQUAL, (0.5, 1.5, 3.0), "inconclusive"),
        (EQUAL, (0.0, 0.0, 0.0), "supported"),
        (NO_WORSE, (0.1, 0.2, 0.0), "supported"),
        (NO_WORSE, (-5.0, -9.1, -4.9), "supported"),
        (NO_WORSE, (5.0, 5.1, 4.9), "contradicted"),
        (NO_WORSE, (0.5, 1.5, 3.0), "inconclusive"),
        (LESS, (5.0, 5.1), "untested"),
        (LESS, (), "untested"),
    ],
)
def test_the_whole_interval_is_held_against_the_margin(claim: Claim, effects: tuple[float, ...], outcome: str) -> None:
    assert verdict(claim, *effects).outcome == outcome


effects_lists = st.lists(st.floats(-20, 20).map(lambda value: round(value, 2)), min_size=3, max_size=9)


@given(effects_lists)
def test_alone_a_claim_is_decided_by_its_interval(effects: list[float]) -> None:
    judged = verdict(LESS, *effects)
    low, high = judged.effect.low, judged.effect.high
    if min(abs(low - 1), abs(high - 1)) > 1e-6:
        assert judged.outcome == ("supported" if low > 1 else "contradicted" if high < 1 else "inconclusive")
        assert verdict(NO_WORSE, *effects).outcome == ("supported" if high < 1 else "contradicted" if low > 1 else "inconclusive")
    judged = verdict(EQUAL, *effects)
    if min(abs(bound - margin) for bound in (low, high) for margin in (-1, 1)) > 1e-6:
        is_within, is_outside = low > -1 and high < 1, low > 1 or high < -1
        assert judged.outcome == ("supported" if is_within else "contradicted" if is_outside else "inconclusive")


@given(effects_lists)
def test_an_equality_is_the_same_read_either_way(effects: list[float]) -> None:
    assert verdict(EQUAL, *effects).outcome == verdict(EQUAL, *(-effect for effect in effects)).outcome


@given(effects_lists, st.floats(0, 30))
def test_a_larger_effect_never_turns_support_away(effects: list[float], shift: float) -> None:
    if verdict(LESS, *effects).outcome == "supported":
        assert verdict(LESS, *(effect + round(shift, 2) for effect in effects)).outcome == "supported"


@given(effects_lists, st.lists(effects_lists, max_size=4))
def test_more_claims_never_make_a_verdict_bolder(effects: list[float], others: list[list[float]]) -> None:
    claims = [LESS] + [Claim(**(fields_of(LESS) | {"id": f"other{index}"})) for index in range(len(others))]
    evidence = {
        claim.id: Evidence(effects=dict(enumerate(values))) for claim, values in zip(claims, [effects, *others], strict=True)
    }
    together, alone = judge(claims, evidence)[0].outcome, verdict(LESS, *effects).outcome
    assert together in (alone, "inconclusive")


def fields_of(claim: Claim) -> dict[str, object]:
    return {name: getattr(claim, name) for name in ("id", "statement", "source", "metric", "test", "margin")}


def test_a_failed_trial_leaves_its_claims_untested() -> None:
    judged = verdict(LESS, 5.0, 5.1, 4.9, failed=("b with seed 3 (oom)",))
    assert judged.outcome == "untested"
    assert judged.words == "Untested: not measured: b with seed 3 (oom)."


def test_a_verdict_says_effect_interval_margin_seeds_and_the_smallest_p() -> None:
    words = verdict(LESS, 5.0, 5.1, 4.9).words
    assert "test error of b \N{MINUS SIGN} a is +5.00 points (95% interval +4.75 to +5.25, 3 seeds)" in words
    assert "all of it beyond the margin of 1 point" in words
    assert "the smallest p that 3 seeds can reach by flipping signs is 0.25" in words


def test_from_six_seeds_on_the_exact_p_is_given() -> None:
    assert "by flipping signs, uncorrected, p = 0.031;" in verdict(LESS, 5.0, 5.1, 4.9, 5.2, 5.3, 5.4).words
    assert "uncorrected" not in verdict(LESS, 5.0, 5.1, 4.9, 5.2, 5.3).words


def test_an_open_question_says_how_many_seeds_it_needs() -> None:
    assert "About 7 seeds would decide" in verdict(LESS, 1.5, 3.5, 2.5, 1.0).words
    assert "1,000 seeds would not part them" in verdict(LESS, 0.0, 1.0, 2.0).words


def test_what_is_needed_and_what_is_found_hold_for_the_suites_claims_together() -> None:
    """As many seeds as it says do decide, were mean and spread the same; one fewer would not, were all claims alike."""
    claims = [replace(LESS, id=str(number)) for number in range(8)]

    def judged(n: int) -> Verdict:
        unit = np.linspace(-1, 1, n)
        effects = 3 + 3 * unit / np.std(unit, ddof=1)
        return judge(claims, {claim.id: Evidence(effects=dict(enumerate(effects.tolist()))) for claim in claims})[0]

    match = re.search(r"About (\d+) seeds would decide", judged(5).words)
    assert match and judged(5).words.count("alone would decide") == 0
    needed = int(match[1])
    assert (judged(needed).outcome, judged(needed - 1).outcome) == ("supported", "inconclusive")
    assert "alone would decide, but not once" in judged(needed - 1).words


def test_a_time_within_what_cannot_be_told_apart_says_so() -> None:
    claim = replace(LESS, metric="train_step_seconds", margin=0.1)
    effects = {number: math.log(1.2 + 0.01 * number) for number in range(5)}
    fine, coarse = (judge([claim], {claim.id: Evidence(effects=effects, resolution=share)})[0].words for share in (0.05, 0.225))
    assert "told apart" not in fine
    assert "But in this sitting less than 22.5% cannot be told apart, which is more than the margin." in coarse


@pytest.mark.parametrize(
    ("value", "text"), [(1.234, "+1.23"), (-0.5, "\N{MINUS SIGN}0.50"), (65.36, "+65.4"), (-10.0, "\N{MINUS SIGN}10.0")]
)
def test_points_are_signed(value: float, text: str) -> None:
    assert points(value) == text


TIME = replace(LESS, metric="train_step_seconds", margin=0.1)
COUNT = replace(EQUAL, metric="params", margin=0.05)


@pytest.mark.parametrize(
    ("ratios", "outcome"),
    [
        ((1.5, 1.52, 1.49, 1.51), "supported"),
        ((1.02, 1.03, 1.01, 1.02), "contradicted"),  # slower, but by less than a tenth
        ((0.5, 0.6, 0.55, 0.5), "contradicted"),
        ((1.0, 1.4, 1.1, 1.2), "inconclusive"),
        ((1.5, 1.5), "untested"),
    ],
)
def test_times_are_compared_by_ratio_against_a_share(ratios: tuple[float, ...], outcome: str) -> None:
    found = verdict(TIME, *(math.log(ratio) for ratio in ratios))
    assert found.outcome == outcome
    assert found.margin == "10%" and found.repeats == f"{len(ratios)} rounds"
    if outcome == "supported":
        assert "time of a training step of b / a is \N{MULTIPLICATION SIGN}1.5" in found.words
        assert "4 rounds" in found.words and "margin of 10%" in found.words
        assert "point" not in found.words


@pytest.mark.parametrize(
    ("ratio", "outcome"), [(1.04, "supported"), (0.96, "supported"), (1.06, "contradicted"), (0.9, "contradicted")]
)
def test_a_count_is_exact_and_needs_no_seeds(ratio: float, outcome: str) -> None:
    found = verdict(COUNT, math.log(ratio))
    assert found.outcome == outcome
    assert (found.repeats, found.interval) == ("exact", None)
    assert f"number of parameters of b / a is \N{MULTIPLICATION SIGN}{ratio:.3g}" in found.words
    assert "seeds" not in found.words and "p =" not in found.words


def test_an_exact_count_costs_the_other_claims_of_its_suite_nothing() -> None:
    claims = [LESS, replace(COUNT, id="count")]
    evidence = {"less": Evidence(effects=dict(enumerate((3.0, 3.4, 3.9)))), "count": Evidence(effects={0: math.log(1.2)})}
    alone = judge([LESS], {"less": evidence["less"]})[0]
    assert judge(claims, evidence)[0].p == alone.p


def test_a_stated_value_holds_within_its_margin() -> None:
    about = replace(EQUAL, id="about", test=About(arm="a", target=8.0), metric="test_error_pct", margin=2.0)
    assert about.test.contrast == {"a": 1}
    found = verdict(about, 0.5, 0.7, 0.6)
    assert found.outcome == "supported"
    assert "test error of a \N{MINUS SIGN} 8 is +0.60 points" in found.words
    assert verdict(about, 5.0, 5.1, 4.9).outcome == "contradicted"
