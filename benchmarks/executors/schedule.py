"""The loop that hands work items to a pool, stops late trials and passes on the pool's events."""

import math
import time
from collections.abc import Iterator
from typing import Protocol

from benchmarks.executors.events import (
    Attempt,
    EpochDone,
    Event,
    Finished,
    Job,
    Lost,
    Probed,
    Signal,
    Waiting,
    WorkerReady,
    WorkItem,
    not_measured,
)

POLL_SECONDS = 0.5
NOT_AT_WORK = math.inf  # start time of an item whose worker is not ready


class Pool(Protocol):
    """Workers that run several items at once: local processes, or a cluster. Items that run at the same time are distinct.

    A pool may collect items and start them at the next poll.
    """

    def room(self) -> int:
        """Return how many more items can be started now."""

    def start(self, item: WorkItem) -> None:
        """Give an item to the pool, which has room for it."""

    def poll(self) -> Iterator[tuple[WorkItem, Event | Signal]]:
        """Yield each running item's events so far, or wait up to `POLL_SECONDS` for one.

        The time of an item counts from its WorkerReady; after Finished, Probed or Lost it is out of the pool.

        Raises:
            WorkerStartError: no worker can start.
        """

    def stop(self, item: WorkItem) -> None:
        """Stop one running item, which yields no more events; the others continue."""

    def close(self) -> None:
        """Stop every running item and leave no process behind."""


def begun(item: WorkItem) -> list[tuple[WorkItem, Event]]:
    """Return a pool's events for an item that begins: a trial's first event, and none for a probe."""
    return [(item, EpochDone(trial=item.trial, epoch=None))] if isinstance(item, Attempt) else []


def run_items(items: Iterator[WorkItem | None], job: Job, pool: Pool) -> Iterator[Event]:
    """Run items in a pool as the iterator yields them; None means "nothing ready, poll again". Closing the generator closes the pool.

    Raises:
        WorkerStartError: no worker can start.
    """
    running: dict[WorkItem, float] = {}
    has_more = True
    try:
        while has_more or running:
            has_more = has_more and _fill(pool, items, running)
            if running:
                yield from _listen(pool, running)
                yield from _end_late(pool, running, job)
            elif has_more:
                time.sleep(POLL_SECONDS)
    finally:
        pool.close()


def _fill(pool: Pool, items: Iterator[WorkItem | None], running: dict[WorkItem, float]) -> bool:
    """Start items while the pool has room; return False once there are no more."""
    for _ in range(pool.room()):
        try:
            item = next(items)
        except StopIteration:
            return False
        if item is None:
            return True
        pool.start(item)
        running[item] = NOT_AT_WORK
    return True


def _listen(pool: Pool, running: dict[WorkItem, float]) -> Iterator[Event]:
    """Yield the pool's events; keep track of which items run, and since when."""
    for item, event in pool.poll():
        if isinstance(event, WorkerReady | Waiting):
            running[item] = time.monotonic() if isinstance(event, WorkerReady) else NOT_AT_WORK
            continue
        if isinstance(event, Finished | Probed | Lost):
            del running[item]
        yield event


def _end_late(pool: Pool, running: dict[WorkItem, float], job: Job) -> Iterator[Event]:
    """Stop trials that exceed the time limit; yield their results."""
    limit = job.timeout_seconds
    if limit is None:
        return
    latest = time.monotonic() - limit
    for item in [item for item, start in running.items() if isinstance(item, Attempt) and start < latest]:
        pool.stop(item)
        del running[item]
        yield not_measured(item, job, "timeout", f"it took longer than {limit:g} s and was ended")
