"""Claims about the share of runs that fail are decided by the exact binomial test, and their interval agrees with it."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.inference.effects import Evidence, evidence_of
from analysis.inference.verdicts import Verdict, judge
from analysis.inference.wording import in_words
from analysis.tables.grouping import studies_of
from benchmarks import Above, Claim, Less, NotAbove
from benchmarks.spec.suite import Suite, arms
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
FAILS = Claim(
    id="fails", statement="It fails.", source="made up", metric="failed", test=Above(arm="plain8", target=0.5), margin=0.0
)
TRAINS = Claim(
    id="trains", statement="It trains.", source="made up", metric="failed", test=NotAbove(arm="plain8", target=0.5), margin=0.0
)


def judged(claim: Claim, num_failed: int, num_runs: int) -> Verdict:
    failed, levels = [1.0] * num_failed + [0.0] * (num_runs - num_failed), (-0.5, 0.5) if claim is FAILS else (0.5, -0.5)
    effects = {seed: levels[int(value)] for seed, value in enumerate(failed)}
    (verdict,) = judge([claim], {claim.id: Evidence(effects=effects, levels=levels)})
    return verdict


@pytest.mark.parametrize(
    ("claim", "num_failed", "num_runs", "outcome", "p"),
    [
        (FAILS, 10, 10, "supported", 2 / 2**10),
        (FAILS, 0, 10, "contradicted", 2 / 2**10),
        (FAILS, 5, 5, "inconclusive", 2 / 2**5),
        (FAILS, 9, 10, "supported", 2 * 11 / 2**10),
        (FAILS, 8, 10, "inconclusive", 2 * 56 / 2**10),
        (TRAINS, 0, 10, "supported", 2 / 2**10),
        (TRAINS, 10, 10, "contradicted", 2 / 2**10),
        (TRAINS, 6, 8, "inconclusive", 2 * 37 / 2**8),
    ],
)
def test_a_rate_is_decided_by_counting(claim: Claim, num_failed: int, num_runs: int, outcome: str, p: float) -> None:
    verdict = judged(claim, num_failed, num_runs)
    assert verdict.outcome == outcome and verdict.p == pytest.approx(p)


@given(st.sampled_from([FAILS, TRAINS]), st.integers(3, 30), st.data())
def test_the_interval_is_exact_and_clears_the_margin_where_the_claim_is_decided(
    claim: Claim, n: int, data: st.DataObject
) -> None:
    failed = data.draw(st.integers(0, n))
    verdict = judged(claim, failed, n)
    effect = verdict.effect
    assert effect and effect.low is not None and effect.high is not None
    share = stats.binomtest(failed, n).proportion_ci(verdict.confidence, method="exact")
    ends = (share.low - 0.5, share.high - 0.5) if claim is FAILS else (0.5 - share.high, 0.5 - share.low)
    assert (effect.low, effect.high) == pytest.approx(ends)
    assert (verdict.outcome == "supported", verdict.outcome == "contradicted") == (effect.low > 0, effect.high < 0)


def test_a_run_counts_as_failed_by_the_failure_line(make_result: Make) -> None:
    suite = Suite(
        question="Does it fail?", arms=arms("plain8"), claims=(FAILS,), dataset="digits", recipe="quick", num_seeds=10, figures=()
    )
    results = [make_result("plain8", seed, test=80.0 if seed < 9 else 2.0) for seed in range(10)]
    (study,) = studies_of("mine", suite, results)
    assert study.trials["failed"].tolist() == [1.0] * 9 + [0.0]
    evidence = evidence_of(FAILS, study)
    assert evidence.estimate().value == pytest.approx(0.4) and not evidence.trained
    words = in_words(judge([FAILS], {FAILS.id: evidence})[0])
    assert "share of failed runs of plain8 \N{MINUS SIGN} 0.5 is +0.4" in words and "by the exact binomial test" in words
    assert "seeds would decide" not in words and "sign-flip" not in words


def test_only_a_rate_of_one_arm_may_have_no_margin() -> None:
    with pytest.raises(ValueError, match="margin"):
        Claim(id="x", statement="", source="", metric="train_loss", test=Above(arm="a", target=0.5), margin=0.0)
    with pytest.raises(ValueError, match="pose it about one arm"):
        Claim(id="x", statement="", source="", metric="failed", test=Less(smaller="a", larger="b"), margin=0.1)
