"""Trials and probes on a Ray cluster: plain remote functions that send their events back one by one; records are written where the run was started.

A cluster that is named is used and left running; without one, a cluster of this machine is started for the run and ended with it.
Install Ray with: pip install -e '.[ray]'
"""

import logging
import math
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from typing import Any

from benchmarks.cores import num_cores
from benchmarks.executors import (
    Attempt,
    Event,
    Finished,
    Job,
    Lost,
    Probed,
    Progress,
    Task,
    WorkerStartError,
    not_measured,
    on_node,
)
from benchmarks.machine import Checkout, Environment
from benchmarks.timings import TimingPlan, TimingResult

POLL_SECONDS = 0.5
CONNECT_SECONDS = 10
END = "end"


@dataclass(frozen=True, kw_only=True, slots=True)
class Cluster:
    """Where the cluster is (None: one of this machine, for this run), and what a trial takes of a node.

    Raises:
        ValueError: Ray is not installed, or a share that is not possible.
    """

    address: str | None
    cpus_per_trial: float
    gpus_per_trial: float

    def __post_init__(self) -> None:
        if find_spec("ray") is None:
            raise ValueError("--executor ray needs Ray: pip install -e '.[ray]'")
        if self.address not in (None, "auto") and not re.fullmatch(r"[^/]+:\d{1,5}", self.address or ""):
            raise ValueError(f"--ray-address {self.address!r} is not possible: it must be HOST:PORT, or auto")
        asked = (self.cpus_per_trial, self.gpus_per_trial)
        if not all(math.isfinite(number) and number >= 0 for number in asked) or sum(asked) == 0:
            raise ValueError(
                f"--cpus-per-trial {self.cpus_per_trial:g} with --gpus-per-trial {self.gpus_per_trial:g} is not possible: "
                "neither may be below 0, and one must be above"
            )

    @property
    def needs(self) -> dict[str, float]:
        """What a trial takes, by Ray's names."""
        needs = {"CPU": self.cpus_per_trial, "GPU": self.gpus_per_trial}
        return {name: number for name, number in needs.items() if number}


@dataclass(kw_only=True, slots=True)
class Running:
    """A task that was handed to the cluster; `since` when it has been at work."""

    task: Task
    since: float | None = None

    def is_late(self, job: Job) -> bool:
        """Whether its trial takes longer than it may."""
        if job.timeout_seconds is None or self.since is None or not isinstance(self.task, Attempt):
            return False
        return time.monotonic() - self.since > job.timeout_seconds


@dataclass(kw_only=True, slots=True)
class Session:
    """A connection to the cluster, and the tasks that are on it."""

    ray: Any
    remote: Any
    job: Job
    needs: dict[str, float]
    running: dict[Any, Running] = field(default_factory=dict)

    def room(self) -> int:
        """For how many tasks more there is place, on the nodes that are there now."""
        nodes = [node["Resources"] for node in self.ray.nodes() if node["Alive"]]
        return sum(_fits(node, self.needs) for node in nodes) - len(self.running)


def execute(tasks: Iterator[Task | None], job: Job, cluster: Cluster) -> Iterator[Event]:
    """Run trials or probes as they come, as many at once as the nodes have place for; a None from `tasks` says to ask again later.

    A task whose worker or node is gone is lost, and Ray does not try it again by itself. Whoever stops iterating ends what is running.

    Raises:
        WorkerStartError: there is no such cluster, or none of its nodes has what a trial takes.
    """
    with _connected(cluster) as ray:
        _refuse_what_fits_nowhere(ray, cluster.needs)
        needs = {"num_cpus": cluster.cpus_per_trial, "num_gpus": cluster.gpus_per_trial}
        remote = ray.remote(max_retries=0, num_returns="streaming", **needs)(on_node.work)
        session = Session(ray=ray, remote=remote, job=job, needs=cluster.needs)
        shared = ray.put(job)  # the images travel once to each node
        has_more = True
        try:
            while has_more or session.running:
                room = session.room() if has_more else 0
                while has_more and room > 0:
                    task = next(tasks, END)
                    if task is None:
                        break
                    if isinstance(task, str):
                        has_more = False
                        break
                    session.running[remote.remote(task, shared, job.images.identity().checksum)] = Running(task=task)
                    room -= 1
                yield from _listen(session)
        finally:
            for stream in session.running:
                ray.cancel(stream, force=True)


