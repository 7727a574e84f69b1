"""What is said of made-up verdicts, word for word."""

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.inference.effects import Evidence
from analysis.inference.sizes import points
from analysis.inference.verdicts import judge
from analysis.inference.wording import in_words, noise_note
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Less

LESS = Claim(
    id="less", statement="A is less.", source="made up", metric="test_error_pct", test=Less(smaller="a", larger="b"), margin=1.0
)


def words_on(*effects: float) -> str:
    return in_words(judge([LESS], {LESS.id: Evidence(effects=dict(enumerate(effects)))})[0])


def test_a_verdict_says_effect_interval_margin_and_seeds() -> None:
    words = words_on(5.0, 5.1, 4.9)
    assert "test error of b \N{MINUS SIGN} a is +5.00 points (95% interval +4.75 to +5.25, 3 seeds)" in words
    assert "the whole interval beyond the margin of 1 point" in words


def test_from_six_seeds_on_the_exact_p_is_given() -> None:
    assert "p = 0.031 by a sign-flip test, uncorrected." in words_on(5.0, 5.1, 4.9, 5.2, 5.3, 5.4)
    assert "uncorrected" not in words_on(5.0, 5.1, 4.9, 5.2, 5.3)


def test_a_page_says_once_what_its_intervals_assume() -> None:
    verdicts = judge([LESS], {LESS.id: Evidence(effects={0: 5.0, 1: 5.1, 2: 4.9})})
    assert noise_note(verdicts) == (
        "Intervals and p values assume normal noise from run to run; without that assumption a sign-flip test cannot go below "
        "p = 0.25 with 3 runs."
    )
    assert noise_note(judge([LESS], {LESS.id: Evidence(effects={})})) == ""


def test_an_open_question_says_how_many_seeds_it_needs_and_how_well_that_is_known() -> None:
    words = words_on(1.5, 3.5, 2.5, 1.0)
    (judged,) = judge([LESS], {LESS.id: Evidence(effects=dict(enumerate((1.5, 3.5, 2.5, 1.0))))})
    at, low, high = judged.num_needed
    assert at is not None and low is not None and high is not None and low < at < high
    known = "since 4 seeds know the spread to \N{MINUS SIGN}43 to +273%"
    assert f"About {at} seeds would decide with 80% power ({low} to {high}, {known})." in words
    assert "The effect is about as large as the margin: no number of runs decides" in words_on(0.0, 1.0, 2.0)
    assert "Even 1,000 seeds would not decide with 80% power." in words_on(-40.0, 42.0, 1.0, 6.0)
    assert "would decide" not in words_on(5.0, 5.1, 4.9)


def test_more_images_are_better_advice_where_they_make_the_spread() -> None:
    found = Evidence(effects=dict(enumerate((1.5, 3.5, 2.5, 1.0))))
    words = [in_words(judge([LESS], {LESS.id: replace(found, image_deviation=share)})[0]) for share in (0.5, 1.0)]
    assert ["More test images would decide sooner" in text for text in words] == [False, True]


def test_the_seeds_needed_decide_with_the_power_that_is_named() -> None:
    """By the verdict itself, of eight claims that are all alike, were mean and spread the true ones."""
    claims = [replace(LESS, id=str(number)) for number in range(8)]
    unit = np.linspace(-1, 1, 5)
    effects = 3 + 3 * unit / np.std(unit, ddof=1)
    (needed, *_) = judge(claims, {claim.id: Evidence(effects=dict(enumerate(effects.tolist()))) for claim in claims})[
        0
    ].num_needed
    assert needed is not None
    random, decided = np.random.default_rng(0), 0
    for _ in range(600):
        drawn = random.normal(3, 3, needed).tolist()
        others = Evidence(effects={0: 0.9, 1: 1.0, 2: 1.1})
        evidence = {claim.id: others for claim in claims} | {claims[0].id: Evidence(effects=dict(enumerate(drawn)))}
        decided += judge(claims, evidence)[0].outcome == "supported"
    assert decided / 600 == pytest.approx(0.8, abs=0.05)


def test_a_time_within_the_difference_of_twins_is_open_and_says_so() -> None:
    claim = replace(LESS, metric="train_step_seconds", margin=0.1)

    def judged(ratio: float, difference: float) -> tuple[str, str]:
        effects = {number: math.log(ratio + 0.005 * number) for number in range(5)}
        (found,) = judge([claim], {claim.id: Evidence(effects=effects, twin_difference=difference)})
        return found.outcome, in_words(found)

    outcome, words = judged(1.2, 0.05)
    assert outcome == "supported" and "apart" not in words
    outcome, words = judged(1.2, 0.225)
    assert outcome == "inconclusive" and "But this machine timed one network up to 22.5% apart." in words
    outcome, words = judged(1.5, 0.225)
    assert outcome == "supported" and "lies beyond twins: this machine timed one network up to 22.5% apart." in words


def test_a_claim_about_times_says_how_many_sessions_are_missing() -> None:
    claim = replace(LESS, metric="train_step_seconds", margin=0.1)
    words = [in_words(judge([claim], {claim.id: Evidence(effects=dict.fromkeys(range(number), 0.5))})[0]) for number in (0, 2)]
    assert words == [
        "Untested: 0 of 3 timing sessions; 3 are missing: run the command again in an hour or more.",
        "Untested: 2 of 3 timing sessions; 1 is missing: run the command again in an hour or more.",
    ]


@pytest.mark.parametrize(
    ("value", "text"), [(1.234, "+1.23"), (-0.5, "\N{MINUS SIGN}0.50"), (65.36, "+65.4"), (-10.0, "\N{MINUS SIGN}10.0")]
)
def test_points_are_signed(value: float, text: str) -> None:
    assert points(value) == text
