"""What is said of made-up verdicts, word for word."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from analysis.inference.effects import Evidence
from analysis.inference.sizes import points
from analysis.inference.verdicts import Verdict, judge
from analysis.inference.wording import in_words
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Less

LESS = Claim(
    id="less", statement="A is less.", source="made up", metric="test_error_pct", test=Less(smaller="a", larger="b"), margin=1.0
)


def words_on(*effects: float) -> str:
    return in_words(judge([LESS], {LESS.id: Evidence(effects=dict(enumerate(effects)))})[0])


def test_a_verdict_says_effect_interval_margin_seeds_and_the_smallest_p() -> None:
    words = words_on(5.0, 5.1, 4.9)
    assert "test error of b \N{MINUS SIGN} a is +5.00 points (95% interval +4.75 to +5.25, 3 seeds)" in words
    assert "the whole interval beyond the margin of 1 point" in words
    assert "a sign-flip test with 3 seeds cannot go below p = 0.25" in words


def test_from_six_seeds_on_the_exact_p_is_given() -> None:
    assert "p = 0.031 by a sign-flip test, uncorrected;" in words_on(5.0, 5.1, 4.9, 5.2, 5.3, 5.4)
    assert "uncorrected" not in words_on(5.0, 5.1, 4.9, 5.2, 5.3)


def test_an_open_question_says_how_many_seeds_it_needs() -> None:
    assert "At the current mean and spread, about 7 seeds would decide." in words_on(1.5, 3.5, 2.5, 1.0)
    assert "even 1,000 seeds would not decide" in words_on(0.0, 1.0, 2.0)


def test_what_is_needed_and_what_is_found_hold_for_the_suites_claims_together() -> None:
    """As many seeds as it says do decide, were mean and spread the same; one fewer would not, were all claims alike."""
    claims = [replace(LESS, id=str(number)) for number in range(8)]

    def judged(n: int) -> Verdict:
        unit = np.linspace(-1, 1, n)
        effects = 3 + 3 * unit / np.std(unit, ddof=1)
        return judge(claims, {claim.id: Evidence(effects=dict(enumerate(effects.tolist()))) for claim in claims})[0]

    match = re.search(r"about (\d+) seeds would decide", in_words(judged(5)))
    assert match and in_words(judged(5)).count("by itself") == 0
    needed = int(match[1])
    assert (judged(needed).outcome, judged(needed - 1).outcome) == ("supported", "inconclusive")
    assert "Its interval would decide by itself, but not after Holm's correction" in in_words(judged(needed - 1))


def test_a_time_within_what_cannot_be_told_apart_says_so() -> None:
    claim = replace(LESS, metric="train_step_seconds", margin=0.1)
    effects = {number: math.log(1.2 + 0.01 * number) for number in range(5)}
    both = [judge([claim], {claim.id: Evidence(effects=effects, resolution=share)})[0] for share in (0.05, 0.225)]
    fine, coarse = map(in_words, both)
    assert "cannot resolve" not in fine
    assert "But this timing session cannot resolve differences below 22.5%, which exceeds the margin." in coarse


@pytest.mark.parametrize(
    ("value", "text"), [(1.234, "+1.23"), (-0.5, "\N{MINUS SIGN}0.50"), (65.36, "+65.4"), (-10.0, "\N{MINUS SIGN}10.0")]
)
def test_points_are_signed(value: float, text: str) -> None:
    assert points(value) == text
