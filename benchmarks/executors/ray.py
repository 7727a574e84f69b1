"""Trials and probes on a Ray cluster: plain remote functions that send their events back one by one; records are written where the run was started.

A cluster that is named is used and left running; without one, a cluster of this machine is started for the run and ended with it.
Install Ray with: pip install -e '.[ray]'
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from benchmarks.executors import ray_node
from benchmarks.executors.events import (
    Attempt,
    Event,
    Finished,
    Job,
    Lost,
    Probed,
    Progress,
    Task,
    not_measured,
)
from benchmarks.executors.ray_cluster import Cluster, cause_of, connected, first_line, num_fitting, refuse_what_fits_nowhere
from benchmarks.spec.timing import TimingPlan
from benchmarks.store.environment import Checkout, Environment
from benchmarks.store.timings import TimingResult

POLL_SECONDS = 0.5
END = "end"


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
        return sum(num_fitting(node, self.needs) for node in nodes) - len(self.running)


def execute(tasks: Iterator[Task | None], job: Job, cluster: Cluster) -> Iterator[Event]:
    """Run trials or probes as they come, as many at once as the nodes have place for; a None from `tasks` says to ask again later.

    A task whose worker or node is gone is lost, and Ray does not try it again by itself. Whoever stops iterating ends what is running.

    Raises:
        WorkerStartError: there is no such cluster, or none of its nodes has what a trial takes.
    """
    with connected(cluster) as ray:
        refuse_what_fits_nowhere(ray, cluster.needs)
        needs = {"num_cpus": cluster.cpus_per_trial, "num_gpus": cluster.gpus_per_trial}
        remote = ray.remote(max_retries=0, num_returns="streaming", **needs)(ray_node.work)
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
        yield Lost(task=running.task, detail=first_line(error), status="oom")
        return
    except (session.ray.exceptions.RayError, StopIteration) as error:
        del session.running[stream]
        yield Lost(task=running.task, detail=f"{type(cause_of(error)).__name__}: {first_line(error)}")
        return
    if event == ray_node.READY:
        running.since = time.monotonic()
        if isinstance(running.task, Attempt):
            yield Progress(trial=running.task.trial, epoch=None)
        return
    if isinstance(event, Finished | Probed):
        del session.running[stream]
    yield event


def measure(plan: TimingPlan, device: str, checkout: Checkout, cluster: Cluster) -> TimingResult:
    """Time networks on one node that nothing else runs on meanwhile, by all that the node has."""
    result: TimingResult = _on_a_whole_node(cluster, partial(ray_node.measure, plan, device, checkout))
    return result


def environment_of(device: str, checkout: Checkout, cluster: Cluster) -> Environment:
    """The node on which networks would be timed."""
    found: Environment = _on_a_whole_node(cluster, partial(ray_node.describe_whole, device, checkout))
    return found


def _on_a_whole_node(cluster: Cluster, work: Callable[[], Any]) -> Any:
    with connected(cluster) as ray:
        refuse_what_fits_nowhere(ray, cluster.needs)
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"] and num_fitting(node["Resources"], cluster.needs)]
        whole = nodes[0]
        remote = ray.remote(max_retries=0, num_cpus=whole.get("CPU", 0), num_gpus=whole.get("GPU", 0))(ray_node.call)
        return ray.get(remote.remote(work))
