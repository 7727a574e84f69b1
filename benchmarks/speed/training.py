"""How fast is training, compared with an ordinary loop and the machine's peak? python -m benchmarks.speed.training

The run makes two measurements in four to six minutes on two cores. The first trains a ResNet-20 on 32x32 images, batch 128. Our loop is that of
`benchmarks.training` as in a run: one single-threaded worker per core, each with its own trial, channels_last, bf16 if the processor supports it,
batches cropped and flipped as tensors. On a GPU whole steps are graphs, and `--processes` processes share the GPU with `--streams` trials each.
The ordinary loop trains the same network in one process with all cores, fp32, NCHW, a DataLoader with two workers and torchvision's transforms. The
pixels are random, because speed does not depend on them. The second measurement runs every trial of the suite `depth` on the digits and compares the
time with that of their multiply-adds at the rate of a large convolution, which is measured before and after.
"""

import json
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from benchmarks.cli.plan import plan, resolve_precision
from benchmarks.cli.workers import executor_of
from benchmarks.executors.carry_out import carry_out
from benchmarks.executors.events import EpochDone, Event, Job
from benchmarks.measuring.cost import cost_of
from benchmarks.spec.images import DataFacts, load_dataset
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.suite import load_suite
from benchmarks.spec.timing import PASSES
from benchmarks.spec.trial import Trial
from benchmarks.speed.loops import NETWORK, in_fresh_processes, ordinary, ours, peak_macs_per_second, trial_of
from benchmarks.speed.random_images import random_images
from benchmarks.store.cores import num_cores
from benchmarks.store.environment import THREADS_PER_TRIAL, describe, read_checkout
from benchmarks.store.files import write_whole
from benchmarks.store.out import Out
from benchmarks.training.device import resolve_device
from resnet_variants.architecture import Task
from resnet_variants.command import start
from resnet_variants.registry import parse

GOAL_RATIO, GOAL_TIMES_PEAK = 2.5, 2.0
PEAK_SECONDS = 3.0


def measure_loops(rounds: int, seconds: float, device: str, processes: int, streams: int = 1) -> dict[str, Any]:
    """Measure our loop and the ordinary one in turn, in images per second, and our loop's share of the peak rate."""
    precision = resolve_precision(trial_of(random_images(num_train=10, num_test=10), device).recipe, device)
    cost = cost_of(parse(NETWORK), Task(image_shape=(3, 32, 32), num_classes=10))
    measured = [
        {
            "ours": in_fresh_processes(partial(ours, num_streams=streams), device, processes, seconds),
            "ordinary": in_fresh_processes(ordinary, device, 1, seconds),
            "peak_gmacs_per_second": peak_macs_per_second(precision, device, PEAK_SECONDS) / 1e9,
        }
        for _ in range(rounds)
    ]
    shares = [PASSES["train"] * cost.macs * row["ours"] / (1e9 * row["peak_gmacs_per_second"]) for row in measured]
    return {
        "network": NETWORK,
        "unit": "training images of 3x32x32 a second, batch 128",
        "precision": precision,
        "processes": processes,
        "streams": streams,
        "rounds": measured,
        "ours": median(row["ours"] for row in measured),
        "ordinary": median(row["ordinary"] for row in measured),
        "ratio": median(row["ours"] / row["ordinary"] for row in measured),
        "fraction_of_peak": median(shares),
    }


def measure_depth(device: str, processes: int) -> dict[str, Any]:
    """Measure the seconds from the first step to the last trial's end, and compare them with the trials' multiply-adds at the peak rate."""
    suite, images = load_suite("depth"), load_dataset("digits").load(None, False)
    trials = plan(suite.arms.values(), images, RECIPES["quick"], suite.num_seeds)
    job = Job(images=images, device=device, checkout=read_checkout())
    before = peak_macs_per_second("fp32", device, PEAK_SECONDS)
    started: list[float] = []

    def note(event: Event) -> None:
        if isinstance(event, EpochDone) and event.epoch is not None and event.epoch.epoch == 1:
            started.append(time.perf_counter() - event.epoch.train_seconds - event.epoch.eval_seconds)

    with TemporaryDirectory() as folder:
        out = Out(Path(folder))
        out.prepare()
        carry_out(trials, job, out, executor_of(processes, len(trials)), note)
        seconds = time.perf_counter() - min(started)
    macs = macs_of(trials, images.facts)
    rate = mean([before, peak_macs_per_second("fp32", device, PEAK_SECONDS)])
    return {
        "trials": len(trials),
        "seconds": seconds,
        "macs": macs,
        "peak_gmacs_per_second": rate / 1e9,
        "seconds_at_peak": macs / rate,
        "times_peak": seconds / (macs / rate),
    }


def macs_of(trials: tuple[Trial, ...], facts: DataFacts) -> int:
    """Count the multiply-adds of all trials, whose recipe must count in epochs.

    A training image takes three passes per epoch, a test image one per epoch, and a training image one more at the end.
    """
    total = 0
    for trial in trials:
        epochs = trial.recipe.epochs or 0
        images = PASSES["train"] * epochs * facts.num_train + epochs * facts.num_test + facts.num_train
        total += images * cost_of(trial.architecture, facts.task(trial.recipe)).macs
    return total


def main(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds in which both loops are measured in turn.")] = 3,
    seconds: Annotated[float, typer.Option(min=0.1, help="Seconds of each measurement.")] = 10.0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    processes: Annotated[int | None, typer.Option(help="Number of processes; by default one per core, or one on a GPU.")] = None,
    streams: Annotated[int, typer.Option(min=1, help="On a GPU: trials at once in each process, each on its own stream.")] = 1,
    depth: Annotated[bool, typer.Option(help="Also time the suite depth on the digits.")] = True,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the values as JSON.")] = None,
) -> None:
    """Measure our loop, the ordinary one and the peak in turn, and print them with their ratios."""
    try:
        device = resolve_device(device)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if streams > 1 and device != "cuda":
        raise typer.BadParameter(f"--streams {streams} needs a CUDA device, got {device}: omit it")
    processes = processes or (num_cores() if device == "cpu" else 1)
    result = measure_loops(rounds, seconds, device, processes, streams)
    for name in ("ours", "ordinary"):
        typer.echo(f"{name:9} {result[name]:6.0f} images/s  ({', '.join(f'{row[name]:.0f}' for row in result['rounds'])})")
    typer.echo(f"ratio     {result['ratio']:6.2f}           goal {GOAL_RATIO}")
    peaks = [row["peak_gmacs_per_second"] for row in result["rounds"]]
    typer.echo(f"peak      {median(peaks):6.0f} GMAC/s    {result['precision']}, a large convolution on every core")
    typer.echo(f"of it     {result['fraction_of_peak']:6.0%}           by our loop, with three passes per image")
    if depth:
        result["depth"] = depth_result = measure_depth(device, processes)
        typer.echo(
            f"depth     {depth_result['seconds']:6.0f} s         {depth_result['trials']} trials on the digits, without start-up"
        )
        at_peak = (
            f"{depth_result['seconds_at_peak']:.0f} s at the peak of {depth_result['peak_gmacs_per_second']:.0f} GMAC/s in fp32"
        )
        typer.echo(f"of peak   {depth_result['times_peak']:6.2f} times     {at_peak}, goal {GOAL_TIMES_PEAK}")
    result["environment"] = asdict(describe(device=device, num_threads=THREADS_PER_TRIAL, checkout=read_checkout()))
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    start(main)
