"""Run trials and probes on this machine: persistent worker processes, each with one thread, that end with their parent."""

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from threading import Thread

from benchmarks.executors.events import Event, Finished, Job, Lost, Probed, WorkerReady, WorkerStartError, WorkItem
from benchmarks.executors.schedule import POLL_SECONDS, begun, run_items
from benchmarks.training.process import end_with_parent

END_SECONDS = 5.0


@dataclass(kw_only=True, slots=True)
class Worker:
    """A worker process, our end of its pipe, and its current item."""

    process: SpawnProcess
    pipe: Connection
    is_ready: bool = False
    item: WorkItem | None = None


class LocalPool:
    """Up to `num_workers` processes, started when they are needed; one that dies loses its item and is replaced."""

    def __init__(self, job: Job, num_workers: int) -> None:
        self.job, self.num_workers = job, num_workers
        self.workers: list[Worker] = []
        self.begun: list[tuple[WorkItem, Event]] = []

    def room(self) -> int:
        """Return how many workers are idle or not started yet."""
        return self.num_workers - sum(worker.item is not None for worker in self.workers)

    def start(self, item: WorkItem) -> None:
        """Give an item to an idle worker, or to a new one."""
        worker = next((worker for worker in self.workers if worker.item is None), None)
        if worker is None:
            worker = _start_worker(self.job)
            self.workers.append(worker)
        worker.item = item
        with suppress(BrokenPipeError):  # it died while idle: `poll` notices
            worker.pipe.send(item)
        self.begun += begun(item)

    def poll(self) -> Iterator[tuple[WorkItem, Event | WorkerReady]]:
        """Yield what the busy workers have sent or send within a short while, at most one event per worker."""
        yield from self.begun
        self.begun.clear()
        busy = {worker.pipe: (worker, worker.item) for worker in self.workers if worker.item is not None}
        for pipe in wait(list(busy), timeout=POLL_SECONDS):
            assert isinstance(pipe, Connection)
            worker, item = busy[pipe]
            try:
                event = pipe.recv()
            except (EOFError, ConnectionResetError):
                self.workers.remove(worker)
                event = Lost(item=item, detail=_cause_of_death(worker))
            if isinstance(event, WorkerReady):
                worker.is_ready = True
            elif isinstance(event, Finished | Probed):
                worker.item = None
            yield item, event

    def stop(self, item: WorkItem) -> None:
        """End the worker of an item."""
        worker = next(worker for worker in self.workers if worker.item == item)
        self.workers.remove(worker)
        _end([worker])

    def close(self) -> None:
        """End all workers."""
        _end(self.workers)


def execute(items: Iterator[WorkItem | None], job: Job, num_workers: int) -> Iterator[Event]:
    """Run trials or probes in worker processes of this machine, `num_workers` at once; an Executor."""
    return run_items(items, job, LocalPool(job, num_workers))


def _start_worker(job: Job) -> Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, job), daemon=True)
    process.start()
    theirs.close()  # so that our end closes if the worker dies
    return Worker(process=process, pipe=ours)


def _cause_of_death(worker: Worker) -> str:
    """Describe how a worker's process ended.

    Raises:
        WorkerStartError: the worker was never ready.
    """
    worker.process.join(END_SECONDS)
    code = worker.process.exitcode
    if not worker.is_ready:
        raise WorkerStartError(f"a worker process could not start (exit code {code}); see its output above")
    words = f"signal {-code} ({signal.Signals(-code).name})" if code is not None and code < 0 else f"exit code {code}"
    return f"the worker process ended with {words}"


def _end(workers: list[Worker]) -> None:
    """Stop these workers; leave no process behind."""
    for worker in workers:
        worker.process.terminate()
    for worker in workers:
        worker.process.join(END_SECONDS)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.pipe.close()


def _work(pipe: Connection, job: Job) -> None:
    """Run a worker process: receive items; send epochs, weights and results, and WorkerReady before each item."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the parent handles it
    Thread(target=end_with_parent, daemon=True).start()
    from benchmarks.executors.worker import Workplace  # late: it loads torch

    workplace = Workplace(job)
    while True:
        pipe.send(WorkerReady())
        for event in workplace.work(pipe.recv(), job):
            pipe.send(event)
