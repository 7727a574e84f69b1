"""Trials and probes on this machine: persistent worker processes, each with one thread, that end with their parent."""

import multiprocessing
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from threading import Thread

from benchmarks.executors.events import (
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
)
from benchmarks.training.process import end_with_parent

POLL_SECONDS = 0.5
END_SECONDS = 5.0
END = "end"
READY = "ready"  # a worker's first word


@dataclass(kw_only=True, slots=True)
class Worker:
    """A process, this side's end of its pipe, what it is at, and since when."""

    process: SpawnProcess
    pipe: Connection
    is_ready: bool = False
    task: Task | None = None
    since: float = 0.0

    def is_late(self, job: Job) -> bool:
        """Whether its trial takes longer than it may."""
        is_timed = job.timeout_seconds is not None and self.is_ready and isinstance(self.task, Attempt)
        return is_timed and time.monotonic() - self.since > (job.timeout_seconds or 0)


def execute(tasks: Iterator[Task | None], job: Job, num_workers: int) -> Iterator[Event]:
    """Run trials or probes as they come, `num_workers` at once; a None from `tasks` says to ask again later.

    A worker that dies loses its task and is replaced. Whoever stops iterating ends the workers.

    Raises:
        WorkerStartError: a worker cannot even start.
    """
    workers: list[Worker] = []
    has_more = True
    try:
        while has_more or any(worker.task for worker in workers):
            while has_more and sum(worker.task is not None for worker in workers) < num_workers:
                task = next(tasks, END)
                if task is None:
                    break
                if isinstance(task, str):
                    has_more = False
                    break
                _assign(task, workers, job)
                if isinstance(task, Attempt):
                    yield Progress(trial=task.trial, epoch=None)
            yield from _listen(workers, job)
    finally:
        _end(workers)


def _assign(task: Task, workers: list[Worker], job: Job) -> None:
    """Give a task to an idle worker, or to a new one."""
    worker = next((worker for worker in workers if worker.task is None), None)
    if worker is None:
        worker = _start(job)
        workers.append(worker)
    worker.task, worker.since = task, time.monotonic()
    with suppress(BrokenPipeError):  # it died while idle: `_listen` finds out
        worker.pipe.send(task)


def _start(job: Job) -> Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, job), daemon=True)
    process.start()
    theirs.close()  # so that its death ends our side of the pipe
    return Worker(process=process, pipe=ours)


def _listen(workers: list[Worker], job: Job) -> Iterator[Event]:
    """What the busy workers have said by now, or within a short while."""
    busy = {worker.pipe: worker for worker in workers if worker.task is not None}
    if not busy:
        time.sleep(POLL_SECONDS)
    for pipe in wait(list(busy), timeout=POLL_SECONDS):
        assert isinstance(pipe, Connection)
        worker = busy[pipe]
        try:
            event = pipe.recv()
        except (EOFError, ConnectionResetError):
            workers.remove(worker)
            yield _lost(worker)
            continue
        if event == READY:
            worker.is_ready, worker.since = True, time.monotonic()
            continue
        if isinstance(event, Finished | Probed):
            worker.task = None
        yield event
    for worker in [worker for worker in workers if worker.is_late(job)]:
        workers.remove(worker)
        assert worker.task is not None
        _end([worker])
        yield not_measured(worker.task, job, "timeout", f"it took longer than {job.timeout_seconds:g} s and was ended")


def _lost(worker: Worker) -> Lost:
    """The task of a worker that has died."""
    worker.process.join(END_SECONDS)
    code = worker.process.exitcode
    if not worker.is_ready:
        raise WorkerStartError(f"a worker process could not start (exit code {code}); what it printed stands above")
    words = f"signal {-code} ({signal.Signals(-code).name})" if code is not None and code < 0 else f"exit code {code}"
    assert worker.task is not None
    return Lost(task=worker.task, detail=f"the worker process ended with {words}")


def _end(workers: list[Worker]) -> None:
    """Leave no process behind."""
    for worker in workers:
        worker.process.terminate()
    for worker in workers:
        worker.process.join(END_SECONDS)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.pipe.close()


def _work(pipe: Connection, job: Job) -> None:
    """A worker's life: tasks in; epochs, weights and results out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent answers it
    Thread(target=end_with_parent, daemon=True).start()
    from benchmarks.executors.worker import Workplace  # it loads torch

    workplace = Workplace(job)
    pipe.send(READY)
    while True:
        for event in workplace.work(pipe.recv(), job):
            pipe.send(event)
