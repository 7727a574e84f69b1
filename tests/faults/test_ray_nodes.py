"""Injected: a node that is removed from a Ray cluster in mid-run, a trial whose memory Ray's own monitor ends it for, a stray RAY_ADDRESS.

What must hold: the trial that was on the node goes on elsewhere from its checkpoint, to the record of an undisturbed run; the trial that took
too much is tried again as often as any that was lost, then recorded as out of memory; the others' records are those of an undisturbed run;
an address that nobody asked for is not followed. The user reads which trial was lost, and Ray's first words about it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from benchmarks.cli.plan import plan
from benchmarks.cli.workers import executor_of
from benchmarks.executors import ray as on_ray
from benchmarks.executors.carry_out import carry_out
from benchmarks.executors.events import Checkpointed, Event, Executor, Job, Note
from benchmarks.executors.ray import Cluster
from benchmarks.spec.images import load_dataset
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import arms_on_parts
from benchmarks.store.environment import Checkout
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install -e '.[ray]'")
pytestmark = pytest.mark.slow
Command = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).parents[2]
RECIPE = Recipe(iterations=300, batch_size=16, augment="crop-flip")
SHARE = 0.05  # of the digits: 65 images, so that each trial passes through them sixty times


def carried_out(folder: Path, execute: Executor, on_event: Callable[[Event], None]) -> list[TrialResult | None]:
    """The results of four trials, whose states are kept every fifth pass."""
    images = load_dataset("digits").load(None, False)
    job = Job(images=images, device="cpu", checkout=Checkout(commit=None, is_dirty=None), checkpoint_every=5)
    trials = plan(arms_on_parts(["plain8:width=4", "resnet8:width=4"], [SHARE]).values(), images, RECIPE, 2)
    out = Out(folder)
    out.prepare()
    carry_out(trials, job, out, execute, on_event)
    return [out.trials.find(trial) for trial in trials]


def lose_a_node(out: Path) -> list[str]:
    """Run on a cluster whose first machine trains nothing, with two others for one trial each, of which one is removed; what a run says then."""
    from ray.cluster_utils import Cluster as Machines

    machines = Machines(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for _ in range(2):
        machines.add_node(num_cpus=1)
    notes: list[str] = []
    removed: list[str] = []

    def on_event(event: Event) -> None:
        if isinstance(event, Note):
            notes.append(event.words)
        if isinstance(event, Checkpointed) and not removed:  # both nodes are at work
            ours = ray.get_runtime_context().get_node_id()  # a run does not outlive the node that it was started on
            doomed = next(node for node in machines.list_all_nodes()[1:] if node.node_id != ours)
            removed.append(doomed.node_id)
            machines.remove_node(doomed, allow_graceful=False)

    where = Cluster(address=machines.address, cpus_per_trial=1.0, gpus_per_trial=0.0)
    carried_out(out, partial(on_ray.execute, cluster=where), on_event)
    machines.shutdown()
    return notes


def test_a_trial_whose_node_is_removed_goes_on_elsewhere_to_the_same_bits(tmp_path: Path) -> None:
    """The cluster and its run in a process of their own: Ray keeps more from one cluster to the next than it says."""
    asked = [sys.executable, __file__, str(tmp_path / "disturbed")]
    done = subprocess.run(
        asked, capture_output=True, text=True, timeout=300, check=False, env=os.environ | {"RAY_AUTH_MODE": "disabled"}
    )
    assert done.returncode == 0, done.stderr
    notes = json.loads(done.stdout.splitlines()[-1])
    assert len(notes) == 1 and notes[0].endswith("retry 1 of 1"), notes
    undisturbed = carried_out(tmp_path / "undisturbed", executor_of(2, 4), lambda event: None)
    disturbed = Out(tmp_path / "disturbed").trials
    for result in undisturbed:
        assert result and result.status == "ok"
        found = disturbed.find(result.trial)
        assert found and found.reproducible == result.reproducible


def asked(arms: str) -> tuple[str, ...]:
    return ("benchmarks.run", "--suite", "depth", "--arms", arms, "--seeds", "1", "--rates", "recipe", "--set", "epochs=1")


GREEDY = """
import time, torch
from benchmarks.training.loop import Training
step = Training.step
def greedy(self, x_BCHW, labels_B):
    if self.trial.architecture.shortcut == "none":
        taken = []
        while True:
            taken.append(torch.ones({piece} // 4))
            time.sleep(0.05)
    return step(self, x_BCHW, labels_B)
Training.step = greedy
"""


def memory() -> tuple[int, int]:
    """Bytes of this machine: all, and those that are free."""
    fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    total, free = (int(fields[name].split()[0]) * 1024 for name in ("MemTotal", "MemAvailable"))
    return total, free


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="how much memory there is is read where Linux keeps it")
def test_a_trial_that_ray_ends_for_its_memory_is_recorded_so_and_not_tried_for_ever(command: Command, tmp_path: Path) -> None:
    total, free = memory()
    if free < total / 2:
        pytest.skip("less than half of this machine's memory is free")
    injected = tmp_path / "injected"
    injected.mkdir()
    (injected / "sitecustomize.py").write_text(GREEDY.format(piece=total // 200))
    monitor = {
        "RAY_memory_usage_threshold": f"{1 - free / total + 0.2:.2f}",  # a fifth of the machine is left to the run
        "RAY_memory_monitor_refresh_ms": "100",
        "PYTHONPATH": f"{injected}{os.pathsep}{ROOT}",
    }
    done = command(*asked("*8"), "--executor", "ray", "--out", tmp_path / "ray", timeout=240, **monitor)
    assert done.returncode == 1, done.stderr
    found = {result.trial.arm.label: result for result in Out(tmp_path / "ray").trials.read_all()[0]}
    assert "retry 1 of 1" in done.stderr
    assert found["plain8"].status == "oom" and "memory" in found["plain8"].detail, found["plain8"].detail
    assert command(*asked("resnet8"), "--out", tmp_path / "local").returncode == 0
    (undisturbed,) = Out(tmp_path / "local").trials.read_all()[0]
    assert found["resnet8"].reproducible == undisturbed.reproducible


def test_a_stray_address_is_not_followed(command: Command, tmp_path: Path) -> None:
    done = command(*asked("plain8"), "--executor", "ray", "--out", tmp_path, RAY_ADDRESS="192.0.2.1:6379", timeout=300)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "trials").glob("*.json"))) == 1


if __name__ == "__main__":
    print("\n" + json.dumps(lose_a_node(Path(sys.argv[1]))))
