"""One verdict over several learning rates: a claim must hold at each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.inference.effects import Evidence
from analysis.inference.rates import Headline, headlines
from analysis.inference.verdicts import judge
from analysis.statistics.families import holm
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import About, Equal, Less, NoWorse

LESS = Claim(
    id="less", statement="A is less.", source="made up", metric="test_error_pct", test=Less(smaller="a", larger="b"), margin=1.0
)
EQUAL = replace(LESS, id="equal", test=Equal(reference="a", other="b"))
TIME = replace(LESS, id="time", metric="train_step_seconds", margin=0.1)
IDENTITY = replace(LESS, id="identity", metric="change_slope", test=About(arm="a", target=1.0), margin=0.1, is_identity=True)
RATES = (0.1, 0.05, 0.025)
FAR, NEAR, WORSE = (50.0, 50.5, 49.5, 50.2, 49.8), (0.5, 2.0, 1.0, 0.2, 1.5), (-5.0, -5.1, -4.9, -5.2, -4.8)

effects = st.lists(st.floats(-3, 6).map(lambda value: round(value, 2)), min_size=3, max_size=6)
suites = st.lists(st.tuples(effects, effects, effects), min_size=1, max_size=4)


def join(
    by_rate: Mapping[float, Sequence[Sequence[float]]], claims: Sequence[Claim], looks: Sequence[int] = ()
) -> list[Headline]:
    """Headlines from the effects of each claim at each rate."""
    return headlines(
        {
            rate: judge(
                claims,
                {claim.id: Evidence(effects=dict(enumerate(values))) for claim, values in zip(claims, found, strict=True)},
                looks,
            )
            for rate, found in by_rate.items()
        }
    )


def one(*values: Sequence[float], claim: Claim = LESS) -> Headline:
    """Headline of a claim that is alone in its suite, from its effects at each rate."""
    return join({rate: [found] for rate, found in zip(RATES, values, strict=False)}, [claim])[0]


def test_the_five_outcomes() -> None:
    assert [one(*found).outcome for found in ((FAR, FAR, FAR), (WORSE, WORSE, WORSE), (FAR, WORSE, NEAR), (FAR, NEAR, FAR))] == [
        "supported",
        "contradicted",
        "depends on the rate",
        "inconclusive",
    ]
    assert one((), (), ()).outcome == "untested"
    assert one(FAR, WORSE, NEAR).deciding == {"supported": (0.1,), "contradicted": (0.05,)}
    assert one(FAR, NEAR, FAR).deciding == {"supported": (0.1, 0.025), "contradicted": ()}


@given(suites, st.sampled_from([(), (3, 6)]))
def test_a_supported_headline_is_supported_at_every_rate(suite: list[tuple[list[float], ...]], looks: tuple[int, ...]) -> None:
    claims = [replace(LESS if number % 2 else EQUAL, id=str(number)) for number in range(len(suite))]
    for headline in join({rate: [found[place] for found in suite] for place, rate in enumerate(RATES)}, claims, looks):
        outcomes = {verdict.outcome for verdict in headline.by_rate.values()}
        if headline.outcome in ("supported", "contradicted"):
            assert outcomes == {headline.outcome}
        assert (headline.outcome == "depends on the rate") == (outcomes >= {"supported", "contradicted"})
        if headline.is_decided_at_each_rate_only:
            assert outcomes in ({"supported"}, {"contradicted"}) and headline.p is not None and headline.p >= 0.05


@given(suites)
def test_the_p_is_the_largest_over_the_rates_before_holms_correction(suite: list[tuple[list[float], ...]]) -> None:
    """The obvious version, with every test by itself."""
    claims = [replace(LESS, id=str(number)) for number in range(len(suite))]
    joined = []
    for found in suite:
        tests = [judge([LESS], {LESS.id: Evidence(effects=dict(enumerate(values)))})[0].test for values in found]
        joined.append(min(max(test.p_for for test in tests if test), max(test.p_against for test in tests if test)))
    found = join({rate: [values[place] for values in suite] for place, rate in enumerate(RATES)}, claims)
    assert [headline.p for headline in found] == pytest.approx(holm(joined))


def test_every_rate_by_itself_may_decide_and_the_largest_p_of_all_not() -> None:
    """Two claims, each weak at another rate: Holm's first place is taken at either rate, but by neither headline."""
    weak, strong = (2.0, 2.9, 1.1, 2.5, 1.5), FAR
    first, second = join({0.1: [weak, strong], 0.05: [strong, weak]}, [LESS, replace(LESS, id="second")])
    p = judge([LESS], {LESS.id: Evidence(effects=dict(enumerate(weak)))})[0].p
    assert p is not None and 0.025 < p < 0.05
    assert {verdict.outcome for headline in (first, second) for verdict in headline.by_rate.values()} == {"supported"}
    assert (first.outcome, second.outcome) == ("inconclusive", "inconclusive") and first.is_decided_at_each_rate_only


