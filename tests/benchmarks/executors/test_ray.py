"""On a Ray cluster: the records of this machine's workers, bit for bit, and an answer to whatever a cluster does."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from benchmarks.cli.plan import plan
from benchmarks.cli.workers import executor_of
from benchmarks.executors import ray as on_ray
from benchmarks.executors.carry_out import carry_out
from benchmarks.executors.events import Attempt, EpochDone, Event, Executor, Finished, Job, Lost, WorkerStartError
from benchmarks.executors.ray import Cluster
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import arms
from benchmarks.spec.timing import TimingPlan, Workload
from benchmarks.spec.trial import Trial
from benchmarks.store.cores import num_cores
from benchmarks.store.environment import Checkout
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult
from resnet_variants import parse

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install -e '.[ray]'")
pytestmark = pytest.mark.slow
ONE_CORE = Cluster(address=None, cpus_per_trial=1.0, gpus_per_trial=0.0)
ASKED = ("--suite", "depth", "--arms", "plain8", "--rates", "recipe", "--set", "epochs=1", "--executor", "ray")
Command = Callable[..., "subprocess.CompletedProcess[str]"]
RECIPE = Recipe(epochs=2, batch_size=16, schedule="one-cycle", warmup_fraction=0.2)


def trials_of(tiny: Images, *names: str, epochs: int = 2, seeds: int = 1) -> list[Trial]:
    return list(plan(arms(*names).values(), tiny, replace(RECIPE, epochs=epochs), seeds))


def carried_out(trials: list[Trial], job: Job, folder: Path, execute: Executor) -> tuple[list[TrialResult | None], list[Event]]:
    out, events = Out(folder), []
    out.prepare()
    carry_out(trials, job, out, execute, events.append)
    return [out.trials.find(trial) for trial in trials], events


def test_records_are_those_of_this_machines_workers(tiny: Images, job: Job, tmp_path: Path) -> None:
    trials = trials_of(tiny, "plain8:width=4", "resnet8:width=4,dropout=0.3", epochs=4, seeds=2)
    job = replace(job, weights_of=frozenset(trial.key for trial in trials), checkpoint_every=1)
    far, events = carried_out(trials, job, tmp_path / "ray", partial(on_ray.execute, cluster=ONE_CORE))
    near, _ = carried_out(trials, job, tmp_path / "local", executor_of(2, 4))
    assert [result and result.reproducible for result in far] == [result and result.reproducible for result in near]
    assert all(result and result.status == "ok" for result in far)
    weights = [
        {path.name: path.read_bytes() for path in (tmp_path / name / "trials").glob("*.safetensors")} for name in ("ray", "local")
    ]
    assert weights[0] == weights[1] and len(weights[0]) == 4
    assert sum(isinstance(event, EpochDone) and event.epoch is not None for event in events) == 16
    assert not ray.is_initialized()


def test_what_no_node_has_is_an_error_at_once(tiny: Images, job: Job) -> None:
    greedy = Cluster(address=None, cpus_per_trial=10_000.0, gpus_per_trial=0.0)
    start = time.monotonic()
    with pytest.raises(WorkerStartError, match="takes 10000 CPU, and no node of the cluster has that"):
        next(on_ray.execute(iter([Attempt(trial=trials_of(tiny, "plain8:width=4")[0])]), job, greedy))
    assert time.monotonic() - start < 60


def test_a_trial_that_takes_too_long_is_ended_and_a_killed_worker_loses_its_trial(tiny: Images, job: Job) -> None:
    (endless,) = trials_of(tiny, "plain8:width=4", epochs=100_000)
    timed = replace(job, timeout_seconds=2.0)
    *_, last = on_ray.execute(iter([Attempt(trial=endless)]), timed, ONE_CORE)
    assert isinstance(last, Finished) and (last.result.status, last.result.detail) == (
        "timeout",
        "it took longer than 2 s and was ended",
    )
    events = []
    for event in on_ray.execute(iter([Attempt(trial=endless)]), job, ONE_CORE):
        if isinstance(event, EpochDone) and event.epoch and event.epoch.epoch == 2:
            (worker,) = [process for process in processes() if process[1].startswith("ray::work")]
            os.kill(worker[0], signal.SIGKILL)
        events.append(event)
    assert isinstance(events[-1], Lost) and "died" in events[-1].detail.lower()


def processes() -> list[tuple[int, str]]:
    """Every process there is, with its name."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append((int(path.parent.name), path.read_bytes().replace(b"\0", b" ").decode()))
        except OSError:
            continue
    return [one for one in found if one[1].startswith("ray::")]


OPEN = {"RAY_AUTH_MODE": "disabled"}  # of a cluster for a test


@pytest.fixture
def cluster() -> Iterator[str]:
    """The address of a cluster that stands for itself, with a node for one trial."""
    program, port = Path(sys.executable).parent / "ray", 6399
    start = f"{program} start --head --port={port} --num-cpus=1 --include-dashboard=false --disable-usage-stats"
    for command in (start, f"{program} stop --force"):
        subprocess.run(command.split(), check=True, capture_output=True, timeout=120, env=os.environ | OPEN)
        if command == start:
            yield f"127.0.0.1:{port}"


def test_a_cluster_that_is_there_is_used_and_left_running(command: Command, tmp_path: Path, cluster: str) -> None:
    for seeds in ("1", "2"):
        done = command(
            "benchmarks.run", *ASKED, "--seeds", seeds, "--ray-address", cluster, "--out", tmp_path, timeout=300, **OPEN
        )
        assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "trials").glob("*.json"))) == 2


def test_an_address_that_nothing_answers_at_is_an_error_at_once(job: Job) -> None:
    start = time.monotonic()
    with pytest.raises(WorkerStartError, match=re.escape("no Ray cluster at 127.0.0.1:1: ")):
        next(on_ray.execute(iter([]), job, replace(ONE_CORE, address="127.0.0.1:1")))
    assert time.monotonic() - start < 20


def test_networks_are_timed_on_a_whole_node_as_here(tiny: Images) -> None:
    """A node with two cores of which a trial would take one: the timing takes both, so that no trial runs beside it."""
    one = Workload(architecture=parse("plain8:width=4"), task=tiny.facts.task(RECIPE), batch_size=16, steps=("train", "infer"))
    asked = TimingPlan(workloads=(one,), precision="fp32", num_rounds=2)
    found = on_ray.measure(asked, "cpu", Checkout(commit=None, is_dirty=None), ONE_CORE)
    (network,) = found.networks
    assert not network.detail and len(network.train_step_seconds) == len(network.infer_step_seconds) == 2
    assert found.plan == asked and found.environment.num_threads == num_cores()
    assert not ray.is_initialized()
