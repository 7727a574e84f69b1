"""How fast is training, compared with an ordinary loop and the machine's peak? python -m benchmarks.speed.training

The run makes two measurements in four to six minutes on two cores. The first trains a ResNet-20 on 32x32 images, batch 128. Our loop is that of
`benchmarks.training` as in a run, with evaluations and all: on a CPU one single-threaded process per core, each with its own trial, channels_last,
bf16 if the processor supports it; on a GPU one process with one trial, with `--lanes` trials at once, and with `--compiled` ones that are compiled.
The ordinary loop trains the same network in one process with all cores, fp32, NCHW, a DataLoader with two workers and torchvision's transforms. The
pixels are random, because speed does not depend on them. The peaks are those of a large convolution and of a large copy, measured in the same rounds.
The second measurement runs every trial of the suite `depth` on the digits and compares the time with that of their multiply-adds at the peak, which
is measured before and after.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

import typer

from benchmarks.cli.plan import plan, resolve_precision
from benchmarks.cli.workers import LANES_OF_A_GPU, executor_of
from benchmarks.executors.carry_out import carry_out
from benchmarks.executors.events import EpochDone, Event, Job
from benchmarks.measuring.cost import cost_of
from benchmarks.spec.data_facts import DataFacts
from benchmarks.spec.images import load_dataset
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.suite import load_suite
from benchmarks.spec.timing import PASSES
from benchmarks.spec.trial import Trial
from benchmarks.speed.loops import (
    NETWORK,
    copied_bytes_per_second,
    in_fresh_processes,
    ordinary,
    ours,
    peak_macs_per_second,
    trial_of,
)
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
GOALS = {"one trial": 60_000, "8 lanes": 130_000, "8 compiled lanes": 150_000}  # images per second, on one H100 or H200
PEAK_SECONDS = 3.0
# how often a step moves each output of a convolution if no two operations are fused: the convolution writes it, the norm reads it twice and writes,
# ReLU reads and writes, the next convolution reads (7); backward ReLU and norm read and write gradients and outputs (7), the convolution reads its
# input and twice its gradient, and writes one (4)
MOVES_PER_ACTIVATION = 18
BYTES = {"fp32": 4, "bf16": 2}
Precision = Literal["fp32", "bf16"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Loop:
    """A training loop to measure, in fresh processes."""

    work: Callable[[str], Iterator[int]]
    num_processes: int = 1


def loops_of(device: str, processes: int, lanes: Sequence[int], compiled: Sequence[int] = ()) -> dict[str, Loop]:
    """Return our loops on a device, by name; the ordinary one last."""
    if device == "cuda":
        mine = {"one trial": Loop(work=ours)}
        mine |= {f"{number} lanes": Loop(work=partial(ours, num_lanes=number)) for number in lanes}
        mine |= {f"{number} compiled lanes": Loop(work=partial(ours, num_lanes=number, is_compiled=True)) for number in compiled}
    else:
        mine = {"ours": Loop(work=partial(ours, num_lanes=lanes[0]), num_processes=processes)}
    return mine | {"ordinary": Loop(work=ordinary)}


def measure_loops(
    rounds: int, seconds: float, device: str, processes: int, lanes: Sequence[int], compiled: Sequence[int] = ()
) -> dict[str, Any]:
    """Measure all loops and the peaks in turn; return images per second, their ratio to the ordinary loop, and their shares of the peaks."""
    precision: Precision = resolve_precision(trial_of(random_images(num_train=10, num_test=10), device).recipe, device)
    loops = loops_of(device, processes, lanes, compiled)
    measured = [
        {name: in_fresh_processes(loop.work, device, loop.num_processes, seconds) for name, loop in loops.items()}
        | {
            "peak_gmacs_per_second": peak_macs_per_second(precision, device, PEAK_SECONDS) / 1e9,
            "copied_gb_per_second": copied_bytes_per_second(device, PEAK_SECONDS) / 1e9,
        }
        for _ in range(rounds)
    ]
    return {
        "network": NETWORK,
        "unit": "training images of 3x32x32 per second, batch 128",
        "device": device,
        "precision": precision,
        "processes": processes,
        "lanes": list(lanes),
        "compiled": list(compiled),
        "moves_per_activation": MOVES_PER_ACTIVATION,
        "rounds": measured,
        "loops": {name: _summary(name, measured, precision) for name in loops},
    }


def _summary(name: str, measured: list[dict[str, float]], precision: Precision) -> dict[str, float]:
    """Return a loop's median rate, and the medians of its ratios to what was measured in the same round."""
    cost = cost_of(parse(NETWORK), Task(image_shape=(3, 32, 32), num_classes=10))
    gmacs = PASSES["train"] * cost.macs / 1e9
    gigabytes = MOVES_PER_ACTIVATION * BYTES[precision] * cost.activations / 1e9
    return {
        "images_per_second": median(row[name] for row in measured),
        "ratio": median(row[name] / row["ordinary"] for row in measured),
        "fraction_of_peak": median(gmacs * row[name] / row["peak_gmacs_per_second"] for row in measured),
        "fraction_of_copy": median(gigabytes * row[name] / row["copied_gb_per_second"] for row in measured),
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
    rounds: Annotated[int, typer.Option(min=1, help="Rounds in which all loops are measured in turn.")] = 3,
    seconds: Annotated[float, typer.Option(min=0.1, help="Seconds of each measurement.")] = 10.0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    processes: Annotated[int | None, typer.Option(min=1, help="On a CPU: number of processes (default: one per core).")] = None,
    lanes: Annotated[
        list[int] | None,
        typer.Option(
            min=1, help=f"Trials at once in a process (default: {LANES_OF_A_GPU} on a GPU, else 1); repeatable on a GPU."
        ),
    ] = None,
    compiled: Annotated[
        list[int] | None, typer.Option(min=1, help="On a GPU: compiled trials at once (default: the first --lanes); repeatable.")
    ] = None,
    depth: Annotated[bool | None, typer.Option(help="Also time the suite depth on the digits (default: on a CPU).")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the values as JSON.")] = None,
) -> None:
    """Measure our loops, the ordinary one and the peaks in turn, and print them with their ratios."""
    try:
        device = resolve_device(device)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    on_gpu = device == "cuda"
    if processes is not None and on_gpu:
        raise typer.BadParameter(f"--processes {processes} cannot be combined with --device cuda: omit it")
    if (compiled or len(lanes or ()) > 1) and not on_gpu:
        raise typer.BadParameter("--compiled and several --lanes need --device cuda: omit them")
    processes = processes or (1 if on_gpu else num_cores())
    lanes = lanes or [LANES_OF_A_GPU if on_gpu else 1]
    result = measure_loops(rounds, seconds, device, processes, lanes, (compiled or lanes[:1]) if on_gpu else ())
    print_loops(result)
    if depth or (depth is None and not on_gpu):
        result["depth"] = measure_depth(device, processes)
        print_depth(result["depth"])
    result["environment"] = asdict(describe(device=device, num_threads=THREADS_PER_TRIAL, checkout=read_checkout()))
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, json.dumps(result, indent=2) + "\n")


