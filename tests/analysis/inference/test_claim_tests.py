"""Claims about arms that fail now and then: in two parts, without a mean over both kinds of runs."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.inference.cells import headline, repeats, training
from analysis.inference.claim_tests import test_of as run_test
from analysis.inference.effects import Evidence
from analysis.inference.verdicts import judge
from analysis.inference.wording import in_words
from analysis.statistics.failures import Runs, fails_more_often
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import About, Equal, GapGrows, Less, NoWorse

LESS = Claim(
    id="less", statement="A is less.", source="made up", metric="test_error_pct", test=Less(smaller="a", larger="b"), margin=1.0
)
EQUAL = replace(LESS, id="equal", test=Equal(reference="a", other="b"))
NO_WORSE = replace(LESS, id="no-worse", test=NoWorse(reference="a", other="b"))
ABOUT = replace(LESS, id="about", test=About(arm="a", target=8.0))
GAP = replace(LESS, id="gap", test=GapGrows(first=("c", "d"), second=("a", "b")))


def evidence(effects: Sequence[float], **trained: Sequence[int]) -> Evidence:
    """Effects by seed, and for each arm a 1 for each seed that trains and a 0 for each that fails."""
    return Evidence(
        effects=dict(enumerate(effects)),
        trained={arm: {seed: bool(trains) for seed, trains in enumerate(runs)} for arm, runs in trained.items()},
    )


def two_sided(first: Runs, second: Runs) -> float:
    return 2 * fails_more_often(first, second)


FIVE = (60.0, 61.0, 62.0, 60.5, 61.5)


def test_where_every_arm_is_of_one_kind_the_means_are_tested() -> None:
    """Also among twelve claims, at five seeds: no run of one arm trains, every run of the other does, 60 points apart."""
    claims = [replace(LESS, id=str(number)) for number in range(12)]
    open_claims = {claim.id: evidence((0.5, 1.5, 3.0, 0.0, 1.0), a=[1] * 5, b=[1] * 5) for claim in claims[1:]}
    first, *others = judge(claims, {claims[0].id: evidence(FIVE, a=[1] * 5, b=[0] * 5)} | open_claims)
    assert first.outcome == "supported" and {other.outcome for other in others} == {"inconclusive"}
    assert first.failures_p is None and "5 of 5 runs of a, 0 of 5 runs of b train." in in_words(first).replace(
        "0 of 5 runs of b, 5 of 5 runs of a", "5 of 5 runs of a, 0 of 5 runs of b"
    )
    assert training(first) == "b: 0 of 5" and training(others[0]) == "all"


def test_claims_whose_arms_all_fail_in_most_runs_compare_nothing() -> None:
    for arms in ({"a": [0, 0, 0, 1, 0], "b": [0] * 5}, {"a": [0] * 5, "b": [0] * 5}):
        (judged,) = judge([LESS], {LESS.id: evidence(FIVE, **arms)})
        assert (judged.outcome, judged.doubt, judged.p) == ("inconclusive", "no comparison", 1.0)
        assert "no comparison: every arm fails in most of its runs" in in_words(judged)


@given(
    st.sampled_from([LESS, EQUAL, NO_WORSE]),
    st.lists(st.tuples(st.floats(-9, 9), st.booleans(), st.booleans()), min_size=3, max_size=9),
    st.floats(50, 90),
)
def test_the_values_of_runs_that_fail_change_nothing_where_an_arm_is_mixed(
    claim: Claim, seeds: list[tuple[float, bool, bool]], shift: float
) -> None:
    effects, first, second = zip(*seeds, strict=True)
    found = evidence(effects, a=first, b=second)
    if found.is_mixed:
        shifted = [effect if one and two else effect + shift for effect, one, two in seeds]
        assert run_test(claim, found) == run_test(claim, evidence(shifted, a=first, b=second))
        assert all(abs(effect) <= 9 for effect in found.comparable.values())


def test_failures_and_the_runs_that_train_are_two_parts_of_which_the_smaller_p_counts_twice() -> None:
    """Slow version: each part by itself."""
    effects, trains = (2.0, 2.2, 1.9, 2.4, 60.0, 62.0, 64.0, 61.0), [1, 1, 1, 1, 0, 0, 0, 0]
    found = run_test(LESS, evidence(effects, a=[1] * 8, b=trains))
    values = run_test(LESS, evidence(effects[:4], a=[1] * 4, b=[1] * 4)).test
    failures = two_sided(Runs(4, 8), Runs(8, 8))
    assert found.failures_p == pytest.approx(failures) == pytest.approx(0.0279, abs=1e-4)
    assert found.test.p_for == pytest.approx(2 * min(failures, values.p_for))
    assert found.test.p_against == pytest.approx(min(1.0, 2 * values.p_against))
    few = run_test(LESS, evidence(effects, a=[1] * 8, b=[1, 1, 0, 0, 0, 0, 0, 0]))
    assert few.test.p_for == pytest.approx(2 * two_sided(Runs(2, 8), Runs(8, 8)))  # two seeds are too few for a mean


def test_a_gap_grows_by_failures_that_only_the_second_pair_has() -> None:
    fails, trains = [0, 0, 0, 0, 0, 0, 1, 1], [1] * 8
    arms = dict.fromkeys("abcd", trains)
    two_of_eight_against_all = pytest.approx(two_sided(Runs(2, 8), Runs(8, 8)))
    grows = run_test(GAP, evidence([0.0] * 8, **{**arms, "b": fails}))
    assert grows.failures_p == two_of_eight_against_all and grows.test.p_for < 0.05
    shrinks = run_test(GAP, evidence([0.0] * 8, **{**arms, "a": fails}))
    assert shrinks.failures_p == two_of_eight_against_all and shrinks.test.p_against < 0.05
    for alike in ("bd", "ac", "d", "c"):  # in both pairs, or in the first alone, which the gap of the second does not show
        found = run_test(GAP, evidence([0.0] * 8, **{**arms, **dict.fromkeys(alike, fails)}))
        assert found.failures_p == 1.0 and found.test.p_for > 0.05, alike


def test_an_equality_holds_only_where_both_arms_fail_equally_often() -> None:
    same = (0.1, -0.1, 0.0, 0.05, 0.0, 0.02, 0.0, 0.0)
    one_fails = [0, 1, 1, 1, 1, 1, 1, 1]
    other_fails = [1, 1, 1, 1, 1, 1, 1, 0]
    for claim, held in ((EQUAL, (False, True, False)), (NO_WORSE, (False, True, True))):
        arms = ({"a": [1] * 8, "b": one_fails}, {"a": one_fails, "b": other_fails}, {"a": one_fails, "b": [1] * 8})
        assert tuple(run_test(claim, evidence(same, **runs)).test.p_for < 0.05 for runs in arms) == held
    worse = run_test(NO_WORSE, evidence(same, a=[1] * 8, b=[0, 0, 0, 0, 0, 0, 1, 1])).test
    assert worse.p_against == pytest.approx(2 * two_sided(Runs(2, 8), Runs(8, 8)))
    better = run_test(NO_WORSE, evidence(same, a=[0, 0, 0, 0, 0, 0, 1, 1], b=[1] * 8)).test
    assert (better.p_for, better.p_against) == (1.0, 1.0)  # fewer failures say nothing about the runs that train


def test_parts_that_point_in_opposite_directions_are_mixed() -> None:
    effects, trains = (-5.0, -5.1, -5.2, -4.9, 60.0, 62.0, 64.0, 61.0, 60.0, 60.0), [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    (judged,) = judge([LESS], {LESS.id: evidence(effects, a=[1] * 10, b=trains)})
    assert (judged.outcome, judged.doubt) == ("inconclusive", "mixed")
    assert "mixed: the failures speak for one side" in in_words(judged)


def test_a_claim_on_one_arm_is_judged_on_the_runs_that_train_and_says_so() -> None:
    (judged,) = judge([ABOUT], {ABOUT.id: evidence((0.1, 0.2, 0.0, 80.0), a=[1, 1, 1, 0])})
    assert (judged.outcome, judged.failures_p, repeats(judged)) == ("supported", None, "3 of 4")
    assert "3 of 4 runs of a train. In the 3 seeds in which it trains, test error" in in_words(judged)


def test_no_sentence_prints_a_mean_between_runs_that_train_and_runs_that_fail() -> None:
    """Three runs at 3% and five at 90%, against 2%."""
    (judged,) = judge([LESS], {LESS.id: evidence([1.0] * 3 + [88.0] * 5, a=[1] * 8, b=[1] * 3 + [0] * 5)})
    assert headline(judged) == "+1.00" and repeats(judged) == "3 of 8" and training(judged) == "b: 3 of 8"
    assert "+55" not in in_words(judged) and "3 of 8 runs of b" in in_words(judged)
    (none,) = judge([LESS], {LESS.id: evidence([88.0] * 8, a=[0] + [1] * 7, b=[0] * 8)})
    assert none.effect is None and headline(none) == "\N{EN DASH}" and none.outcome == "supported"
    assert "There is no seed in which all arms train." in in_words(none)