def _listen(session: Session) -> Iterator[Event]:
    """What has been said by now, or within a short while."""
    if not session.running:
        time.sleep(POLL_SECONDS)
        return
    streams = list(session.running)
    ready, _ = session.ray.wait(streams, num_returns=len(streams), timeout=0, fetch_local=False)
    if not ready:
        ready, _ = session.ray.wait(streams, num_returns=1, timeout=POLL_SECONDS, fetch_local=False)
    for stream in ready:
        yield from _next_of(stream, session)
    for stream in [stream for stream, running in session.running.items() if running.is_late(session.job)]:
        session.ray.cancel(stream, force=True)
        task = session.running.pop(stream).task
        yield not_measured(task, session.job, "timeout", f"it took longer than {session.job.timeout_seconds:g} s and was ended")


def _next_of(stream: Any, session: Session) -> Iterator[Event]:
    """One event of a task, or that it is lost."""
    running = session.running[stream]
    try:
        event = session.ray.get(next(stream))
    except session.ray.exceptions.OutOfMemoryError as error:  # the one that was ended need not be the one that took it
        del session.running[stream]
        yield Lost(task=running.task, detail=_first_line(error), status="oom")
        return
    except (session.ray.exceptions.RayError, StopIteration) as error:
        del session.running[stream]
        yield Lost(task=running.task, detail=f"{type(_cause(error)).__name__}: {_first_line(error)}")
        return
    if event == on_node.READY:
        running.since = time.monotonic()
        if isinstance(running.task, Attempt):
            yield Progress(trial=running.task.trial, epoch=None)
        return
    if isinstance(event, Finished | Probed):
        del session.running[stream]
    yield event


def _cause(error: Exception) -> Exception:
    """What happened, which Ray puts a trace before."""
    cause = getattr(error, "cause", None)
    return cause if isinstance(cause, Exception) else error


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(_cause(error)).splitlines() if line.strip()), "it said nothing")


def measure(plan: TimingPlan, device: str, checkout: Checkout, cluster: Cluster) -> TimingResult:
    """Time networks on one node that nothing else runs on meanwhile, by all that the node has."""
    result: TimingResult = _on_a_whole_node(cluster, partial(on_node.measure, plan, device, checkout))
    return result


def environment_of(device: str, checkout: Checkout, cluster: Cluster) -> Environment:
    """The node on which networks would be timed."""
    found: Environment = _on_a_whole_node(cluster, partial(on_node.describe_whole, device, checkout))
    return found


def _on_a_whole_node(cluster: Cluster, work: Callable[[], Any]) -> Any:
    with _connected(cluster) as ray:
        _refuse_what_fits_nowhere(ray, cluster.needs)
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"] and _fits(node["Resources"], cluster.needs)]
        whole = nodes[0]
        remote = ray.remote(max_retries=0, num_cpus=whole.get("CPU", 0), num_gpus=whole.get("GPU", 0))(on_node.call)
        return ray.get(remote.remote(work))


@contextmanager
def _connected(cluster: Cluster) -> Iterator[Any]:
    """Ray, connected; it ends a cluster that was started here, and leaves one that was there."""
    import ray

    _refuse_silence(cluster.address)
    on_terminate = signal.getsignal(signal.SIGTERM)
    try:
        if cluster.address is None:
            # "local", whatever RAY_ADDRESS says: a stray one must not send a run elsewhere
            start = partial(ray.init, address="local", include_dashboard=False, num_cpus=num_cores())
            start(log_to_driver=False, logging_level=logging.WARNING)
        else:
            ray.init(address=cluster.address, log_to_driver=False, logging_level=logging.WARNING)
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        words = f"no Ray cluster at {cluster.address}: {_first_line(error)}; where it asks for a token, set RAY_AUTH_MODE=token"
        raise WorkerStartError(words) from error
    try:
        signal.signal(signal.SIGTERM, on_terminate)  # Ray puts its own there
        yield ray
    finally:
        ray.shutdown()


def _refuse_silence(address: str | None) -> None:
    """Ray waits for minutes for an address that nothing answers at."""
    if address is None or address == "auto":
        return
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
    except OSError as error:
        raise WorkerStartError(f"no Ray cluster at {address}: {error}") from error


def _refuse_what_fits_nowhere(ray: Any, needs: dict[str, float]) -> None:
    """Ray would wait for such a node for ever."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if not any(_fits(node, needs) for node in nodes):
        wanted = ", ".join(f"{number:g} {name}" for name, number in needs.items())
        have = "; ".join(", ".join(f"{node.get(name, 0):g} {name}" for name in ("CPU", "GPU")) for node in nodes)
        raise WorkerStartError(
            f"a trial takes {wanted}, and no node of the cluster has that (they have {have}): "
            "lower --cpus-per-trial or --gpus-per-trial"
        )


def _fits(node: dict[str, float], needs: dict[str, float]) -> int:
    """How many trials find place on a node at once."""
    return int(min(node.get(name, 0) / number for name, number in needs.items()))
