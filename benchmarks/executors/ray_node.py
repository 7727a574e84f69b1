"""Functions that run on a node of a cluster, in Ray's processes: run an item, time networks, describe the machine. `ray` is the driver's side.

Torch is loaded inside the functions, because the driver imports this file too.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from benchmarks.executors.events import Event, Job, WorkerReady, WorkItem
from benchmarks.spec.timing import TimingPlan
from benchmarks.store.cores import num_cores
from benchmarks.store.environment import Checkout, Environment, describe
from benchmarks.store.timings import TimingResult
from resnet_variants.source import search

if TYPE_CHECKING:
    from benchmarks.executors.worker import Workplace


class WorkplaceCache:
    """Workplace of a process. Ray reuses processes unless a trial has a GPU, so that images are moved to the device once."""

    def __init__(self) -> None:
        self.key: tuple[str, str] | None = None
        self.workplace: Workplace | None = None

    def find(self, job: Job, checksum: str) -> "Workplace":
        """Return the workplace for a job whose images have this checksum; build it if the last one was for another."""
        from benchmarks.executors.worker import Workplace

        key = (checksum, job.device)
        if self.workplace is None or self.key != key:
            self.workplace = None  # free the old images first
            self.workplace, self.key = Workplace(job), key
        return self.workplace


CACHE = WorkplaceCache()


def work(item: WorkItem, job: Job, checksum: str) -> Iterator[Event | WorkerReady]:
    """Yield WorkerReady once the workplace is ready, then the item's events."""
    workplace = CACHE.find(job, checksum)
    yield WorkerReady()
    yield from workplace.work(item, job)


def call(work: Callable[[], Any]) -> Any:
    """Call `work`; Ray accepts plain functions, but no partial ones."""
    return work()


def measure(plan: TimingPlan, device: str, checkout: Checkout, folders: tuple[str, ...]) -> TimingResult:
    """Time networks with all cores of the node; users' modules are also found in these folders."""
    search(folders)
    from benchmarks.measuring.timing import measure as measure_in_process

    return measure_in_process(plan, device, checkout)


def describe_whole(device: str, checkout: Checkout) -> Environment:
    """Describe the node as a timing session does, with all its cores."""
    return describe(device=device, num_threads=num_cores(), checkout=checkout)
