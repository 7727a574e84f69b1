"""Margins that are fractions of the reference, and claims that find an arm better, worse or equivalent."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.inference.cells import headline
from analysis.inference.claim_tests import finding_of, mean_test
from analysis.inference.claim_tests import test_of as run_test
from analysis.inference.effects import Evidence
from analysis.inference.sizes import margin, size
from analysis.inference.verdict_json import verdicts_json
from analysis.inference.verdicts import Verdict, judge
from analysis.inference.wording import in_words
from analysis.statistics.failures import Runs, fails_more_often
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import About, Compare, Finding, GapGrows, Less, NoWorse

LESS = Claim(
    id="less",
    statement="A is less.",
    source="made up",
    metric="test_error_pct",
    test=Less(smaller="a", larger="b"),
    margin=0.1,
    is_relative=True,
)
NO_WORSE = replace(LESS, test=NoWorse(reference="a", other="b"))
COMPARE = replace(LESS, margin=1.0, is_relative=False, test=Compare(reference="a", other="b", says="equivalent"))
errors = st.floats(1, 40).map(lambda value: round(value, 2))
pairs = st.lists(st.tuples(errors, errors), min_size=3, max_size=8)
effects = st.lists(st.floats(-4, 4).map(lambda value: round(value, 2)), min_size=3, max_size=8)


def relative(values: Sequence[tuple[float, float]], image_pct: float = 0.0) -> Evidence:
    """Evidence from a pair per seed: the base, and its effect."""
    return Evidence(
        effects={seed: effect for seed, (_, effect) in enumerate(values)},
        bases={seed: base for seed, (base, _) in enumerate(values)},
        image_pct=image_pct,
    )


def judged(claim: Claim, evidence: Evidence) -> Verdict:
    return judge([claim], {claim.id: evidence})[0]


@given(pairs, st.sampled_from([0.02, 0.1, 0.5]))
def test_a_relative_margin_is_tested_without_logarithms(values: list[tuple[float, float]], fraction: float) -> None:
    larger, smaller = map(np.array, zip(*values, strict=True))
    less = mean_test(replace(LESS, margin=fraction), relative(list(zip(larger, larger - smaller, strict=True))))
    tested = (1 - fraction) * larger - smaller
    if np.std(tested) > 1e-6 and abs(tested.mean()) > 1e-6:
        expected = stats.ttest_1samp(tested, 0, alternative="greater").pvalue
        assert less.p_for == pytest.approx(min(1, 2 * expected), abs=1e-9)
        assert less.p_against == pytest.approx(min(1, 2 - 2 * expected), abs=1e-9)
    reference, other = larger, smaller
    no_worse = mean_test(replace(NO_WORSE, margin=fraction), relative(list(zip(reference, reference - other, strict=True))))
    tested = (1 + fraction) * reference - other
    if np.std(tested) > 1e-6 and abs(tested.mean()) > 1e-6:
        assert no_worse.p_for == pytest.approx(min(1, 2 * stats.ttest_1samp(tested, 0, alternative="greater").pvalue), abs=1e-9)


@given(pairs, st.floats(-0.9, 0.9), st.sampled_from([0.0, 0.3]))
def test_the_interval_holds_the_fractions_that_the_test_does_not_reject(
    values: list[tuple[float, float]], fraction: float, least: float
) -> None:
    bases, differences = zip(*((base, base - other) for base, other in values), strict=True)
    evidence = replace(relative(list(zip(bases, differences, strict=True))), least_deviation=least)
    found = evidence.estimate()
    assert found.low is not None and found.high is not None and found.low <= found.value <= found.high
    if np.isfinite(found.low) and min(abs(found.low - fraction), abs(found.high - fraction)) > 1e-6:
        shifted = np.array(differences) - fraction * np.array(bases)
        error = max(np.std(shifted, ddof=1), least) / len(values) ** 0.5
        is_rejected = abs(shifted.mean()) > stats.t.ppf(0.975, len(values) - 1) * error
        assert is_rejected == (not found.low <= fraction <= found.high)


def test_a_relative_effect_is_printed_in_per_cent() -> None:
    found = judged(LESS, relative([(10.0, 4.0), (11.0, 4.5), (9.0, 3.5), (10.0, 4.1)]))
    assert found.outcome == "supported"
    assert (margin(LESS), headline(found)) == ("10%", "+40.2%")
    assert "test error of b \N{MINUS SIGN} a is +40.2% (95% interval +3" in in_words(found)
    assert "margin of 10%" in in_words(found) and "point" not in in_words(found)
    assert verdicts_json([found])[0]["unit"] == "share"
    assert size(LESS, float("inf")) == "unbounded"


def test_a_margin_that_is_worth_less_than_an_image_is_too_easy_here() -> None:
    """Of errors around 1.5% a tenth is 0.15 points; an image in 500 is 0.2."""
    open_claim = [(1.6, 0.2), (1.4, 0.0), (1.5, 0.4), (1.6, -0.2)]
    found, clear = judged(LESS, relative(open_claim, 0.2)), judged(LESS, relative(open_claim, 0.1))
    assert found.is_too_easy and "Too easy here: errors are so low that the margin is worth 0.8 test images" in in_words(found)
    assert not clear.is_too_easy and "oo easy" not in in_words(clear)
    assert not judged(LESS, relative([(1.6, 1.2), (1.4, 1.0), (1.5, 1.1)], 0.2)).is_too_easy  # a decided claim is not open
    zero = judged(LESS, relative([(0.0, 0.0)] * 3, 0.2))
    assert (zero.outcome, zero.is_too_easy) == ("inconclusive", True) and "worth 0 test images" in in_words(zero)


@given(effects)
def test_three_ways_are_decided_by_the_interval(values: list[float]) -> None:
    evidence = Evidence(effects=dict(enumerate(values)))
    low, high = evidence.estimate().low, evidence.estimate().high
    assert low is not None and high is not None
    if min(abs(bound - place) for bound in (low, high) for place in (-1, 1)) < 1e-6:
        return  # rounding decides
    found: Finding | None = "better" if high < -1 else "worse" if low > 1 else "equivalent" if low > -1 and high < 1 else None
    assert found is None or finding_of(COMPARE, evidence) == found
    for says in ("better", "worse", "equivalent"):
        outcome = judged(replace(COMPARE, test=replace(COMPARE.test, says=says)), evidence).outcome
        assert outcome == ("inconclusive" if found is None else "supported" if found == says else "contradicted")


SWAPPED: dict[Finding, Finding] = {"better": "worse", "worse": "better", "equivalent": "equivalent"}
runs = st.lists(st.tuples(st.floats(-4, 4), st.booleans(), st.booleans()), min_size=3, max_size=8)


@given(runs, st.sampled_from(["better", "worse", "equivalent"]))
def test_swapping_the_arms_swaps_better_and_worse_and_nothing_else(seeds: list[tuple[float, bool, bool]], says: Finding) -> None:
    values, first, second = zip(*seeds, strict=True)
    trained = {"a": dict(enumerate(first)), "b": dict(enumerate(second))}
    one = replace(COMPARE, test=Compare(reference="a", other="b", says=says))
    other = replace(COMPARE, test=Compare(reference="b", other="a", says=SWAPPED[says]))
    there = Evidence(effects=dict(enumerate(values)), trained=trained)
    back = Evidence(effects={seed: -value for seed, value in enumerate(values)}, trained=trained)
    ours, theirs = run_test(one, there), run_test(other, back)
    assert (ours.doubt, ours.failures_p) == (theirs.doubt, theirs.failures_p)
    assert (ours.test.p_for, ours.test.p_against) == pytest.approx((theirs.test.p_for, theirs.test.p_against))


def test_an_arm_that_fails_more_often_is_worse_and_never_equivalent() -> None:
    trained = {"a": dict.fromkeys(range(8), True), "b": {seed: seed > 5 for seed in range(8)}}
    evidence = Evidence(effects=dict.fromkeys(range(8), 0.0), trained=trained)
    p = 2 * fails_more_often(Runs(2, 8), Runs(8, 8))
    for says, outcome in (("worse", "supported"), ("better", "contradicted"), ("equivalent", "contradicted")):
        claim = replace(COMPARE, test=replace(COMPARE.test, says=says))
        assert judged(claim, evidence).outcome == outcome and judged(claim, evidence).p == pytest.approx(2 * p)


def test_a_three_way_claim_takes_one_place_in_holms_order_and_names_its_finding() -> None:
    better = Evidence(effects={0: -5.0, 1: -5.1, 2: -4.9})
    found = judged(COMPARE, better)
    assert found.p == mean_test(COMPARE, better).p and (found.outcome, margin(COMPARE)) == (
        "contradicted",
        "\N{PLUS-MINUS SIGN}1",
    )
    assert "b is better than a, the whole interval below the margin of \N{PLUS-MINUS SIGN}1 point" in in_words(found)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"is_relative": True}, "cannot have the relative margin 1.0"),
        ({"is_relative": True, "margin": 0.1, "test": About(arm="a", target=8.0)}, "cannot have the relative margin 0.1"),
        (
            {"is_relative": True, "margin": 0.1, "test": GapGrows(first=("a", "b"), second=("c", "d"))},
            "cannot have the relative margin",
        ),
        (
            {"is_relative": True, "margin": 0.1, "metric": "train_step_seconds"},
            "must be below 1 and compare two arms by difference",
        ),
        ({"metric": "params", "margin": 0.1}, "is exact and cannot have a three-way test"),
    ],
)
def test_margins_and_tests_that_mean_nothing_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(COMPARE, **changes)
