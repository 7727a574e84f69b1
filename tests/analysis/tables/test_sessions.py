"""Claims about times are tested over timing sessions, not over their rounds, and no closer than twins are."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.inference.effects import evidence_without_seeds
from analysis.inference.verdicts import Verdict, judge
from analysis.tables.sessions import Sessions
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Compare, Equal, Less, NoWorse, Test
from benchmarks.spec.timing import TimingPlan, Workload
from benchmarks.store.environment import Environment
from benchmarks.store.out import Out
from benchmarks.store.timings import NetworkTiming, TimingResult
from resnet_variants import parse
from resnet_variants.architecture import Task

TASK = Task(image_shape=(1, 8, 8), num_classes=10)
FAST, SLOW = (Workload(architecture=parse(name), task=TASK, batch_size=4, steps=("train",)) for name in ("plain8", "plain20"))
LABELS = {FAST.architecture: "fast", SLOW.architecture: "slow"}
PLAN = TimingPlan(workloads=(FAST, SLOW), precision="fp32")
CLAIM = Claim(
    id="a", statement="A.", source="B", metric="train_step_seconds", test=Less(smaller="fast", larger="slow"), margin=0.1
)
Rounds = Sequence[float]
rounds = st.lists(st.floats(0.01, 10.0), min_size=3, max_size=15)


def session(environment: Environment, hour: int, fast: Rounds, slow: Rounds, twin: Rounds = ()) -> TimingResult:
    return TimingResult(
        plan=PLAN,
        networks=(
            NetworkTiming(workload=FAST, train_step_seconds=tuple(fast)),
            NetworkTiming(workload=SLOW, train_step_seconds=tuple(slow)),
        ),
        twins=(NetworkTiming(workload=FAST, train_step_seconds=tuple(twin)),) if twin else (),
        others_share=None,
        finished_at=f"2026-01-{1 + hour // 24:02}T{hour % 24:02}:00:00Z",
        environment=environment,
    )


def sessions(*found: TimingResult) -> Sessions:
    return Sessions(
        sessions=found,
        networks_of=lambda one: {LABELS[network.workload.architecture]: network for network in one.networks},
    )


def verdict(*found: TimingResult, claim: Claim = CLAIM) -> Verdict:
    (judged,) = judge([claim], {claim.id: evidence_without_seeds(claim, {}, {}, sessions(*found))})
    return judged


@settings(max_examples=50)
@given(found=st.lists(st.tuples(rounds, rounds), min_size=3, max_size=6))
def test_the_test_is_scipys_over_the_sessions_log_ratios(environment: Environment, found: list[tuple[Rounds, Rounds]]) -> None:
    logs = [math.log(median(slow) / median(fast)) for fast, slow in found]
    if max(logs) - min(logs) < 1e-6:
        return
    judged = verdict(*(session(environment, hour, fast, slow) for hour, (fast, slow) in enumerate(found)))
    assert judged.test is not None and judged.effect is not None
    above, below = (stats.ttest_1samp(logs, math.log(1.1), alternative=side).pvalue for side in ("greater", "less"))
    assert judged.test.p_for == pytest.approx(min(1, 2 * above), rel=1e-6)
    assert judged.test.p_against == pytest.approx(min(1, 2 * below), rel=1e-6)
    low, high = stats.ttest_1samp(logs, 0).confidence_interval(0.95)
    assert (judged.effect.low, judged.effect.high, judged.effect.n) == pytest.approx((low, high, len(logs)))


@pytest.mark.parametrize(("ratio", "outcome"), [(1.5, "supported"), (1.0, "contradicted"), (1.11, "inconclusive")])
def test_one_round_of_three_times_the_time_changes_no_verdict(environment: Environment, ratio: float, outcome: str) -> None:
    fast = [[1 + 0.001 * turn + 0.02 * hour**2 for turn in range(15)] for hour in range(3)]
    slow = [[ratio + 0.001 * turn for turn in range(15)] for _ in range(3)]
    plain = verdict(*(session(environment, hour, *pair) for hour, pair in enumerate(zip(fast, slow, strict=True))))
    assert plain.outcome == outcome or ratio == 1.11
    for arm in (fast, slow):
        for turn in (0, 7, 14):
            before, arm[1][turn] = arm[1][turn], 3 * arm[1][turn]
            burst = verdict(*(session(environment, hour, *pair) for hour, pair in enumerate(zip(fast, slow, strict=True))))
            arm[1][turn] = before
            assert burst.outcome == plain.outcome
            assert burst.effect is not None and plain.effect is not None
            assert burst.effect.value == pytest.approx(plain.effect.value, abs=0.001)


def test_two_sessions_give_no_verdict_however_many_rounds_they_have(environment: Environment) -> None:
    made = [session(environment, hour, [1.0, 1.01] * 50, [2.0, 2.01] * 50) for hour in range(3)]
    assert [verdict(*made[:number]).outcome for number in (0, 1, 2, 3)] == ["untested"] * 3 + ["supported"]
    soon = replace(made[2], finished_at="2026-01-01T01:59:59Z")
    assert verdict(*made[:2], soon).outcome == "untested"  # within the hour: it does not count


def test_a_session_in_which_a_network_failed_does_not_count(environment: Environment) -> None:
    made = [session(environment, hour, [1.0], [2.0 + 0.01 * hour]) for hour in range(4)]
    lost = replace(made[3], networks=(made[3].networks[0], NetworkTiming(workload=SLOW, detail="OutOfMemoryError")))
    assert verdict(*made[:3], lost).num_repeats == 3
    none = verdict(lost)
    assert none.outcome == "untested" and none.evidence.failed == ["slow (OutOfMemoryError)"]


TESTS: dict[str, Test] = {
    "less": Less(smaller="fast", larger="slow"),
    "no-worse": NoWorse(reference="slow", other="fast"),
    "equal": Equal(reference="fast", other="slow"),
    "better": Compare(reference="slow", other="fast", says="better"),
    "equivalent": Compare(reference="slow", other="fast", says="equivalent"),
}


@pytest.mark.parametrize("kind", TESTS)
@settings(max_examples=60, deadline=None)
@given(logs=st.lists(st.floats(-1, 1), min_size=3, max_size=5), apart=st.floats(0.0, 0.6))
def test_twins_farther_apart_than_the_margin_leave_a_claim_open_unless_the_interval_lies_beyond_them(
    environment: Environment, kind: str, logs: list[float], apart: float
) -> None:
    if max(logs) - min(logs) < 1e-6:
        return
    claim = replace(CLAIM, test=TESTS[kind])
    quiet = [session(environment, hour, [1.0], [math.exp(log)], [1.0]) for hour, log in enumerate(logs)]
    noisy = [*quiet[:-1], session(environment, len(logs) - 1, [1.0], [math.exp(logs[-1])], [1 / (1 + apart)])]
    calm, found = verdict(*quiet, claim=claim), verdict(*noisy, claim=claim)
    assert found.evidence.twin_difference == pytest.approx(apart)
    if apart <= claim.margin:
        assert found.outcome == calm.outcome
        return
    effect = found.effect
    assert effect is not None and effect.low is not None and effect.high is not None
    is_beyond = effect.low > math.log1p(apart) or effect.high < -math.log1p(apart)
    assert found.outcome == (calm.outcome if is_beyond else "inconclusive")


def test_timing_records_of_older_releases_are_read_and_are_one_session_each() -> None:
    found, unreadable = Out(Path(__file__).parents[3] / "results" / "reference").timings.read_all()
    assert len(found) >= 6 and not unreadable
    for old in sorted(found, key=lambda one: one.finished_at or "")[:6]:
        assert old.order_seed is None and old.plan.unclaimed == () and len(old.all_twins) == 1
        assert old.plan.claimed == old.plan.workloads
