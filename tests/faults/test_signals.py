"""Injected: SIGKILL of a run once a record is there, and ten times at random moments, while it starts, trains, writes or reports; Ctrl-C; SIGTERM;
and a second run on the same folder at the same time.

What must hold: no process stays behind, no record is torn, whoever stops a run by a signal that can be answered reads what is done, the same
command goes on to the records and verdicts of an undisturbed run, times apart, and two runs share the work.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.spec.trial import Trial
from benchmarks.store.out import Out

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
ARGUMENTS = ["--suite", "depth", "--arms", "*8", "--rates", "recipe", "--jobs", "2"]
SHORT = ("--seeds", "2", "--set", "epochs=4")


def start(out: Path, *more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "benchmarks.run", *ARGUMENTS, *(more or SHORT), "--out", str(out)]
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a shell's background jobs ignore it, and their children too
    try:
        return subprocess.Popen(
            command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
    finally:
        signal.signal(signal.SIGINT, before)


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def records_of(out: Path) -> list[tuple[Trial, object]]:
    """What the records decide: all but times, machine and commit; each can be read."""
    results, unreadable = Out(out).trials.read_all()
    assert unreadable == []
    return [(result.trial, result.reproducible) for result in results]


def in_group(group: int) -> list[str]:
    """The live processes of a group, read where Linux keeps them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, process_group = stat.read_text().rpartition(")")[2].split()[:3]
            if int(process_group) == group and state != "Z":
                found.append(stat.parent.name)
    return found


def test_a_run_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    """SIGKILL of the driver once a record is there: its workers end, and the rerun gives the records of an undisturbed run."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    undisturbed = start(whole)
    process = start(killed)
    wait_for(lambda: list((killed / "trials").glob("*.json")))
    process.kill()
    process.communicate()
    wait_for(lambda: not in_group(process.pid), seconds=20)
    num_kept = len(list((killed / "trials").glob("*.json")))
    again = start(killed)
    _, errors = again.communicate(timeout=120)
    assert undisturbed.wait(120) == again.returncode == 0, errors
    assert next(line for line in errors.splitlines() if "/4 " in line).startswith(f"{num_kept + 1}/4 ")
    assert records_of(killed) == records_of(whole)
    reports = [out / "depth" / "digits-splits-quick-epochs.4" / "verdicts.json" for out in (whole, killed)]
    assert reports[0].read_text() == reports[1].read_text()
    undisturbed.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_says_what_is_done_and_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    process = start(tmp_path, "--seeds", "20", "--set", "epochs=4")  # long enough to be under way still on a busy machine
    wait_for(lambda: list((tmp_path / "trials").glob("*.json")))
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    num_done = len(list((tmp_path / "trials").glob("*.json")))
    assert f"interrupted: {num_done} of 40 trials done and kept in {tmp_path / 'trials'}" in errors
    assert "Traceback" not in errors
    wait_for(lambda: not in_group(process.pid), seconds=10)  # multiprocessing's own tracker goes a moment later
    assert json.loads(next((tmp_path / "trials").glob("*.json")).read_text())["status"] == "ok"


def test_two_runs_at_once_on_one_folder_share_the_work_and_lose_nothing(tmp_path: Path) -> None:
    runs = [start(tmp_path), start(tmp_path)]
    errors = [run.communicate(timeout=240)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], errors
    results, unreadable = Out(tmp_path).trials.read_all()
    assert len(results) == 4 and unreadable == []
    lines = [line for text in errors for line in text.splitlines() if re.match(r"\d/4 ", line)]
    assert len(lines) == 4, errors  # each trial was run by one of the two
    hidden = [path.name for path in tmp_path.rglob(".*")]
    assert hidden == []


LONG = ("--seeds", "3", "--set", "epochs=12", "--checkpoint-every", "2")
NUM_KILLS, LEAST_SECONDS, MOST_SECONDS = 10, 1.0, 7.0


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked for where Linux keeps them")
def test_a_run_that_is_killed_ten_times_ends_with_the_records_of_an_undisturbed_one(tmp_path: Path) -> None:
    moments, killed, whole = random.Random(0), tmp_path / "killed", tmp_path / "whole"
    num_kills = 0
    for _ in range(NUM_KILLS):
        process = start(killed, *LONG)
        time.sleep(moments.uniform(LEAST_SECONDS, MOST_SECONDS))
        num_kills += process.poll() is None
        process.kill()
        process.communicate()
        wait_for(lambda: not in_group(process.pid), seconds=20)  # noqa: B023
    assert num_kills >= NUM_KILLS // 2  # the last ones may find everything done
    for out in (killed, whole):
        process = start(out, *LONG)
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    assert records_of(killed) == records_of(whole) and len(records_of(whole)) == 6
