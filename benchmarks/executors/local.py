"""Run trials and probes on this machine: persistent worker processes, each with one thread, that end with their parent."""

from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait

from benchmarks.executors.events import Event, Finished, Job, Lost, Probed, Signal, WorkerReady, WorkItem
from benchmarks.executors.processes import Worker, begin_work, cause_of_death, end_workers, start_worker
from benchmarks.executors.schedule import POLL_SECONDS, begun, run_items


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
            worker = start_worker(_work, self.job)
            self.workers.append(worker)
        worker.item = item
        with suppress(BrokenPipeError):  # it died while idle: `poll` notices
            worker.pipe.send(item)
        self.begun += begun(item)

    def poll(self) -> Iterator[tuple[WorkItem, Event | Signal]]:
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
                event = Lost(item=item, detail=cause_of_death(worker))
            if isinstance(event, WorkerReady):
                worker.is_ready = True
            elif isinstance(event, Finished | Probed):
                worker.item = None
            elif isinstance(event, Lost) and worker in self.workers:  # it has said why, and ends
                self.workers.remove(worker)
                end_workers([worker])
            yield item, event

    def stop(self, item: WorkItem) -> None:
        """End the worker of an item."""
        worker = next(worker for worker in self.workers if worker.item == item)
        self.workers.remove(worker)
        end_workers([worker])

    def close(self) -> None:
        """End all workers."""
        end_workers(self.workers)


def execute(items: Iterator[WorkItem | None], job: Job, num_workers: int) -> Iterator[Event]:
    """Run trials or probes in worker processes of this machine, `num_workers` at once; an Executor."""
    return run_items(items, job, LocalPool(job, num_workers))


def _work(pipe: Connection, job: Job) -> None:
    """Run a worker process: receive items; send epochs, weights and results, and WorkerReady before each item."""
    begin_work()
    from benchmarks.executors.worker import DeviceLostError, Workplace  # late: it loads torch

    workplace = Workplace(job)
    while True:
        pipe.send(WorkerReady())
        item = pipe.recv()
        try:
            for event in workplace.work(item, job):
                pipe.send(event)
        except DeviceLostError as error:
            pipe.send(Lost(item=item, detail=str(error)))
            return
