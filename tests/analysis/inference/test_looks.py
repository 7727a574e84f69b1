"""Declared looks: each spends its share of the error rate, so that looking again is not wrong more often."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analysis.inference.effects import Evidence, evidence_of
from analysis.inference.looks import FUTILE, chance_at_last_look, is_futile, looks_at, over_looks
from analysis.inference.verdicts import judge
from analysis.inference.wording import in_words
from analysis.pages.reports import Reports
from analysis.statistics.families import holm, holm_levels, spending_shares
from analysis.statistics.power import decision_chance
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Equal, Less
from benchmarks.spec.suite import Suite, arms
from benchmarks.store.out import Out

REFERENCE = Path(__file__).parents[3] / "results" / "reference"
LOOKS = (5, 10, 20)
LESS = Claim(
    id="less", statement="A is less.", source="made up", metric="test_error_pct", test=Less(smaller="a", larger="b"), margin=1.0
)
many = st.lists(st.floats(-5, 5).map(lambda value: round(value, 2)), min_size=3, max_size=22)


def evidence(values: list[float]) -> Evidence:
    return Evidence(effects=dict(enumerate(values)))


def test_the_looks_spend_the_error_rate_as_declared() -> None:
    shares = spending_shares(LOOKS)
    assert [round(share, 3) for share in shares] == [0.357, 0.263, 0.380]
    assert [round(0.05 * share, 4) for share in shares] == [0.0179, 0.0131, 0.0190]


@given(st.lists(st.integers(3, 60), min_size=1, max_size=6, unique=True))
def test_the_shares_of_all_looks_add_up_to_one(looks: list[int]) -> None:
    shares = spending_shares(sorted(looks))
    assert sum(shares) == pytest.approx(1) and min(shares) > 0
    assert spending_shares([looks[0]]) == (pytest.approx(1),)


@given(many, st.integers(3, 22))
def test_one_look_returns_the_p_of_its_seeds(values: list[float], look: int) -> None:
    (verdict,) = judge([LESS], {LESS.id: evidence(values)}, (look,))
    alone = over_looks(looks_at(LESS, evidence(values[:look]), ()))
    assert verdict.p == (alone.p if len(values) >= look else None)
    if len(values) == look:
        assert replace(verdict, declared_looks=()) == judge([LESS], {LESS.id: evidence(values)})[0]


def test_a_look_counts_from_the_first_seed_of_the_study() -> None:
    own = Evidence(effects={seed: 5.0 + seed / 10 for seed in range(7, 12)}, first_seed=7)
    assert judge([LESS], {LESS.id: own}, (5,))[0].outcome == "supported"
    assert judge([LESS], {LESS.id: replace(own, first_seed=0)}, (5,))[0].outcome == "untested"


@given(many)
def test_a_later_look_never_raises_a_p(values: list[float]) -> None:
    p_values = [over_looks(found).p for number in (5, 10, 20) if (found := looks_at(LESS, evidence(values[:number]), LOOKS))]
    assert p_values == sorted(p_values, reverse=True)
    if len(values) >= 5:
        (first, *_) = looks_at(LESS, evidence(values), LOOKS)
        alone = over_looks(looks_at(LESS, evidence(values[:5]), ()))
        assert first.test.p == pytest.approx(min(1.0, alone.p / spending_shares(LOOKS)[0]))


def test_no_claim_is_judged_at_a_look_at_which_an_arm_is_short() -> None:
    values = evidence([5.0, 5.1, 4.9, 5.2])
    (short,) = judge([LESS], {LESS.id: values}, LOOKS)
    assert short.outcome == "untested" and short.look is None
    assert in_words(short) == "Untested: 4 complete seeds; a verdict needs 5, the number of the first look."
    gap = Evidence(effects={seed: 5.0 + seed / 10 for seed in (0, 1, 2, 4, 5, 6)})  # seed 5 does not stand in for seed 3
    assert judge([LESS], {LESS.id: gap}, LOOKS)[0].outcome == "untested"
    between = evidence([5.0, 5.1, 4.9, 5.2, 5.0, 90.0, -90.0])
    (found,) = judge([LESS], {LESS.id: between}, LOOKS)
    assert (found.outcome, found.num_repeats) == ("supported", 5) and "5 seeds, look 1 of 3)" in in_words(found)


def test_a_claim_is_shown_at_the_look_that_decided_it_and_an_open_one_at_the_last() -> None:
    decided = [5.0, 5.1, 4.9, 5.2, 5.0, *[5.0, -5.0] * 3]
    open_claim = [5.0, -5.0] * 6
    claims = [LESS, replace(LESS, id="open")]
    first, second = judge(claims, {"less": evidence(decided), "open": evidence(open_claim)}, LOOKS)
    assert (first.outcome, first.num_repeats, second.outcome, second.num_repeats) == ("supported", 5, "inconclusive", 10)


@given(st.lists(st.floats(0, 1), max_size=8))
def test_the_levels_are_those_at_which_holm_rejects(p_values: list[float]) -> None:
    levels = holm_levels(p_values, 0.05)
    for p, adjusted, level in zip(p_values, holm(p_values), levels, strict=True):
        if abs(adjusted - 0.05) > 1e-9:
            assert (adjusted < 0.05) == (p < level)
        assert 0.05 / len(p_values) <= level <= 0.05


NOISE: dict[str, Callable[[np.random.Generator, int], NDArray[np.float64]]] = {
    "normal": lambda random, n: random.normal(0, 1, n),
    "skewed": lambda random, n: random.lognormal(0, 1, n) - math.exp(0.5),
}


@pytest.mark.parametrize("noise", NOISE)
def test_looks_are_hardly_wrong_more_often_than_one_look(noise: str) -> None:
    """A claim at its margin, so that every decision is wrong.

    Under normal noise the looks are wrong in no more cases than one look. Skewed noise makes a t test worse at smaller levels, so it costs
    them up to a third more than one look at the first five seeds; looks that spend 5% each are worse still.
    """
    random, num_runs = np.random.default_rng(1), 1500
    wrong = dict.fromkeys(("looks", "unspent", *LOOKS), 0)
    for _ in range(num_runs):
        values = evidence((1 + NOISE[noise](random, 20)).tolist())
        found = looks_at(LESS, values, LOOKS)
        decided = [look.found.test.p < 0.05 for look in found]
        wrong["looks"] += over_looks(found).p < 0.05
        wrong["unspent"] += any(decided)
        for number, is_wrong in zip(LOOKS, decided, strict=True):
            wrong[number] += is_wrong
    error = 2 * (0.05 * 0.95 / num_runs) ** 0.5
    rates = {name: number / num_runs for name, number in wrong.items()}
    if noise == "normal":
        assert rates["looks"] <= min(0.05, *(rates[number] for number in LOOKS)) + error
    assert rates["looks"] <= 4 / 3 * max(rates[number] for number in LOOKS) + error < rates["unspent"] + 2 * error


def test_the_collapses_of_the_depth_suite_are_decided_at_the_first_look_by_the_records() -> None:
    studies = Reports(Out(REFERENCE).read()).studies("depth")
    (study,) = [study for study in studies if study.label == "digits-splits-quick"]
    claims = study.suite.claims
    found = judge(claims, {claim.id: evidence_of(claim, study) for claim in claims}, LOOKS)
    decided = {
        verdict.claim.id for verdict in found if verdict.outcome == "supported" and verdict.look and verdict.look.number == 1
    }
    assert decided == {"plain-degrades", "gap-grows-with-depth", "residual-tests-better"}


@pytest.mark.parametrize("bounds", [(1.0,), (-1.0, 1.0)])
@pytest.mark.parametrize(
    ("mean", "deviation", "seen"), [(0.0, 1.0, 5), (1.5, 1.2, 5), (0.4, 0.5, 10), (3.0, 4.0, 10), (1.0, 2.0, 5)]
)
def test_the_chance_of_the_last_look_is_that_of_drawing_the_further_seeds(
    mean: float, deviation: float, seen: int, bounds: tuple[float, ...]
) -> None:
    """Slow version: the further seeds drawn again and again; only the spread at the last look is taken as seen."""
    random, last, confidence = np.random.default_rng(0), 20, 0.99
    chance = decision_chance(mean, deviation, (seen, last), bounds, confidence)
    means = (seen * mean + random.normal(mean, deviation, (20000, last - seen)).sum(axis=1)) / last
    half = {0.99: 2.8609}[confidence] * deviation / last**0.5  # the 99.5% point of t with 19 degrees of freedom
    drawn = np.mean([all(abs(found - bound) > half for bound in bounds) for found in means])
    assert chance == pytest.approx(drawn, abs=0.012)


def test_a_claim_is_dropped_where_the_last_look_would_hardly_decide_it() -> None:
    equal = replace(LESS, test=Equal(reference="a", other="b"))
    hopeless, likely = evidence([1.5, -2.5, 3.0, -1.0, 2.0]), evidence([3.0, 1.5, 2.5, 0.8, 2.0])
    assert is_futile(equal, hopeless, LOOKS, 0.05 / 8) and not is_futile(LESS, likely, LOOKS, 0.05 / 8)

    mixed = replace(hopeless, trained={"a": dict.fromkeys(range(5), True), "b": {seed: seed > 0 for seed in range(5)}})
    assert chance_at_last_look(equal, mixed, LOOKS, 0.05) is None and not is_futile(equal, mixed, LOOKS, 0.05)
    done = evidence([3.0, 1.5, 2.5, 0.8, 2.0] * 4)
    assert chance_at_last_look(LESS, done, LOOKS, 0.05) in (0.0, 1.0) and FUTILE == 0.1


@pytest.mark.parametrize("looks", [(2, 5), (5, 5), (10, 5)])
def test_looks_that_do_not_increase_are_refused(looks: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="looks must increase from at least 3 seeds"):
        Suite(
            question="Which?",
            arms=arms("plain8", "resnet8"),
            claims=(),
            dataset="digits",
            recipe="quick",
            num_seeds=5,
            figures=(),
            looks=looks,
        )
