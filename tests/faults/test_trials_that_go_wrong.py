"""Injected: a trial that exits hard, hangs, asks for more memory than there is, raises, cannot be built, or leaves the numbers; each in the
worker itself.

What must hold: it alone is without figures, its record says what happened, the other trials' records are those of an undisturbed run, no
process stays behind, and `--retry-failed` makes the record good.
"""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.records import Store, TrialResult

pytestmark = pytest.mark.slow
Command = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).parents[2]
ASKED = (
    "benchmarks.run",
    "--suite",
    "depth",
    "--arms",
    "*8",
    "--seeds",
    "1",
    "--set",
    "epochs=2",
    "--jobs",
    "1",
    "--retries",
    "0",
)
INJECTED = """
import os, time, torch
from benchmarks.training import Training
step = Training.step
def faulty(self, x_BCHW, labels_B):
    if self.trial.architecture.shortcut == "none" and self.iteration == 3:
        {fault}
    return step(self, x_BCHW, labels_B)
Training.step = faulty
"""
FAULTS = {
    "exits hard": ("os._exit(7)", "failed", "the worker process ended with exit code 7"),
    "hangs": ("time.sleep(10_000)", "timeout", "it took longer than 5 s and was ended"),
    "asks for too much memory": ("torch.empty(2**46)", "oom", "can't allocate memory"),
    "raises": ("raise ValueError('<script>no\\nsuch')", "failed", "ValueError: <script>no\nsuch"),
}


def results(out: Path) -> dict[str, TrialResult]:
    return {result.trial.arm.label: result for result in Store(folder=out / "trials").read_all()[0]}


def left_behind(folder: Path) -> list[str]:
    """The live processes that were started with this folder in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(folder).encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


@pytest.fixture(scope="module")
def undisturbed(command: Command, tmp_path_factory: pytest.TempPathFactory) -> dict[str, TrialResult]:
    out = tmp_path_factory.mktemp("undisturbed")
    assert command(*ASKED, "--out", out).returncode == 0
    return results(out)


@pytest.mark.parametrize("name", FAULTS)
def test_a_trial_that_goes_wrong_is_alone_in_it(
    name: str, command: Command, undisturbed: dict[str, TrialResult], tmp_path: Path
) -> None:
    fault, status, detail = FAULTS[name]
    injected, out = tmp_path / "injected", tmp_path / "out"
    injected.mkdir()
    (injected / "sitecustomize.py").write_text(INJECTED.format(fault=fault))
    limit = ("--trial-timeout", "5") if status == "timeout" else ()
    done = command(*ASKED, *limit, "--out", out, "--json", PYTHONPATH=f"{injected}{os.pathsep}{ROOT}")
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)[0]["not_measured"] == 1
    found = results(out)
    assert found["plain8"].status == status and detail in found["plain8"].detail
    assert found["resnet8"].figures == undisturbed["resnet8"].figures
    assert left_behind(injected) == []
    page = (out / "depth" / "digits-quick-epochs.2" / "index.html").read_text()
    assert "<script>" not in page
    if name == "raises":
        left = command(*ASKED, "--out", out)
        assert (
            left.returncode == 1
            and "failed before and left at that: 1 of 2 trials; --retry-failed runs them again" in left.stderr
        )
    again = command(*ASKED, "--retry-failed", "--out", out)
    assert again.returncode == 0, again.stderr
    assert {label: result.figures for label, result in results(out).items()} == {
        label: result.figures for label, result in undisturbed.items()
    }


def test_a_probe_that_raises_ends_the_run_with_exit_1_and_is_asked_again(command: Command, tmp_path: Path) -> None:
    injected, out = tmp_path / "injected", tmp_path / "out"
    injected.mkdir()
    (injected / "sitecustomize.py").write_text(
        "import benchmarks.probes.zero_block as probe\n\n\ndef measure(subject):\n    raise ValueError('no such')\n\n\nprobe.measure = measure\n"
    )
    asked = (
        "benchmarks.run",
        "--suite",
        "function_class",
        "--arms",
        "plain8",
        "--seeds",
        "1",
        "--set",
        "epochs=1",
        "--out",
        out,
    )
    done = command(*asked, PYTHONPATH=f"{injected}{os.pathsep}{ROOT}")
    assert done.returncode == 1 and "no such" in done.stderr
    assert command(*asked).returncode == 0


def test_losses_that_are_no_numbers_are_a_result(command: Command, tmp_path: Path) -> None:
    done = command(*ASKED, "--set", "learning_rate=1e6", "--out", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    for result in results(tmp_path).values():
        assert result.status == "diverged" and "was not finite" in result.detail and result.final is not None


def test_a_network_that_cannot_be_built_is_a_result_and_the_report_says_so(command: Command, tmp_path: Path) -> None:
    injected, out = tmp_path / "injected", tmp_path / "out"
    injected.mkdir()
    (injected / "sitecustomize.py").write_text(
        "import resnet_variants.network as network\nnetwork.initialise = lambda *_: 1 / 0\n"
    )
    done = command(*ASKED, "--arms", "plain8", "--out", out, PYTHONPATH=f"{injected}{os.pathsep}{ROOT}")
    assert done.returncode == 1
    assert "plain8 seed 0: failed: ZeroDivisionError" in done.stderr
    (page,) = (out / "depth").rglob("index.html")
    assert "Not measured: plain8 with seed 0 (failed): ZeroDivisionError: division by zero." in page.read_text()