@given(suites)
def test_one_rate_gives_its_own_verdicts(suite: list[tuple[list[float], ...]]) -> None:
    claims = [replace(LESS, id=str(number)) for number in range(len(suite))]
    evidence = {claim.id: Evidence(effects=dict(enumerate(found[0]))) for claim, found in zip(claims, suite, strict=True)}
    verdicts = judge(claims, evidence)
    found = headlines({0.1: verdicts})
    assert [(headline.outcome, headline.p) for headline in found] == [(verdict.outcome, verdict.p) for verdict in verdicts]
    assert [headline.verdict for headline in found] == verdicts and all(headline.is_at_one_rate for headline in found)


def test_the_weakest_rate_is_shown_with_the_range_of_effects() -> None:
    less_far = (9.0, 9.9, 8.1, 9.3, 8.7)
    found = one(FAR, less_far, FAR)
    assert (found.outcome, found.weakest, found.effects) == ("supported", 0.05, (9.0, 50.0))
    assert found.verdict is not None and found.verdict.effect is not None and found.verdict.effect.value == pytest.approx(9.0)
    assert found.verdict.effect.low is not None and found.verdict.effect.low > 1


def test_a_rate_that_was_not_run_leaves_a_claim_untested_unless_only_one_was() -> None:
    some, alone = one(FAR, (), FAR), one(FAR, (), ())
    assert (some.outcome, some.missing, some.p) == ("untested", (0.05,), None)
    assert (alone.outcome, alone.missing, alone.is_at_one_rate) == ("supported", (0.05, 0.025), True)
    assert not one(FAR, FAR, FAR).is_at_one_rate


def test_times_and_exact_claims_have_no_rate() -> None:
    claims = [LESS, TIME, IDENTITY]
    found = join({0.1: [FAR, (0.5, 0.6, 0.5), (0.0, 0.0, 0.0)], 0.05: [FAR, (), (9.0, 9.0, 9.0)]}, claims)
    assert [headline.outcome for headline in found] == ["supported", "supported", "supported"]
    assert [list(headline.by_rate) for headline in found] == [[0.1, 0.05], [0.1], [0.1]]
    assert not any(headline.missing or headline.is_at_one_rate for headline in found) and found[2].p is None


@pytest.mark.parametrize("claim", [LESS, replace(LESS, test=NoWorse(reference="a", other="b"))])
def test_a_claim_at_its_margin_at_one_rate_and_far_beyond_it_at_the_others_is_seldom_supported(claim: Claim) -> None:
    random, num_suites, wrong = np.random.default_rng(3), 600, 0
    claims = [claim, *(replace(claim, id=f"true{number}") for number in range(3))]
    (margin,) = claim.edges
    for number in range(num_suites):
        means = np.full((len(RATES), len(claims)), margin + 20)
        means[number % len(RATES), 0] = margin
        drawn = random.normal(means[:, :, None], 1.0, (*means.shape, 5))
        found = join({rate: values.tolist() for rate, values in zip(RATES, drawn, strict=True)}, claims)
        wrong += found[0].outcome == "supported"
    assert wrong / num_suites <= 0.05 + 2 * (0.05 * 0.95 / num_suites) ** 0.5
