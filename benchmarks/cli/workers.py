"""Choose the device, the workers and the executor of a run. None of them changes a result."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.cli.execution_options import ExecutionOptions
from benchmarks.cli.flags import Request
from benchmarks.cli.shadows import hidden_by
from benchmarks.executors import lanes, local, ray
from benchmarks.executors.events import Executor
from benchmarks.executors.ray_cluster import Cluster
from benchmarks.store.cores import num_cores
from benchmarks.store.environment import Checkout, read_checkout
from benchmarks.training.device import resolve_device

# ResNet-20 on one H200, bf16, batch 128, training images a second of all lanes: 62,500 with one and 137,000 with eight; compiled 81,600 with one,
# 144,000 with four, 156,800 with eight, 157,800 with sixteen (a prototype, see docs/gpu.md): eight is the least within 5% of the best
LANES_OF_A_GPU = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Lanes:
    """Trials at once in one process of this machine."""

    num_lanes: int


Workers = int | Lanes | Cluster  # number of processes on this machine, lanes of one process, or a cluster


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """What all studies and timing sessions of a request share: the device, the code's version, and where trials run."""

    device: str
    checkout: Checkout
    workers: Workers


def resolve_context(request: Request) -> Context:
    """Choose the device and the workers of a request.

    Raises:
        ValueError: the device does not exist, or the workers are not possible.
    """
    options = request.options
    device = resolve_device(request.device, is_elsewhere=options.executor == "ray" and options.ray_address is not None)
    return Context(device=device, checkout=read_checkout(), workers=workers_of(options, device))


def executor_of(workers: Workers, num_tasks: int) -> Executor:
    """Return the executor that runs this number of tasks."""
    if isinstance(workers, Cluster):
        return partial(ray.execute, cluster=workers)
    if isinstance(workers, Lanes):
        return partial(lanes.execute, num_lanes=min(workers.num_lanes, num_tasks))
    return partial(local.execute, num_workers=min(workers, num_tasks))


def num_at_once(workers: Workers) -> int:
    """Return how many trials run at once on this machine; 1 on a cluster, whose size is not known here."""
    if isinstance(workers, Lanes):
        return workers.num_lanes
    return workers if isinstance(workers, int) else 1


def workers_of(options: ExecutionOptions, device: str) -> Workers:
    """Return where trials run.

    Raises:
        ValueError: the cluster's options are invalid, or its workers would load other packages from the current folder instead of ours.
    """
    if options.executor == "ray":
        hidden = [package for package in hidden_by(Path.cwd()) if package != "analysis"]  # no worker loads analysis
        if hidden:
            raise ValueError(
                f"--executor ray cannot run here: Ray's workers would load another {' and '.join(hidden)} from "
                f"{Path.cwd()}: start in another folder"
            )
        gpus = options.gpus_per_trial if options.gpus_per_trial is not None else float(device == "cuda")
        return Cluster(address=options.ray_address, cpus_per_trial=options.cpus_per_trial, gpus_per_trial=gpus)
    kind = options.executor
    if kind == "auto":
        kind = "lanes" if device == "cuda" else "local"
    if kind == "lanes":
        if device == "mps":
            raise ValueError("--executor lanes needs a CUDA device or the CPU, got mps: use --executor local")
        default = LANES_OF_A_GPU if device == "cuda" else num_cores()
        return Lanes(num_lanes=default if options.jobs.lower() == "auto" else int(options.jobs))
    if options.jobs.lower() != "auto":
        return int(options.jobs)
    return num_cores() if device == "cpu" else 1
