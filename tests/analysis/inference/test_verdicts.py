"""The outcome rules, on made-up numbers."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.inference.cells import group_title, headline, outcomes_in_words, repeats
from analysis.inference.effect_words import interval_in_words
from analysis.inference.effects import Evidence
from analysis.inference.sizes import margin
from analysis.inference.totals import groups_of
from analysis.inference.verdicts import Verdict, judge
from analysis.inference.wording import in_words
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import About, Above, Compare, Equal, GapGrows, Less, NotAbove, NoWorse

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


def verdict(claim: Claim, *effects: float, failed: tuple[str, ...] = ()) -> Verdict:
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
        (NO_WORSE, (-0.1, -0.2, 0.0), "supported"),
        (NO_WORSE, (5.0, 9.1, 4.9), "supported"),
        (NO_WORSE, (-5.0, -5.1, -4.9), "contradicted"),
        (NO_WORSE, (-0.5, -1.5, -3.0), "inconclusive"),
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
        worse = [-effect for effect in effects]
        assert verdict(NO_WORSE, *worse).outcome == ("supported" if high < 1 else "contradicted" if low > 1 else "inconclusive")
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
    claims = [LESS, *(replace(LESS, id=f"other{index}") for index in range(len(others)))]
    evidence = {
        claim.id: Evidence(effects=dict(enumerate(values))) for claim, values in zip(claims, [effects, *others], strict=True)
    }
    together, alone = judge(claims, evidence)[0].outcome, verdict(LESS, *effects).outcome
    assert together in (alone, "inconclusive")


def test_a_failed_trial_leaves_its_claims_untested() -> None:
    judged = verdict(LESS, 5.0, 5.1, 4.9, failed=("b with seed 3 (oom)",))
    assert judged.outcome == "untested"
    assert in_words(judged) == "Untested: not measured: b with seed 3 (oom)."


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
    assert margin(found.claim) == "10%" and repeats(found) == f"{len(ratios)} sessions"
    if outcome == "supported":
        assert "time of a training step of b / a is \N{MULTIPLICATION SIGN}1.5" in in_words(found)
        assert "4 sessions" in in_words(found) and "margin of 10%" in in_words(found)
        assert "point" not in in_words(found)


@pytest.mark.parametrize(
    ("ratio", "outcome"),
    [(1.04, "supported"), (0.96, "supported"), (1.05, "inconclusive"), (1.06, "contradicted"), (0.9, "contradicted")],
)
def test_a_count_is_exact_and_needs_no_seeds(ratio: float, outcome: str) -> None:
    found = verdict(COUNT, math.log(ratio))
    assert found.outcome == outcome
    assert (repeats(found), interval_in_words(found)) == ("exact", "")
    assert f"number of parameters of b / a is \N{MULTIPLICATION SIGN}{ratio:.3g}" in in_words(found)
    assert "seeds" not in in_words(found) and "p =" not in in_words(found) and found.p is None
    assert in_words(found).startswith(f"{outcome.capitalize()}. Exact: ")


def test_an_exact_count_costs_the_other_claims_of_its_suite_nothing() -> None:
    claims = [LESS, replace(COUNT, id="count")]
    evidence = {"less": Evidence(effects=dict(enumerate((3.0, 3.4, 3.9)))), "count": Evidence(effects={0: math.log(1.2)})}
    alone = judge([LESS], {"less": evidence["less"]})[0]
    assert judge(claims, evidence)[0].p == alone.p


IDENTITY = replace(EQUAL, id="identity", test=About(arm="a", target=1.0), metric="change_slope", margin=0.1, is_identity=True)


@given(
    st.lists(effects_lists, min_size=1, max_size=5),
    st.lists(st.one_of(st.just(0.0), st.floats(-2, 2)), min_size=3, max_size=6),
    st.integers(0, 5),
)
def test_an_identity_changes_no_other_claims_verdict(others: list[list[float]], values: list[float], place: int) -> None:
    claims = [replace(LESS, id=f"other{index}") for index in range(len(others))]
    evidence = {claim.id: Evidence(effects=dict(enumerate(found))) for claim, found in zip(claims, others, strict=True)}
    with_it = [*claims[:place], IDENTITY, *claims[place:]]
    judged = judge(with_it, evidence | {IDENTITY.id: Evidence(effects=dict(enumerate(values)))})
    assert [found for found in judged if found.claim.kind == "evidence"] == judge(claims, evidence)


def test_an_identity_holds_in_every_network_or_not_at_all() -> None:
    held, broken, zero = verdict(IDENTITY, 0.0, 0.01, -0.02), verdict(IDENTITY, 0.0, 0.01, 0.2), verdict(IDENTITY, 0.0, 0.0, 0.0)
    assert (held.outcome, broken.outcome, verdict(IDENTITY, 0.0, 0.1, 0.0).outcome) == (
        "supported",
        "contradicted",
        "inconclusive",
    )
    assert (held.p, held.effect.low, interval_in_words(held), repeats(held)) == (None, None, "", "3, exact")
    slope = "slope of the change against gamma near zero of a is"
    assert (
        in_words(held) == f"Supported. Exact: in all 3 networks the {slope} 0.98 to 1.01, within 0.1 of 1. True by construction."
    )
    assert in_words(broken) == f"Contradicted. Exact: in 1 of 3 networks the {slope} not within 0.1 of 1; it is 1 to 1.2."
    assert (headline(held), headline(zero)) == ("\N{MINUS SIGN}0.02 to +0.01", "exactly 0")
    with pytest.raises(ValueError, match="cannot be an identity: the number of parameters is not measured per seed"):
        replace(COUNT, is_identity=True)


def test_verdicts_are_counted_by_kind_and_evidence_by_its_sets_of_runs() -> None:
    claims = [LESS, TIME, replace(COUNT, id="count"), IDENTITY, replace(NO_WORSE, id="more")]
    claims[1] = replace(TIME, id="time")
    found = judge(claims, {claim.id: Evidence(effects={0: 0.0, 1: 0.0, 2: 0.0}) for claim in claims})
    groups = groups_of(found, [])
    assert [(group.kind, len(group.verdicts)) for group in groups] == [
        ("evidence", 2),
        ("time", 1),
        ("count", 1),
        ("identity", 1),
    ]
    assert [group.num_sets for group in groups] == [0, None, None, None]
    assert group_title(groups[0]) == "Evidence: 2 claims on 0 distinct sets of runs"
    assert outcomes_in_words(groups[0]) == "1 supported, 1 contradicted"


def test_effects_are_oriented_so_that_a_positive_one_favours_the_claim() -> None:
    """But where a claim has no side. A larger metric is worse for the arm in question: `a` is said to be less, no worse, not above."""
    tests = (Less(smaller="a", larger="b"), NoWorse(reference="b", other="a"), NotAbove(arm="a", target=8.0))
    assert [test.contrast["a"] for test in (*tests, Above(arm="a", target=8.0))] == [-1, -1, -1, 1]
    assert GapGrows(first=("a", "b"), second=("c", "d")).contrast == {"d": 1, "c": -1, "b": -1, "a": 1}
    not_above = replace(LESS, test=tests[2])
    assert not_above.target == -8.0 and margin(not_above) == "<1 worse"
    assert "8 \N{MINUS SIGN} test error of a is \N{MINUS SIGN}3.00 points" in in_words(verdict(not_above, -3.0, -3.1, -2.9))
    assert [verdict(not_above, *(sign * value for value in (3.0, 3.1, 2.9))).outcome for sign in (1, -1)] == [
        "supported",
        "contradicted",
    ]
    words = in_words(verdict(NO_WORSE, 0.1, 0.2, 0.0))
    assert "test error of a \N{MINUS SIGN} b is +0.10 points" in words
    assert "the whole interval above the margin of \N{MINUS SIGN}1 point" in words


def test_a_stated_value_holds_within_its_margin() -> None:
    about = replace(EQUAL, id="about", test=About(arm="a", target=8.0), metric="test_error_pct", margin=2.0)
    assert about.test.contrast == {"a": 1}
    found = verdict(about, 0.5, 0.7, 0.6)
    assert found.outcome == "supported"
    assert "test error of a \N{MINUS SIGN} 8 is +0.60 points" in in_words(found)
    assert verdict(about, 5.0, 5.1, 4.9).outcome == "contradicted"


kinds_of_claims = st.sampled_from(
    [LESS, EQUAL, NO_WORSE, replace(LESS, test=Compare(reference="a", other="b", says="equivalent"))]
)


@given(st.lists(st.tuples(kinds_of_claims, effects_lists), min_size=1, max_size=5), st.sampled_from([(), (3, 6)]))
def test_an_interval_clears_its_margin_exactly_where_the_claim_is_decided(
    found: list[tuple[Claim, list[float]]], looks: tuple[int, ...]
) -> None:
    claims = [replace(claim, id=str(number)) for number, (claim, _) in enumerate(found)]
    evidence = {claim.id: Evidence(effects=dict(enumerate(effects))) for claim, (_, effects) in zip(claims, found, strict=True)}
    for judged in judge(claims, evidence, looks):
        effect = judged.effect
        assert effect is not None and effect.low is not None and effect.high is not None
        distances = [abs(end - edge) for end in (effect.low, effect.high) for edge in judged.claim.edges]
        if min(distances) > 1e-6:  # else rounding decides
            is_clear = all(not effect.low <= edge <= effect.high for edge in judged.claim.edges)
            assert is_clear == (judged.outcome != "inconclusive")


def test_the_interval_has_the_confidence_of_the_claims_place() -> None:
    """Three claims: the first two are decided, the third is the first open one, and the fourth takes its confidence."""
    claims = [replace(LESS, id=str(number)) for number in range(4)]
    values = [(50.0, 50.1, 49.9), (5.0, 5.1, 4.9), (2.0, 1.0, 3.0), (1.0, 2.0, 0.5)]
    judged = judge(
        claims, {claim.id: Evidence(effects=dict(enumerate(found))) for claim, found in zip(claims, values, strict=True)}
    )
    assert [found.confidence for found in judged] == pytest.approx([1 - 0.05 / 4, 1 - 0.05 / 3, 0.975, 0.975])
    assert "(98.8% interval" in in_words(judged[0]) and "(97.5% interval" in in_words(judged[2])


@given(effects_lists, st.integers(0, 6))
def test_claims_that_were_not_run_count_in_their_family(effects: list[float], num_missing: int) -> None:
    """Leaving arms out makes nothing more significant."""
    claims = [LESS, *(replace(LESS, id=f"missing{number}") for number in range(num_missing))]
    evidence = {claim.id: Evidence(effects={}) for claim in claims} | {LESS.id: Evidence(effects=dict(enumerate(effects)))}
    (judged, *others), (alone,) = judge(claims, evidence), judge([LESS], evidence)
    assert judged.p == pytest.approx(min(1.0, (1 + num_missing) * alone.p)) and judged.family_size == 1 + num_missing
    assert {other.outcome for other in others} <= {"untested"}
