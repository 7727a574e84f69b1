"""Injected: a disk that is full, a folder that cannot be written, a reader that goes away, a terminal that is none, an alphabet that is small.

What must hold: nothing is half written or lost, the same command goes on from there, and what the user reads names the file and the cause.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.store.out import Out

Command = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).parents[2]
SMALL = ("benchmarks.run", "--suite", "depth", "--arms", "plain8", "--rates", "recipe", "--set", "epochs=1", "--jobs", "1")
RECORD_BYTES = 2048  # less than a record takes, and more than the labels do
LIMITED = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, ({bytes}, {bytes}))
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def limited(*arguments: object) -> "subprocess.CompletedProcess[str]":
    """The command where no file may grow beyond a few kilobytes, as on a disk that has no more."""
    program = LIMITED.format(bytes=RECORD_BYTES)
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT, check=False)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits on a file's size are POSIX's")
def test_a_full_disk_is_told_in_a_line_and_the_same_command_goes_on(command: Command, tmp_path: Path) -> None:
    asked = (*SMALL, "--seeds", "2", "--out", tmp_path / "out")
    full = limited(*asked)
    assert full.returncode == 1
    assert "error: " in full.stderr and "File too large" in full.stderr and "run the same command to continue" in full.stderr
    assert "Traceback" not in full.stderr
    left = [path.name for path in (tmp_path / "out" / "trials").iterdir()]
    assert [name for name in left if not name.startswith(".lease-")] == []  # nothing half written
    again = command(*asked)
    assert again.returncode == 0, again.stderr
    assert len(Out(tmp_path / "out").trials.read_all()[0]) == 2


def test_a_full_disk_under_the_list_is_no_traceback(command: Command) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.run", "--list"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            check=False,
        )
    assert done.returncode == 1
    assert "No space left on device" in done.stderr and "Traceback" not in done.stderr


def test_a_folder_that_is_only_for_reading_is_refused_before_anything_is_trained(command: Command) -> None:
    if not Path("/proc/self").exists():
        pytest.skip("this system has no folder that not even root can write")
    done = command(*SMALL, "--out", "/proc/self/results")
    assert done.returncode == 2
    assert "cannot be written to" in done.stderr and "name another folder with --out" in done.stderr


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_a_reader_that_takes_one_line_and_goes_gets_it_and_no_traceback_follows() -> None:
    line = f"'{sys.executable}' -m benchmarks.run --list | head -1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)
    assert done.stdout.startswith("suite") and done.stdout.count("\n") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_an_alphabet_of_ascii_and_no_terminal_do_not_stop_a_run(command: Command, tmp_path: Path) -> None:
    """Also: spaces and letters of other alphabets in the path of the output."""
    out = tmp_path / "with spaces and \N{LATIN SMALL LETTER A WITH DIAERESIS}\N{GREEK SMALL LETTER OMEGA}"
    narrow = {"LC_ALL": "C", "LANG": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "TERM": "dumb"}
    asked = (*SMALL, "--seeds", "1", "--out", out)
    done = command(*asked, **narrow)
    assert done.returncode == 0, done.stderr
    done = command(*asked, "--json", **narrow)
    assert done.returncode == 0 and json.loads(done.stdout)[0]["suite"] == "depth", done.stderr
    assert (out / "depth" / "digits-splits-quick-epochs.1" / "index.html").exists()
