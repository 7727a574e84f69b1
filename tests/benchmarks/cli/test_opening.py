"""What a run says before its first trial and at its end: what there is, how long it takes, where, and which weights were kept."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks.cli.flags import Request
from benchmarks.cli.kept_weights import kept_weights
from benchmarks.cli.opening import opening_line
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.request import resolve
from benchmarks.cli.time_left import TimeLeft, in_words, seconds_in_all, seconds_of_arms
from benchmarks.cli.workers import Context
from benchmarks.prune import prune
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]


def asked(**changes: Any) -> tuple[Context, StudyPlan]:
    context, (found,) = resolve(replace(Request(suite="depth", device="cpu", out=Path("nowhere")), **changes))
    assert isinstance(found, StudyPlan)
    return replace(context, workers=2), found


def record(make_result: Make, **changes: object) -> TrialResult:
    return replace(make_result("plain8", 0), **changes)


def test_a_run_says_how_many_trials_it_has_how_long_they_take_and_where(tmp_path: Path, make_result: Make) -> None:
    context, study = asked(seeds="3")
    out, number = Out(tmp_path), len(study.trials)
    first, second, third, *_ = study.trials

    def line(num_pending: int, seconds: float | None = None) -> str:
        return opening_line(study, num_pending, seconds, context, out)

    assert line(number, 125.0) == f"depth: {number} trials, about 2 min, 2 at once on cpu; results in {tmp_path}"
    assert line(number) == f"depth: {number} trials, 2 at once on cpu; results in {tmp_path}"
    out.trials.write(record(make_result, trial=first))
    assert line(number - 1) == (
        f"depth: {number} trials, 1 was done before and {number - 1} are to run, 2 at once on cpu; results in {tmp_path}"
    )
    assert f"{number} are to run (1 of them again, for the weights that a probe reads)" in line(number)
    assert line(0) == f"depth: 1 of {number} trials was done before"
    out.trials.write(record(make_result, trial=second))
    out.trials.write(record(make_result, trial=third, status="failed", final=None, cost=None))  # failed before: not done
    with out.trials.lease(third) as is_ours:  # as another process holds it
        assert is_ours
        assert line(0) == f"depth: 2 of {number} trials were done before; another run is active here, on 1 trial"
    (out.trials.folder / ".lease-of-a-killed-run").touch()
    assert line(0) == f"depth: 2 of {number} trials were done before"


def test_durations_are_said_as_a_person_says_them() -> None:
    said = {seconds: in_words(seconds) for seconds in (0.2, 40, 89, 100, 3600, 9000)}
    assert list(said.values()) == ["about 1 s", "about 40 s", "about 89 s", "about 2 min", "about 60 min", "about 2.5 h"]
    context, _ = asked(seeds="3")
    assert seconds_in_all([1.0, 2.0, 5.0], context) == 5.0 and seconds_in_all([4.0, 4.0, 4.0], context) == 6.0


def test_the_time_left_begins_with_the_estimate_and_follows_the_run() -> None:
    clock = [0.0]
    left = TimeLeft(num_seconds=100.0, now=lambda: clock[0])
    assert left.after(0.0) == 100.0
    clock[0] = 100.0  # twice as slow as estimated
    assert 90.0 < left.after(0.5) < 100.0
    clock[0] = 190.0
    assert left.after(0.95) == pytest.approx(5 * 200 / 105)
    assert left.after(1.0) == 0.0


def test_nothing_is_timed_where_nobody_waits_at_a_terminal(
    tmp_path: Path, make_result: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the estimate is from records of the same arms, or there is none."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    context, study = asked(seeds="3", arms=("plain8",), rates="recipe")
    out, piped = Out(tmp_path), Console(force_terminal=False)
    assert seconds_of_arms(study, study.trials, context, out, piped) == {}
    out.trials.write(record(make_result, trial=study.trials[0]))
    (seconds,) = seconds_of_arms(study, study.trials[1:], context, out, piped).values()
    assert seconds == pytest.approx(1.1)


def test_kept_weights_are_told_with_their_reason_their_size_and_the_command_that_removes_them(tmp_path: Path) -> None:
    _, probed = asked(suite="constructions")
    out = Out(tmp_path)
    assert kept_weights([probed], out) == ""
    (tmp_path / "trials").mkdir()
    for number in range(2):
        (tmp_path / "trials" / f"{number}.safetensors").write_bytes(bytes(1_600_000))
    words = kept_weights([probed], out)
    arms, probes = " and ".join([", ".join(probed.suite.arms)]), ", ".join(use.probe for use in probed.suite.probes)
    assert words.startswith(f"{tmp_path} holds 3.2 MB of weights (2 files), kept of {arms} for probes {probes}; ")
    assert words.endswith(f"python -m benchmarks.prune {tmp_path}")
    _, unprobed = asked(suite="depth")
    assert kept_weights([unprobed], out) == ""
    assert prune(tmp_path) == (2, 3_200_000) and kept_weights([probed], out) == ""


@pytest.mark.slow
def test_weights_are_kept_of_the_probed_arms_alone() -> None:
    _, study = asked(suite="function_class")
    kept = {study.suite.label_of(trial) for trial in study.probed}
    assert kept and all(trial.key in study.job(asked()[0]).weights_of for trial in study.probed)
    assert not any(trial.marks for trial in study.probed)
    _, some = asked(suite="surface")
    named = {arm for use in some.suite.probes for arm in use.arms or some.suite.arms}
    assert {some.suite.label_of(trial) for trial in some.probed} == named & set(some.suite.arms)
