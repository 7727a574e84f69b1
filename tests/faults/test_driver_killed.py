"""Injected: SIGKILL of the driver, ten times, at random moments: while it starts, trains, writes, probes or reports.

What must hold: its workers end by themselves, and in the end the records are those of an undisturbed run, times apart, none of them torn.
"""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.records import Store

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
ASKED = (
    "--suite",
    "depth",
    "--arms",
    "*8",
    "--seeds",
    "3",
    "--set",
    "epochs=12",
    "--checkpoint-every",
    "2",
    "--jobs",
    "2",
    "--json",
)
NUM_KILLS, LEAST_SECONDS, MOST_SECONDS = 10, 1.0, 7.0


def start(out: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "benchmarks.run", *ASKED, "--out", str(out)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)


def is_alive(group: int) -> bool:
    """Whether a process of the group is left that has not ended."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, process_group = stat.read_text().rpartition(")")[2].split()[:3]
            if int(process_group) == group and state != "Z":
                return True
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked for where Linux keeps them")
def test_a_driver_that_is_killed_ten_times_ends_with_the_records_of_an_undisturbed_run(tmp_path: Path) -> None:
    moments, killed, whole = random.Random(0), tmp_path / "killed", tmp_path / "whole"
    num_kills = 0
    for _ in range(NUM_KILLS):
        process = start(killed)
        time.sleep(moments.uniform(LEAST_SECONDS, MOST_SECONDS))
        num_kills += process.poll() is None
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        deadline = time.monotonic() + 20
        while is_alive(process.pid):
            assert time.monotonic() < deadline, "a worker outlived its driver"
            time.sleep(0.05)
    assert num_kills >= NUM_KILLS // 2  # the last ones may find everything done
    for out in (killed, whole):
        process = start(out)
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    found = [Store(folder=out / "trials").read_all() for out in (killed, whole)]
    assert [unreadable for _, unreadable in found] == [[], []]
    assert [(result.trial, result.figures) for result in found[0][0]] == [
        (result.trial, result.figures) for result in found[1][0]
    ]
    assert len(found[0][0]) == 6
