"""A run makes one timing session, says what is missing, and does not repeat one within the hour."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cli.execute_timing import time_networks
from benchmarks.cli.plan import timing_plan
from benchmarks.cli.timing_sessions import progress_of, reason_to_wait
from benchmarks.cli.workers import Context
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.suite import load_suite
from benchmarks.spec.survey import load_survey
from benchmarks.spec.timing import NUM_ROUNDS, TimingPlan, Workload
from benchmarks.store.cores import num_cores
from benchmarks.store.environment import Checkout, Environment
from benchmarks.store.out import Out
from benchmarks.store.timings import TimingResult, an_hour_apart
from resnet_variants import parse
from resnet_variants.architecture import Task

START = datetime(2026, 1, 1, tzinfo=UTC)
TASK = Task(image_shape=(1, 8, 8), num_classes=10)
WORKLOAD = Workload(architecture=parse("plain8:width=4"), task=TASK, batch_size=4, steps=("infer",))
PLAN = TimingPlan(workloads=(WORKLOAD,), precision="fp32", num_rounds=1)


def session(environment: Environment, minute: float | None) -> TimingResult:
    ended = None if minute is None else (START + timedelta(minutes=minute)).isoformat()
    return TimingResult(plan=PLAN, networks=(), others_share=None, finished_at=ended, environment=environment)


def sessions(environment: Environment, *minutes: float | None) -> list[TimingResult]:
    return [session(environment, minute) for minute in minutes]


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


@given(minutes=st.lists(st.one_of(st.none(), st.integers(0, 400)), max_size=12))
def test_sessions_count_if_they_end_an_hour_or_more_after_the_last_that_counts(
    environment: Environment, minutes: list[int | None]
) -> None:
    counted = an_hour_apart(sessions(environment, *minutes))
    expected: list[int] = []  # the slow version: minute by minute
    for minute in range(401):
        if minute in minutes and not any(minute - earlier < 60 for earlier in expected):
            expected.append(minute)
    known = [one.ended for one in counted if one.ended]
    assert known == [at(minute) for minute in expected]
    assert len(counted) - len(known) == minutes.count(None)  # a record of an older release is a session of its own


def test_a_run_says_how_many_sessions_are_missing(environment: Environment) -> None:
    def said(*minutes: float | None) -> str:
        return progress_of(PLAN, sessions(environment, *minutes))

    assert said(0) == "1 of 3 timing sessions that a verdict needs: run the command again in an hour or more"
    assert said(0, 30) == said(0)  # the second is within the hour, and does not count
    assert said(0, 60).startswith("2 of 3 timing sessions")
    assert said(0, 60, 120) == "3 of 5 timing sessions: run the command again in an hour or more to narrow the intervals"
    assert said(None, 0, 60, 120, 180) == "5 of 5 timing sessions: complete"


def test_a_run_within_the_hour_or_after_the_last_session_times_nothing(environment: Environment) -> None:
    def why(now: float, *minutes: float | None) -> str:
        return reason_to_wait(PLAN, sessions(environment, *minutes), at(now))

    assert why(20.5, 0) == (
        "not timed again: 1 of 3 timing sessions that a verdict needs: run the command again in 40 minutes or more"
    )
    assert why(60, 0) == why(0, None) == why(300, 0, 60, 120, 180) == ""
    assert why(900, 0, 60, 120, 180, 240) == "timed before on this machine, in 5 sessions"
    assert reason_to_wait(replace(PLAN, unclaimed=(0,)), sessions(environment, 0), at(900)) == "timed before on this machine"


def test_runs_leave_one_session_each_until_there_are_five(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = replace(environment, num_threads=num_cores())
    minutes = iter(range(0, 10_000, 61))
    monkeypatch.setattr(
        "benchmarks.measuring.timing.measure", lambda *given: replace(session(here, next(minutes)), plan=PLAN)
    )  # each ends 61 minutes after the one before, all of them long ago
    out, context = Out(tmp_path), Context(device="cpu", checkout=Checkout(commit=None, is_dirty=None), workers=1)
    for number in range(1, 8):
        last = time_networks(PLAN, context, out)
        kept, unreadable = out.timings.read_all()
        assert len(kept) == min(number, 5) and not unreadable
        assert last == kept[-1]
    said = capsys.readouterr().err
    assert "1 of 3 timing sessions" in said and "2 of 3" in said and "5 of 5 timing sessions: complete" in said
    assert said.count("1 network: timed before on this machine, in 5 sessions") == 2


def test_every_round_is_for_networks_that_claims_speak_of_and_a_few_for_the_others(digits: Images) -> None:
    for name in ("width", "cardinality", "vgg"):
        suite = load_suite(name)
        recipe = replace(RECIPES["quick"], precision="fp32")
        plan = timing_plan(suite, suite.arms.values(), digits, recipe, "cpu")
        named = {arm for claim in suite.claims if claim.kind == "time" for arm in claim.test.contrast}
        assert {one.architecture for one in plan.claimed} == {suite.arms[arm].architecture for arm in named}
        rounds = {one.architecture: plan.num_rounds_of(place) for place, one in enumerate(plan.workloads)}
        assert {rounds[suite.arms[arm].architecture] for arm in named} == {NUM_ROUNDS}
        assert NUM_ROUNDS >= 15 and plan.num_sessions == 5
    survey = load_survey("throughput")
    plan = survey.plan("throughput", list(survey.networks), "cpu")
    assert {(one.mode, one.batch_size) for one in plan.claimed} == {("eager", 128)}
    assert survey.networks["preresnet20"] not in {one.architecture for one in plan.claimed}
    only = survey.plan("throughput", ["plain20"], "cpu")
    assert only.claimed == () and only.num_sessions == 1 and only.num_rounds_of(0) == NUM_ROUNDS
