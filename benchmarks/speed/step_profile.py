"""Where does a training step spend its time? python -m benchmarks.speed.step_profile [--device cuda]

Trains a network on 32x32 images of random pixels, batch 128, as a run does (on a GPU the whole step is one graph), under torch's profiler, and adds
up the kernels' time by kind. It also prints the time of a step without the profiler, of which kernels take a part.
"""

import json
import re
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.speed.loops import NETWORK, NUM_TEST, num_train, trial_of
from benchmarks.speed.random_images import random_images
from benchmarks.store.environment import THREADS_PER_TRIAL, describe, read_checkout
from benchmarks.store.files import write_whole
from resnet_variants.command import start
from resnet_variants.registry import parse

WARM_UP_STEPS = 30
# kinds by the names of kernels (on a CPU: of operations), the first that matches
KINDS = {
    "convolution, weight gradients": r"wgrad|convolution_backward",
    "convolution": r"fprop|dgrad|conv|gemm|xmma|cutlass|winograd|mkldnn|addmm",
    "norm": r"batch_norm|bn_|batchnorm|welford",
    "conversion between layouts": r"nchw|nhwc|transpose",
    "SGD": r"sgd|multi_tensor|foreach",
    "batch": r"index|gather|unfold|flip",
    "reduction": r"reduce|sum|mean|softmax|nll|argmax",
    "copy and conversion": r"copy|memcpy|_to_|convert|cast",
    "fill": r"fill|memset|zero",
    "element by element": r"elementwise|vectorized|threshold|relu|clamp|add|mul|where|triton",
}


def kind_of(name: str) -> str:
    """Return the kind of a kernel by its name; "other" if none matches."""
    return next((kind for kind, pattern in KINDS.items() if re.search(pattern, name, re.IGNORECASE)), "other")


def profile_steps(network: str, device: str, num_steps: int, *, is_compiled: bool) -> dict[str, Any]:
    """Return the microseconds per step by kind and by kernel, the number of kernels, and the time of a step without the profiler."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    from benchmarks.training.lane import Lane

    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if device == "cuda" else [])]
    with Lane(torch.device(device)).turn():
        run_steps = _steps_of(network, device, is_compiled=is_compiled)
        run_steps(WARM_UP_STEPS if device == "cuda" else 2)
        seconds = run_steps(num_steps)
        with profile(activities=activities) as profiler:
            run_steps(num_steps)
    rows = profiler.key_averages()
    if device == "cuda":
        taken = {row.key: (row.self_device_time_total, row.count) for row in rows if row.device_type.name == "CUDA"}
    else:
        taken = {row.key: (row.self_cpu_time_total, row.count) for row in rows}
    return {
        "network": network,
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "is_compiled": is_compiled,
        "step_microseconds": 1e6 * seconds / num_steps,
        **summary({name: (time / num_steps, count / num_steps) for name, (time, count) in taken.items()}),
    }


def _steps_of(network: str, device: str, *, is_compiled: bool) -> Callable[[int], float]:
    """Return a callable that runs a number of steps, at most those of an epoch, and returns the seconds that they took."""
    import torch

    from benchmarks.measuring.stopwatch import wait_for
    from benchmarks.training.batches import DeviceImages
    from benchmarks.training.loop import Training, fresh_network
    from benchmarks.training.process import prepare_process

    prepare_process()
    pictures = random_images(num_train=num_train(device), num_test=NUM_TEST)
    images = DeviceImages(pictures, torch.device(device))
    trial = replace(trial_of(pictures, device), architecture=parse(network))
    training = Training(trial, fresh_network(trial, images), images, is_compiled=is_compiled)
    training.network.train()
    draws_SDB = training.draw_epoch().whole_SDB

    def run_steps(number: int) -> float:
        training.steps.load(draws_SDB, [trial.recipe.learning_rate] * len(draws_SDB))
        wait_for(device)
        begun = time.perf_counter()
        for _ in range(number):
            training.steps.run(trial.recipe.learning_rate, training.drawn_in_steps)
        wait_for(device)
        return time.perf_counter() - begun

    return run_steps


def summary(kernels: dict[str, tuple[float, float]]) -> dict[str, Any]:
    """Add up kernels, each by its microseconds and number per step, by kind; name the 25 that take longest."""
    kinds: dict[str, float] = defaultdict(float)
    for name, (taken, _) in kernels.items():
        kinds[kind_of(name)] += taken
    longest = sorted(kernels.items(), key=lambda item: -item[1][0])[:25]
    return {
        "kernel_microseconds": sum(kinds.values()),
        "kernels_per_step": sum(number for _, number in kernels.values()),
        "microseconds_by_kind": {kind: taken for kind, taken in sorted(kinds.items(), key=lambda item: -item[1]) if taken},
        "longest": [{"kernel": name, "microseconds": taken, "number": number} for name, (taken, number) in longest],
    }


def main(
    network: Annotated[str, typer.Option(help="The network.")] = NETWORK,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    steps: Annotated[int, typer.Option(min=1, max=80, help="Number of steps to profile.")] = 50,
    is_compiled: Annotated[bool, typer.Option("--compile", help="Compile the network.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the values as JSON.")] = None,
) -> None:
    """Profile training steps and print where their time goes."""
    from benchmarks.training.device import resolve_device

    try:
        device = resolve_device(device)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    found = profile_steps(network, device, steps, is_compiled=is_compiled)
    typer.echo(
        f"{network}, {found['device']}: {found['step_microseconds']:,.0f} µs per step, of which kernels take "
        f"{found['kernel_microseconds']:,.0f} µs ({found['kernels_per_step']:.0f} kernels)"
    )
    for kind, taken in found["microseconds_by_kind"].items():
        typer.echo(f"{taken:9,.0f} µs  {kind}")
    found["environment"] = asdict(describe(device=device, num_threads=THREADS_PER_TRIAL, checkout=read_checkout()))
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    start(main)
