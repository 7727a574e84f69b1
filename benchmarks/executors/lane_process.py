"""The process of a lane worker: it receives items and sends what they report. Apart from the scheduler, so that the pool is loaded without torch."""

import os
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from benchmarks.executors.events import Job
from benchmarks.executors.processes import begin_work

if TYPE_CHECKING:
    from benchmarks.executors.lane_worker import Lanes

QUEUES = "32"  # hardware queues of a GPU: with eight, its default, more streams wait for each other
READY, STOPPED, HELD_UP = "ready", "stopped", "held up"  # what a worker reports besides events
HELD_UP_SECONDS = 2.0  # a turn that takes longer, to compile a network say, counts to no other trial's time

Outbox = SimpleQueue[tuple[int | None, Any] | None]


def work(pipe: Connection, job: Job) -> None:
    """Run a lane worker: receive items by ticket, or None to stop one; send what they report, and READY first."""
    begin_work()
    os.environ.setdefault("CUDA_DEVICE_MAX_CONNECTIONS", QUEUES)
    from benchmarks.executors.lane_worker import Lanes  # late: these load torch
    from benchmarks.executors.worker import DeviceLostError, Workplace

    outbox: Outbox = SimpleQueue()
    lanes = Lanes(Workplace(job), job)
    sender = Thread(target=_send_all, args=(pipe, outbox, lanes))
    sender.start()
    outbox.put((None, READY))
    try:
        while True:
            while lanes.is_idle or pipe.poll():
                ticket, item = pipe.recv()
                if item is None:
                    lanes.stop(ticket)
                    outbox.put((ticket, STOPPED))
                else:
                    lanes.add(ticket, item)
            for report in lanes.next_round():
                outbox.put(report)
    except DeviceLostError as error:
        outbox.put((None, str(error)))
    finally:
        outbox.put(None)
        sender.join()


def _send_all(pipe: Connection, outbox: Outbox, lanes: "Lanes") -> None:
    """Send reports in a thread of its own, so that lanes do not wait until a large one is read; say which lane holds up the others."""
    turn_before = None
    while True:
        try:
            report = outbox.get(timeout=HELD_UP_SECONDS)
        except Empty:
            turn = lanes.turn
            if turn is not None and turn == turn_before:
                pipe.send((turn[1], HELD_UP))
            turn_before = turn
            continue
        if report is None:
            return
        pipe.send(report)
