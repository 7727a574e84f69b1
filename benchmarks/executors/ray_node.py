"""What runs on a node of a cluster, in Ray's own processes: a task's events, a timing, or what machine it is. The driver's side is `ray`.

Torch is loaded inside the functions, since the driver imports this file, too.
"""

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.executors.events import Event, Job, Task
from benchmarks.spec.timing import TimingPlan
from benchmarks.store.cores import num_cores
from benchmarks.store.environment import Checkout, Environment, describe
from benchmarks.store.timings import TimingResult

READY = "ready"  # said before a task's first event
# of this process, which Ray uses again unless a trial has a GPU: images are brought to the device once
WORKPLACES: dict[tuple[str, str], Any] = {}


def work(task: Task, job: Job, checksum: str) -> Iterator[Event | str]:
    """A task's events, after the word that the work begins."""
    from benchmarks.executors.worker import Workplace

    key = (checksum, job.device)
    if key not in WORKPLACES:
        WORKPLACES.clear()
        WORKPLACES[key] = Workplace(job)
    yield READY
    yield from WORKPLACES[key].work(task, job)


def call(work: Callable[[], Any]) -> Any:
    """Ray calls functions, and no partial ones."""
    return work()


def measure(plan: TimingPlan, device: str, checkout: Checkout) -> TimingResult:
    """Time networks by all cores of the node."""
    from benchmarks.measuring.timing import measure as measure_in_process

    return measure_in_process(plan, device, checkout)


def describe_whole(device: str, checkout: Checkout) -> Environment:
    """The node, as a session of timing describes it."""
    return describe(device=device, num_threads=num_cores(), checkout=checkout)
