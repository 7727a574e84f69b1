"""Does the driver keep up with a large cluster? python -m benchmarks.speed.driver --trials 1000 --trials 100000

Everything that a run does beside training, with an executor that only says what workers would say: so many trials are under way at once, each is
claimed and tells of its epochs, which the bar on the terminal shows; its record is written to a real folder and found again; and the folder is
read whole, as a report does. Each number of trials in a fresh process.
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

NUM_EPOCHS = 10  # in each record, as the quick recipe has
AT_ONCE = 2048  # four on each of 512 GPUs
FIGURES = {"train_loss": 0.1, "train_error_pct": 1.0, "test_loss": 0.2, "test_error_pct": 2.0}


def measure(num_trials: int, at_once: int) -> dict[str, Any]:
    """Seconds a trial of each part, and the most memory that the process had."""
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
    """A result as a trial of the quick recipe on the digits has it."""
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
    """An executor that has so many trials under way and says of each what a worker would, the first begun first."""
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
    """The most memory that this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(
    trials: Annotated[list[int], typer.Option(min=1, help="How many; may be given several times.")],
    at_once: Annotated[int, typer.Option(min=1, help="How many trials are under way at once.")] = AT_ONCE,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the figures as JSON.")] = None,
) -> None:
    """Time the driver alone."""
    found = []
    print("  trials   ms a trial: run     resume   read all   peak MB: run   read all")
    for number in trials:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            one = pool.submit(measure, number, at_once).result()
        found.append(one)
        milliseconds = "   ".join(f"{1000 * one[part]:8.2f}" for part in ("run", "resume", "read"))
        print(
            f"{number:8,}        {milliseconds}        {one['run_peak_bytes'] / 1e6:8.0f}   {one['read_peak_bytes'] / 1e6:8.0f}",
            flush=True,
        )
    environment = asdict(describe(device="cpu", num_threads=THREADS_PER_TRIAL, checkout=read_checkout()))
    if out is not None:
        write_whole(out, json.dumps({"measured": found, "environment": environment}, indent=2) + "\n")


if __name__ == "__main__":
    start(main)