def print_loops(result: dict[str, Any]) -> None:
    """Print a line per loop, then the peaks."""
    rounds = result["rounds"]
    width = max(map(len, result["loops"]))
    for name, row in result["loops"].items():
        goal = f", goal {GOALS[name]:,} on an H100 or H200" if name in GOALS else f", goal {GOAL_RATIO}" if name == "ours" else ""
        typer.echo(
            f"{name:{width}}  {row['images_per_second']:9,.0f} images/s  ({', '.join(f'{one[name]:,.0f}' for one in rounds)}); "
            f"{row['ratio']:.2f} times the ordinary loop{goal}; {row['fraction_of_peak']:.0%} of the peak, "
            f"{row['fraction_of_copy']:.0%} of the copy rate"
        )
    peak, copy = (median(one[name] for one in rounds) for name in ("peak_gmacs_per_second", "copied_gb_per_second"))
    typer.echo(f"{'peak':{width}}  {peak:9,.0f} GMAC/s    {result['precision']}, a large convolution; three passes per image")
    typer.echo(
        f"{'copy':{width}}  {copy:9,.0f} GB/s      read and written; an output of a layer counts {MOVES_PER_ACTIVATION} times, "
        "as without fused operations"
    )


def print_depth(found: dict[str, Any]) -> None:
    """Print the time of the suite depth, and its ratio to the time at the peak."""
    typer.echo(f"depth     {found['seconds']:6.0f} s         {found['trials']} trials on the digits, without start-up")
    at_peak = f"{found['seconds_at_peak']:.0f} s at the peak of {found['peak_gmacs_per_second']:.0f} GMAC/s in fp32"
    typer.echo(f"of peak   {found['times_peak']:6.2f} times     {at_peak}, goal {GOAL_TIMES_PEAK}")


if __name__ == "__main__":
    start(main)
