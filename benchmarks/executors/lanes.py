"""Run trials and probes in the lanes of one process on this machine: several at once, which share a GPU without waiting for each other.

An error in one lane concerns only its trial, with two exceptions: a trial that runs out of memory beside others says nothing of itself, and an
error of the GPU ends the process with all its lanes. These trials are run again one at a time, and only then is an error theirs.
"""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import Any

from benchmarks.executors.events import (
    Attempt,
    Checkpointed,
    Event,
    Finished,
    Job,
    Lost,
    Note,
    Probed,
    Signal,
    Waiting,
    WorkerReady,
    WorkItem,
)
from benchmarks.executors.lane_process import HELD_UP, READY, STOPPED, work
from benchmarks.executors.processes import END_SECONDS, Worker, cause_of_death, end_workers, start_worker
from benchmarks.executors.schedule import POLL_SECONDS, begun, run_items


class LanePool:
    """A process with up to `num_lanes` lanes, started when it is needed; as many items again wait there for a lane.

    A lane that ends takes another seed or rate of its network from those that wait, if there is one.
    """

    def __init__(self, job: Job, num_lanes: int) -> None:
        self.job, self.num_lanes = job, num_lanes
        self.worker: Worker | None = None
        self.worker_lanes = 0
        self.tickets = count()
        self.sent: dict[int, WorkItem] = {}  # items at the worker, by ticket
        self.begun: set[int] = set()  # tickets of those in a lane
        self.stopping: dict[int, float] = {}  # until when a stopped item must be gone
        self.alone: deque[WorkItem] = deque()  # items to run again, one at a time
        self.later: list[WorkItem] = []  # items whose worker ended before they had begun
        self.checkpoints: dict[WorkItem, bytes] = {}

    def room(self) -> int:
        """Return how many more items the worker takes: none while items run one at a time."""
        if self.alone or self.later or (self.sent and self.worker_lanes != self.num_lanes):
            return 0
        return 2 * self.num_lanes - len(self.sent)

    def start(self, item: WorkItem) -> None:
        """Give an item to the worker."""
        self._send(item, self.num_lanes)

    def poll(self) -> Iterator[tuple[WorkItem, Event | Signal]]:
        """Yield what the worker has reported or reports within a short while."""
        self._send_waiting()
        assert self.worker is not None
        if not self.worker.pipe.poll(POLL_SECONDS):
            yield from self._end_hung()
            return
        while self.worker is not None and self.worker.pipe.poll():
            try:
                ticket, told = self.worker.pipe.recv()
            except (EOFError, ConnectionResetError):
                yield from self._died(cause_of_death(self.worker))
                return
            yield from self._heard(ticket, told)

    def stop(self, item: WorkItem) -> None:
        """End one item, which yields no more events; its process goes on."""
        self.alone = deque(other for other in self.alone if other != item)
        self.later = [other for other in self.later if other != item]
        for ticket in [ticket for ticket, other in self.sent.items() if other == item]:
            self._forget(ticket)
            self.stopping[ticket] = time.monotonic() + END_SECONDS
            assert self.worker is not None
            with suppress(BrokenPipeError):  # `poll` notices
                self.worker.pipe.send((ticket, None))

    def close(self) -> None:
        """End the worker."""
        if self.worker is not None:
            end_workers([self.worker])
            self.worker = None

    def _send(self, item: WorkItem, num_lanes: int) -> None:
        """Send an item to a worker with this number of lanes, from its latest checkpoint; start the worker if there is none."""
        if self.worker is None or self.worker_lanes != num_lanes:
            self.close()
            self.worker = start_worker(work, replace(self.job, num_lanes=num_lanes))
            self.worker_lanes = num_lanes
        ticket = next(self.tickets)
        self.sent[ticket] = item
        newest = self.checkpoints.get(item)
        with suppress(BrokenPipeError):  # it died while idle: `poll` notices
            self.worker.pipe.send((ticket, replace(item, checkpoint=newest) if newest and isinstance(item, Attempt) else item))

    def _send_waiting(self) -> None:
        """Send the next item that runs by itself, or else all that wait for the usual lanes, if the worker has nothing to do."""
        if self.sent:
            return
        if self.alone:
            self._send(self.alone.popleft(), 1)
        else:
            waiting, self.later = self.later, []
            for item in waiting:
                self._send(item, self.num_lanes)

    def _heard(self, ticket: int | None, told: Any) -> Iterator[tuple[WorkItem, Event | Signal]]:
        """Yield what the worker tells of an item that has not been stopped."""
        if told == READY:
            assert self.worker is not None
            self.worker.is_ready = True
        elif ticket is None:
            yield from self._died(told)
        elif told == STOPPED:
            self.stopping.pop(ticket, None)
        elif told == HELD_UP:
            yield from ((self.sent[other], WorkerReady()) for other in self.begun - {ticket})
        elif ticket in self.sent:
            yield from self._heard_of(ticket, told)

    def _heard_of(self, ticket: int, event: Event | Signal) -> Iterator[tuple[WorkItem, Event | Signal]]:
        item = self.sent[ticket]
        if isinstance(event, Lost):  # out of memory beside others
            self.num_lanes = max(1, min(self.num_lanes, len(self.begun) - 1))
            self._forget(ticket)
            yield from self._run_alone([item], "out of memory beside other trials")
            return
        if isinstance(event, Checkpointed):
            self.checkpoints[item] = event.state
        if isinstance(event, Finished | Probed):
            self._forget(ticket)
            self.checkpoints.pop(item, None)
        yield item, event
        if isinstance(event, WorkerReady):
            self.begun.add(ticket)
            yield from begun(item)

    def _forget(self, ticket: int) -> None:
        del self.sent[ticket]
        self.begun.discard(ticket)

    def _end_hung(self) -> Iterator[tuple[WorkItem, Event | Signal]]:
        """End the worker if an item that was stopped is still there: it holds up the others."""
        if self.stopping and min(self.stopping.values()) < time.monotonic():
            yield from self._died("a trial beside it could not be stopped")

    def _died(self, detail: str) -> Iterator[tuple[WorkItem, Event | Signal]]:
        """Lose the item that ran by itself; of several, any may be the cause: each is run again by itself. Items that had not begun start later."""
        self.close()
        had_begun = [item for ticket, item in self.sent.items() if ticket in self.begun]
        self.later += [item for ticket, item in self.sent.items() if ticket not in self.begun]
        self.sent.clear()
        self.begun.clear()
        self.stopping.clear()
        if len(had_begun) == 1:
            yield had_begun[0], Lost(item=had_begun[0], detail=detail)
            return
        yield from self._run_alone(had_begun, detail)

    def _run_alone(self, items: list[WorkItem], reason: str) -> Iterator[tuple[WorkItem, Event | Signal]]:
        """Let items wait until each can be run again by itself."""
        self.alone += items
        for item in items:
            yield item, Waiting()
            yield item, Note(trial=item.trial, words=f"{reason}; it is run again by itself")


def execute(items: Iterator[WorkItem | None], job: Job, num_lanes: int) -> Iterator[Event]:
    """Run trials or probes in one process of this machine, `num_lanes` at once; an Executor."""
    return run_items(items, job, LanePool(job, num_lanes))
