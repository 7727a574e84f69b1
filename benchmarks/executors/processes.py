"""Worker processes of this machine: start one with a pipe to it, say how it ended, and end it. They end with their parent."""

import multiprocessing
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from threading import Thread
from typing import Any

from benchmarks.executors.events import WorkerStartError, WorkItem
from benchmarks.training.process import end_with_parent

END_SECONDS = 5.0


@dataclass(kw_only=True, slots=True)
class Worker:
    """A worker process, our end of its pipe, and its current item, if it runs one at a time."""

    process: SpawnProcess
    pipe: Connection
    is_ready: bool = False
    item: WorkItem | None = None


def start_worker(work: Callable[..., None], *arguments: Any) -> Worker:
    """Start a process that runs `work(pipe, *arguments)`."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, *arguments), daemon=True)
    process.start()
    theirs.close()  # so that our end closes if the worker dies
    return Worker(process=process, pipe=ours)


def begin_work() -> None:
    """Prepare a worker process: the parent handles Ctrl-C, which reaches all processes, and standard output is the parent's only."""
    sys.stdout = sys.stderr
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=end_with_parent, daemon=True).start()


def cause_of_death(worker: Worker) -> str:
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


def end_workers(workers: list[Worker]) -> None:
    """Stop these workers; leave no process behind."""
    for worker in workers:
        worker.process.terminate()
    for worker in workers:
        worker.process.join(END_SECONDS)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.pipe.close()
