"""Does the driver keep up with a large cluster? python -m benchmarks.speed.driver --trials 1000 --trials 100000

The benchmark does everything that a run does except training. Its executor only sends the events that workers would send, with `--at-once` trials in
progress: each trial is claimed and reports its epochs, which the progress bar shows, and its record is written to a real folder and found again.
Finally the whole folder is read, as for a report. Each number of trials is measured in a fresh process.
"""

import json
import os
import resource
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks.cli.plan import plan
from benchmarks.cli.progress import Display
from benchmarks.executors.carry_out import carry_out
from benchmarks.executors.events import Attempt, EpochDone, Event, Finished, Job, WorkItem
from benchmarks.spec.cost import Cost
from benchmarks.spec.images import load_dataset
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.suite import arms
from benchmarks.spec.trial import Trial
from benchmarks.store.environment import THREADS_PER_TRIAL, Checkout, describe, read_checkout
from benchmarks.store.files import allow_open_files, write_whole
from benchmarks.store.out import Out
from benchmarks.store.trials import Epoch, Final, TrialResult
from resnet_variants.command import start

NUM_EPOCHS = 10  # per record, as in the quick recipe
AT_ONCE = 2048  # four trials on each of 512 GPUs
FIGURES = {"train_loss": 0.1, "train_error_pct": 1.0, "test_loss": 0.2, "test_error_pct": 2.0}


def measure(num_trials: int, at_once: int) -> dict[str, Any]:
    """Measure the seconds per trial of each part and the peak memory of the process."""
    allow_open_files()
    images = load_dataset("digits").load(None, False)
    trials = plan(arms("plain8").values(), images, RECIPES["quick"], num_trials)
    job = Job(images=images, device="cpu", checkout=Checkout(commit=None, is_dirty=None))
    pretended = partial(pretend, done=a_result(trials[0], job), at_once=at_once)
    with TemporaryDirectory() as folder, Path(os.devnull).open("w") as nowhere:
        out = Out(Path(folder))
        out.prepare()
        moments = [time.perf_counter()]
        with Display(num_trials, trials, len(images.train.labels_N), Console(file=nowhere, force_terminal=True)) as display:
            carry_out(trials, job, out, pretended, display.show)
        moments.append(time.perf_counter())
        assert len(out.with_result(trials)) == num_trials
        moments.append(time.perf_counter())
        run_peak = peak_bytes()
        out.trials.read_all()
        moments.append(time.perf_counter())
    parts = [(after - before) / num_trials for before, after in pairwise(moments)]
    return {
        "trials": num_trials,
        "at_once": at_once,
        "run": parts[0],
        "resume": parts[1],
        "read": parts[2],
        "run_peak_bytes": run_peak,
        "read_peak_bytes": peak_bytes(),
    }


def a_result(trial: Trial, job: Job) -> TrialResult:
    """Return a result such as a trial of the quick recipe on the digits gives."""
    epochs = (Epoch(epoch=number, train_seconds=1.0, eval_seconds=0.1, **FIGURES) for number in range(1, NUM_EPOCHS + 1))
    return TrialResult(
        trial=trial,
        status="ok",
        data=job.images.facts,
        cost=Cost(params=1, macs=1, activations=1),
        final=Final(**FIGURES),
        history=tuple(epochs),
        predictions=tuple(range(10)) * 50,
        environment=describe(device="cpu", num_threads=THREADS_PER_TRIAL, checkout=job.checkout),
    )


def pretend(items: Iterator[WorkItem | None], job: Job, *, done: TrialResult, at_once: int) -> Iterator[Event]:
    """Yield the events that workers would send, with at most `at_once` trials in progress; trials finish in the order in which they began."""
    under_way: deque[Trial] = deque()
    while True:
        item = next(items, None) if len(under_way) < at_once else None
        if isinstance(item, Attempt):
            under_way.append(item.trial)
            yield EpochDone(trial=item.trial, epoch=None)
        elif under_way:
            trial = under_way.popleft()
            yield from (EpochDone(trial=trial, epoch=epoch) for epoch in done.history)
            yield Finished(result=replace(done, trial=trial))
        else:
            return


def peak_bytes() -> int:
    """Return the peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(
    trials: Annotated[list[int], typer.Option(min=1, help="Number of trials; may be repeated.")],
    at_once: Annotated[int, typer.Option(min=1, help="Trials in progress at once.")] = AT_ONCE,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the values as JSON.")] = None,
) -> None:
    """Time the driver without training."""
    measured = []
    print("  trials   ms per trial: run   resume   read all   peak MB: run   read all")
    for num_trials in trials:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            row = pool.submit(measure, num_trials, at_once).result()
        measured.append(row)
        milliseconds = "   ".join(f"{1000 * row[part]:8.2f}" for part in ("run", "resume", "read"))
        print(
            f"{num_trials:8,}        {milliseconds}        {row['run_peak_bytes'] / 1e6:8.0f}   {row['read_peak_bytes'] / 1e6:8.0f}",
            flush=True,
        )
    environment = asdict(describe(device="cpu", num_threads=THREADS_PER_TRIAL, checkout=read_checkout()))
    if out is not None:
        write_whole(out, json.dumps({"measured": measured, "environment": environment}, indent=2) + "\n")


if __name__ == "__main__":
    start(main)
