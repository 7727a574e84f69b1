"""Injected: trials that exit hard, hang, ask for more memory than there is, raise, cannot be built, or leave the numbers; each in the worker
itself.

What must hold: they alone are without figures, their records say what happened, the other trials' records are those of an undisturbed run, no
process stays behind, and `--retry-failed` makes the records good.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

pytestmark = pytest.mark.slow
Command = Callable[..., "subprocess.CompletedProcess[str]"]
Done = subprocess.CompletedProcess[str]
ROOT = Path(__file__).parents[2]
ASKED = (
    "benchmarks.run",
    "--suite",
    "depth",
    "--arms",
    "*8",
    "--rates",
    "recipe",
    "--set",
    "epochs=2",
    "--jobs",
    "1",
    "--retries",
    "0",
)
REPORT = Path("depth", "digits-splits-quick-epochs.2", "index.html")
INJECTED = """
import os, time, torch
from benchmarks.training.loop import Training
run_steps = Training._run_steps
def fail(): raise ValueError('<script>no\\nsuch')
faults = [lambda: os._exit(7), lambda: time.sleep(10_000), lambda: torch.empty(2**46), fail]
def faulty(self, draws_SDB):
    turns = run_steps(self, draws_SDB)
    while True:
        try:
            turn = next(turns)
        except StopIteration as end:
            return end.value
        if self.trial.architecture.shortcut == "none" and self.iteration == 3:
            faults[self.trial.seed]()
        yield turn
Training._run_steps = faulty
"""
ENDS = [  # of the plain network with each seed
    ("failed", "the worker process ended with exit code 7"),
    ("timeout", "it took longer than 10 s and was ended"),
    ("oom", "can't allocate memory"),
    ("failed", "ValueError: <script>no\nsuch"),
]
SEEDS = ("--seeds", len(ENDS))


def results(out: Path) -> dict[tuple[str, int], TrialResult]:
    return {(result.trial.arm.label, result.trial.seed): result for result in Out(out).trials.read_all()[0]}


def figures(out: Path) -> dict[tuple[str, int], object]:
    return {trial: result.reproducible for trial, result in results(out).items()}


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
def undisturbed(command: Command, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], object]:
    out = tmp_path_factory.mktemp("undisturbed")
    assert command(*ASKED, *SEEDS, "--out", out).returncode == 0
    return figures(out)


@pytest.fixture(scope="module")
def disturbed(command: Command, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """The folder of a run in which each trial of the plain network goes wrong in another way, and how the run ended."""
    folder = tmp_path_factory.mktemp("disturbed")
    injected, out = folder / "injected", folder / "out"
    injected.mkdir()
    (injected / "sitecustomize.py").write_text(INJECTED)
    path = f"{injected}{os.pathsep}{ROOT}"
    done = command(*ASKED, *SEEDS, "--trial-timeout", 10, "--out", out, "--json", PYTHONPATH=path)
    assert left_behind(injected) == []
    return out, done


@pytest.mark.parametrize("seed", range(len(ENDS)))
def test_a_trial_that_goes_wrong_says_how(seed: int, disturbed: tuple[Path, Done]) -> None:
    status, detail = ENDS[seed]
    found = results(disturbed[0])["plain8", seed]
    assert found.status == status and detail in found.detail


def test_the_trials_beside_it_are_those_of_an_undisturbed_run(
    disturbed: tuple[Path, Done], undisturbed: dict[tuple[str, int], object]
) -> None:
    out, done = disturbed
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)[0]["not_measured"] == len(ENDS)
    found = figures(out)
    for seed in range(len(ENDS)):
        assert found["resnet8", seed] == undisturbed["resnet8", seed]
    assert "<script>no" not in (out / REPORT).read_text()


def test_those_that_failed_are_left_at_that_until_they_are_to_be_tried_again(
    command: Command, disturbed: tuple[Path, Done], undisturbed: dict[tuple[str, int], object], tmp_path: Path
) -> None:
    out = shutil.copytree(disturbed[0], tmp_path / "out")
    left = command(*ASKED, *SEEDS, "--out", out)
    assert left.returncode == 1
    assert "failed before and not retried: 4 of 8 trials; --retry-failed runs them again" in left.stderr
    again = command(*ASKED, *SEEDS, "--retry-failed", "--out", out)
    assert again.returncode == 0, again.stderr
    assert figures(out) == undisturbed


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
    done = command(*ASKED, "--seeds", 1, "--set", "learning_rate=1e6", "--out", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    for result in results(tmp_path).values():
        assert result.status == "diverged" and "was not finite" in result.detail and result.final is not None


def test_a_network_that_cannot_be_built_is_a_result_and_the_report_says_so(command: Command, tmp_path: Path) -> None:
    injected, out = tmp_path / "injected", tmp_path / "out"
    injected.mkdir()
    (injected / "sitecustomize.py").write_text(
        "import resnet_variants.network as network\nnetwork.initialise = lambda *_: 1 / 0\n"
    )
    one_arm = ["plain8" if word == "*8" else word for word in ASKED]
    done = command(*one_arm, "--seeds", 1, "--out", out, PYTHONPATH=f"{injected}{os.pathsep}{ROOT}")
    assert done.returncode == 1
    assert "plain8 seed 0: failed: ZeroDivisionError" in done.stderr
    (page,) = (out / "depth").rglob("index.html")
    assert "Not measured: plain8 with seed 0 (failed): ZeroDivisionError: division by zero." in page.read_text()
