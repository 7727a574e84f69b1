"""Injected: a node that is removed from a Ray cluster in mid-run, and a trial whose memory Ray's own monitor ends it for.

What must hold: the trial that was on the node goes on elsewhere from its checkpoint, to the record of an undisturbed run; the trial that took
too much is tried again as often as any that was lost, then recorded as out of memory; the others' records are those of an undisturbed run.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks.data import Images
from benchmarks.executors import Checkpointed, Event, Job, Note
from benchmarks.executors import ray as on_ray
from benchmarks.executors.ray import Cluster
from benchmarks.machine import Checkout
from benchmarks.recipe import Recipe
from benchmarks.records import Store
from benchmarks.study import carry_out, plan
from benchmarks.suite import arms_named
from benchmarks.workers import executor_of

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install -e '.[ray]'")
pytestmark = pytest.mark.slow
Command = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).parents[2]
RECIPE = Recipe(epochs=60, batch_size=16, schedule="one-cycle", warmup_fraction=0.2)


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A cluster whose first machine trains nothing, with two others for one trial each."""
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    from ray.cluster_utils import Cluster as Machines

    machines = Machines(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for _ in range(2):
        machines.add_node(num_cpus=1)
    yield machines
    machines.shutdown()


def test_a_trial_whose_node_is_removed_goes_on_elsewhere_to_the_same_bits(tiny: Images, nodes: Any, tmp_path: Path) -> None:
    job = Job(images=tiny, device="cpu", checkout=Checkout(commit=None, is_dirty=None), checkpoint_every=5)
    trials = plan(arms_named(["plain8:width=4", "resnet8:width=4"]).values(), tiny, RECIPE, 2).trials
    notes: list[str] = []
    removed: list[str] = []

    def on_event(event: Event) -> None:
        if isinstance(event, Note):
            notes.append(event.words)
        if isinstance(event, Checkpointed) and not removed:  # both nodes are at work
            ours = ray.get_runtime_context().get_node_id()  # a run does not outlive the node that it was started on
            doomed = next(node for node in nodes.list_all_nodes()[1:] if node.node_id != ours)
            removed.append(doomed.node_id)
            nodes.remove_node(doomed, allow_graceful=False)

    where = Cluster(address=nodes.address, cpus_per_trial=1.0, gpus_per_trial=0.0)
    stores = [Store(folder=tmp_path / name / "trials") for name in ("disturbed", "undisturbed")]
    for store, execute in zip(stores, (partial(on_ray.execute, cluster=where), executor_of(2, 4)), strict=True):
        store.prepare()
        carry_out(trials, job, store, execute, on_event)
    assert len(removed) == len(notes) == 1 and notes[0].endswith("it is tried again (1 of 1)"), notes
    disturbed, undisturbed = ([store.find(trial) for trial in trials] for store in stores)
    assert all(result and result.status == "ok" for result in disturbed)
    assert [result and result.figures for result in disturbed] == [result and result.figures for result in undisturbed]


ASKED = ("benchmarks.run", "--suite", "depth", "--arms", "*8", "--seeds", "1", "--set", "epochs=1")
GREEDY = """
import time, torch
from benchmarks.training import Training
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
    done = command(*ASKED, "--executor", "ray", "--out", tmp_path / "ray", timeout=240, **monitor)
    assert done.returncode == 1, done.stderr
    found = {result.trial.arm.label: result for result in Store(folder=tmp_path / "ray" / "trials").read_all()[0]}
    assert "it is tried again (1 of 1)" in done.stderr
    assert found["plain8"].status == "oom" and "memory" in found["plain8"].detail, found["plain8"].detail
    assert command(*ASKED, "--arms", "resnet8", "--out", tmp_path / "local").returncode == 0
    (undisturbed,) = Store(folder=tmp_path / "local" / "trials").read_all()[0]
    assert found["resnet8"].figures == undisturbed.figures
