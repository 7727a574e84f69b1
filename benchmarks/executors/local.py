"""Trials and probes on this machine: persistent worker processes, each with one thread, that end with their parent."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from threading import Thread

from benchmarks.data import Images
from benchmarks.executors import Event, Finished, Probed, Progress, Task, Trained, WorkerStartError
from benchmarks.machine import THREADS_PER_TRIAL, Checkout, describe
from benchmarks.probe import Findings, ProbeResult, ProbeTask
from benchmarks.records import Epoch, TrialResult
from benchmarks.trial import Trial

POLL_SECONDS = 0.5
END_SECONDS = 5.0
END = "end"
READY = "ready"  # a worker's first word


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What every task of a run shares; with `keeps_weights` a trial's network is handed over when it is trained."""

    images: Images
    device: str
    checkout: Checkout
    keeps_weights: bool = False


@dataclass(kw_only=True, slots=True)
class Worker:
    """A process, this side's end of its pipe, and what it is at."""

    process: SpawnProcess
    pipe: Connection
    is_ready: bool = False
    task: Task | None = None


def execute(tasks: Iterator[Task | None], job: Job, num_workers: int) -> Iterator[Event]:
    """Run trials or probes as they come, `num_workers` at once; a None from `tasks` says to ask again later.

    A worker that dies leaves a failed result and is replaced. Whoever stops iterating ends the workers.

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
                if isinstance(task, Trial):
                    yield Progress(trial=task, epoch=None)
            yield from _listen(workers, job)
    finally:
        _end(workers)


def _assign(task: Task, workers: list[Worker], job: Job) -> None:
    """Give a task to an idle worker, or to a new one."""
    worker = next((worker for worker in workers if worker.task is None), None)
    if worker is None:
        worker = _start(job)
        workers.append(worker)
    worker.task = task
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
        task = worker.task
        assert task is not None
        try:
            message = pipe.recv()
        except (EOFError, ConnectionResetError):
            workers.remove(worker)
            yield _lost(worker, task, job)
            continue
        if isinstance(message, Epoch):
            assert isinstance(task, Trial)
            yield Progress(trial=task, epoch=message)
        elif isinstance(message, bytes):
            assert isinstance(task, Trial)
            yield Trained(trial=task, weights=message)
        elif isinstance(message, TrialResult | ProbeResult):
            worker.task = None
            yield _ended(message)
        else:
            assert message == READY
            worker.is_ready = True


def _ended(result: TrialResult | ProbeResult) -> Finished | Probed:
    return Finished(result=result) if isinstance(result, TrialResult) else Probed(result=result)


def _lost(worker: Worker, task: Task, job: Job) -> Finished | Probed:
    """The result of a task whose worker has died."""
    worker.process.join(END_SECONDS)
    code = worker.process.exitcode
    if not worker.is_ready:
        raise WorkerStartError(f"a worker process could not start (exit code {code}); what it printed stands above")
    words = f"signal {-code} ({signal.Signals(-code).name})" if code is not None and code < 0 else f"exit code {code}"
    environment = describe(device=job.device, num_threads=THREADS_PER_TRIAL, checkout=job.checkout)
    detail = f"the worker process ended with {words}"
    if isinstance(task, Trial):
        return _ended(TrialResult(trial=task, status="failed", detail=detail, data=job.images.facts, environment=environment))
    lost = ProbeResult(
        trial=task.trial,
        probe=task.probe,
        status="failed",
        detail=detail,
        findings=Findings(),
        seconds=0.0,
        environment=environment,
    )
    return _ended(lost)


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
    import torch

    from benchmarks.batches import DeviceImages
    from benchmarks.probing import run_probe, weights_of
    from benchmarks.training import prepare_process, run_trial

    def hand_over(network: torch.nn.Module) -> None:
        if job.keeps_weights:
            pipe.send(weights_of(network))

    prepare_process()
    images = DeviceImages(job.images, torch.device(job.device))
    environment = describe(device=job.device, num_threads=THREADS_PER_TRIAL, checkout=job.checkout)
    pipe.send(READY)
    while True:
        task = pipe.recv()
        if isinstance(task, ProbeTask):
            pipe.send(run_probe(task, images, environment))
        else:
            pipe.send(run_trial(task, images, environment, on_epoch=pipe.send, on_trained=hand_over))


def end_with_parent() -> None:
    """A parent that is killed outright cannot end its workers: they see it go."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
