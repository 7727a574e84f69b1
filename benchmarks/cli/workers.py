"""Where trials run, and how: from the flags, checked, to an executor. None of it changes a result."""

from dataclasses import dataclass
from functools import partial

from benchmarks.executors import local, ray
from benchmarks.executors.events import NUM_RETRIES, Executor
from benchmarks.executors.ray_cluster import Cluster
from benchmarks.store.cores import num_cores
from resnet_variants.lookup import choose

EXECUTORS = ("local", "ray")
Workers = int | Cluster  # so many processes of this machine, or a cluster


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """The flags that say how trials are run, and change no result; the compiler alone rounds otherwise, and is named in the records."""

    executor: str = "local"
    jobs: str = "auto"
    ray_address: str | None = None
    cpus_per_trial: float = 1.0
    gpus_per_trial: float | None = None
    trial_timeout: float | None = None
    retries: int = NUM_RETRIES
    checkpoint_every: int | None = None
    is_compiled: bool = False


def executor_of(workers: Workers, num_tasks: int) -> Executor:
    """What runs so many tasks."""
    if isinstance(workers, Cluster):
        return partial(ray.execute, cluster=workers)
    return partial(local.execute, num_workers=min(workers, num_tasks))


def workers_of(running: Running, device: str) -> Workers:
    """Where trials run, from the flags; they are checked here.

    Raises:
        ValueError: a flag's value is not possible, or speaks to another executor.
    """
    choose("executor", running.executor, dict.fromkeys(EXECUTORS))
    for flag, value, least in (
        ("--trial-timeout", running.trial_timeout, 1),
        ("--retries", running.retries, 0),
        ("--checkpoint-every", running.checkpoint_every, 0),
    ):
        if value is not None and not value >= least:
            raise ValueError(f"{flag} {value:g} is not possible: it must be {least} or more")
    if running.executor == "ray":
        if running.jobs != "auto":
            raise ValueError("--jobs is not possible with --executor ray, where --cpus-per-trial and --gpus-per-trial say it")
        gpus = running.gpus_per_trial if running.gpus_per_trial is not None else float(device == "cuda")
        return Cluster(address=running.ray_address, cpus_per_trial=running.cpus_per_trial, gpus_per_trial=gpus)
    defaults = Running()
    given = {
        "--ray-address": running.ray_address != defaults.ray_address,
        "--cpus-per-trial": running.cpus_per_trial != defaults.cpus_per_trial,
        "--gpus-per-trial": running.gpus_per_trial != defaults.gpus_per_trial,
    }
    for flag in given:
        if given[flag]:
            raise ValueError(f"{flag} needs --executor ray")
    return _num_workers(running.jobs) or (num_cores() if device == "cpu" else 1)


def shard_of(text: str | None) -> tuple[int, int]:
    """Which part of how many: "2/8" is the second of eight."""
    if text is None:
        return 1, 1
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise ValueError(f"--shard {text!r} is not possible: it must be I/N, such as 1/8, with I from 1 to N")
    return int(number), int(of)


def _num_workers(jobs: str) -> int | None:
    """The number asked for; None for "auto"."""
    if jobs.lower() == "auto":
        return None
    if not jobs.isdecimal() or int(jobs) < 1:
        raise ValueError(f"--jobs {jobs!r} is not possible: it must be 'auto' or a whole number from 1 on")
    return int(jobs)
