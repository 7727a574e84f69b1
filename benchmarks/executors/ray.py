"""Run trials and probes on a Ray cluster: plain remote functions stream their events to the driver, which writes the records.

A cluster whose address is given is used and left running; otherwise a local cluster is started for the run and stopped after it.
Install Ray with: pip install -e '.[ray]'
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.executors import ray_node
from benchmarks.executors.events import Event, Finished, Job, Lost, Probed, Signal, WorkerReady, WorkItem
from benchmarks.executors.ray_cluster import Cluster, cause_of, connected, first_line, num_fitting, refuse_what_fits_nowhere
from benchmarks.executors.schedule import POLL_SECONDS, begun, run_items
from benchmarks.spec.timing import TimingPlan
from benchmarks.store.environment import Checkout, Environment
from benchmarks.store.timings import TimingResult
from resnet_variants.source import searched


class RayPool:
    """As many items as fit on the nodes of a connected cluster; Ray itself retries none."""

    def __init__(self, ray: Any, job: Job, cluster: Cluster) -> None:
        self.ray, self.needs = ray, cluster.needs
        takes = {"num_cpus": cluster.cpus_per_trial, "num_gpus": cluster.gpus_per_trial}
        self.remote = ray.remote(max_retries=0, num_returns="streaming", **takes)(ray_node.work)
        self.job = ray.put(job)  # sends the images to each node only once
        self.checksum = job.images.identity().checksum
        self.running: dict[Any, WorkItem] = {}  # by their streams of events

    def room(self) -> int:
        """Return how many more items fit on the nodes that are alive now."""
        nodes = [node["Resources"] for node in self.ray.nodes() if node["Alive"]]
        return sum(num_fitting(node, self.needs) for node in nodes) - len(self.running)

    def start(self, item: WorkItem) -> None:
        """Hand an item to the cluster."""
        self.running[self.remote.remote(item, self.job, self.checksum)] = item

    def poll(self) -> Iterator[tuple[WorkItem, Event | Signal]]:
        """Yield what the items have reported or report within a short while, at most one event per item."""
        streams = list(self.running)
        ready, _ = self.ray.wait(streams, num_returns=len(streams), timeout=0, fetch_local=False)
        if not ready:
            ready, _ = self.ray.wait(streams, num_returns=1, timeout=POLL_SECONDS, fetch_local=False)
        for stream in ready:
            item = self.running[stream]
            event = self._next_event(stream, item)
            if isinstance(event, Finished | Probed | Lost):
                del self.running[stream]
            yield item, event
            if isinstance(event, WorkerReady):
                yield from begun(item)

    def _next_event(self, stream: Any, item: WorkItem) -> Event | Signal:
        """Return an item's next event, or Lost."""
        try:
            event: Event | Signal = self.ray.get(next(stream))
            return event
        except self.ray.exceptions.OutOfMemoryError as error:  # the item that Ray killed need not be the one that used the memory
            return Lost(item=item, detail=first_line(error), status="oom")
        except (self.ray.exceptions.RayError, StopIteration) as error:
            return Lost(item=item, detail=f"{type(cause_of(error)).__name__}: {first_line(error)}")

    def stop(self, item: WorkItem) -> None:
        """End the worker of an item."""
        stream = next(stream for stream, other in self.running.items() if other == item)
        self.ray.cancel(stream, force=True)
        del self.running[stream]

    def close(self) -> None:
        """End the workers of all running items."""
        for stream in self.running:
            self.ray.cancel(stream, force=True)


def execute(items: Iterator[WorkItem | None], job: Job, cluster: Cluster) -> Iterator[Event]:
    """Run trials or probes on a cluster, as many at once as fit on its nodes; an Executor.

    Raises:
        WorkerStartError: the cluster cannot be reached, or no node is large enough for a trial.
    """
    with connected(cluster) as ray:
        refuse_what_fits_nowhere(ray, cluster.needs)
        yield from run_items(items, job, RayPool(ray, job, cluster))


def measure(plan: TimingPlan, device: str, checkout: Checkout, cluster: Cluster) -> TimingResult:
    """Time networks on one whole node of the cluster, on which nothing else runs meanwhile."""
    result: TimingResult = _call_on_whole_node(cluster, partial(ray_node.measure, plan, device, checkout, searched()))
    return result


def environment_of(device: str, checkout: Checkout, cluster: Cluster) -> Environment:
    """Describe the node on which networks would be timed."""
    environment: Environment = _call_on_whole_node(cluster, partial(ray_node.describe_whole, device, checkout))
    return environment


def _call_on_whole_node(cluster: Cluster, work: Callable[[], Any]) -> Any:
    with connected(cluster) as ray:
        refuse_what_fits_nowhere(ray, cluster.needs)
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"] and num_fitting(node["Resources"], cluster.needs)]
        whole = nodes[0]
        remote = ray.remote(max_retries=0, num_cpus=whole.get("CPU", 0), num_gpus=whole.get("GPU", 0))(ray_node.call)
        return ray.get(remote.remote(work))
