"""How fast a ResNet-20 trains on 32x32 images here, beside the ordinary loop: python -m benchmarks.speed.training.

Ours is the loop of `benchmarks.training` as a run uses it: one single-threaded worker a core, each at a trial of its own, channels_last, bf16
where the processor has it, batches cropped and flipped as tensors. The ordinary loop is the same network in one process with all cores:
fp32, NCHW, a DataLoader with two workers and torchvision's transforms. Both are measured in turn, several times, in one run; about a
minute and a half. Random pixels serve, because speed does not depend on what the images show.
"""

import json
import multiprocessing
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import numpy as np
import typer
from PIL import Image

from benchmarks.data import Images, Split
from benchmarks.machine import THREADS_PER_TRIAL, describe, num_cores, read_checkout
from benchmarks.recipe import RECIPES
from benchmarks.records import write_whole
from benchmarks.study import settle_precision
from benchmarks.trial import Trial
from resnet_variants.registry import parse

NETWORK = "resnet20"
NUM_IMAGES = 10_000
WARM_UP_STEPS = 8
GOAL = 2.2


def random_images() -> Images:
    """10,000 training images of 3x32x32 in ten classes, of random pixels."""
    random = np.random.default_rng(0)
    pixels_NCHW = random.integers(0, 256, (NUM_IMAGES, 3, 32, 32), np.uint8)
    labels_N = random.integers(0, 10, NUM_IMAGES)
    train = Split(images_NCHW=pixels_NCHW, labels_N=labels_N)
    test = Split(images_NCHW=pixels_NCHW[:100], labels_N=labels_N[:100])
    return Images(name="random", source="random pixels", train=train, test=test, classes=tuple("0123456789"))


def trial_of(images: Images) -> Trial:
    """What ours trains: recipe `short`, made so long that no measurement comes to its end."""
    recipe = replace(settle_precision(RECIPES["short"], "cpu"), epochs=1_000_000)
    return Trial(architecture=parse(NETWORK), dataset=images.identity(), recipe=recipe, seed=0)


def in_fresh_processes(loop: Callable[[], Iterator[int]], num_processes: int, seconds: float) -> float:
    """Training images a second of a loop that yields the size of each batch it has trained on, summed over processes started for it.

    Fresh, because a process that has trained before has its memory in other order, which moved the ordinary loop by a sixth.
    """
    context = multiprocessing.get_context("spawn")
    barrier, rates = context.Barrier(num_processes), context.SimpleQueue()
    processes = [context.Process(target=_measure, args=(loop, barrier, rates, seconds)) for _ in range(num_processes)]
    for process in processes:
        process.start()
    total = sum(rates.get() for _ in processes)
    for process in processes:
        process.join()
    return float(total)


def _measure(loop: Callable[[], Iterator[int]], barrier: Barrier, rates: "SimpleQueue[float]", seconds: float) -> None:
    steps = loop()
    for _ in range(WARM_UP_STEPS):
        next(steps)
    barrier.wait()
    num_images, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        num_images += next(steps)
    rates.put(num_images / spent)


def ours() -> Iterator[int]:
    """One worker's loop, as in a run."""
    import torch

    from benchmarks.batches import DeviceImages
    from benchmarks.training import Training, fresh_network, prepare_process

    prepare_process()
    images = random_images()
    batches = DeviceImages(images, torch.device("cpu"))
    trial = trial_of(images)
    training = Training(trial, fresh_network(trial, batches), batches)
    while True:
        for x_BCHW, labels_B in training.batches():
            training.step(x_BCHW, labels_B)
            yield len(labels_B)


def ordinary() -> Iterator[int]:
    """The loop that a user would write."""
    import torch
    from torch import nn
    from torch.utils.data import DataLoader
    from torchvision import transforms

    from resnet_variants import create

    images = random_images()
    transform = transforms.Compose(
        [
            transforms.RandomCrop(32, padding=4),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
        ]
    )
    dataset: Any = Pictures(images.train, transform)
    loader: Any = DataLoader(dataset, batch_size=128, shuffle=True, num_workers=2, persistent_workers=True)
    network = create(NETWORK)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    criterion = nn.CrossEntropyLoss()

    while True:
        for x_BCHW, labels_B in loader:
            optimizer.zero_grad()
            loss = criterion(network(x_BCHW), labels_B)
            loss.backward()
            optimizer.step()
            loss.item()  # the running loss that such a loop prints
            yield len(labels_B)


class Pictures:
    """A map-style data set that makes a PIL image of each row of an array and transforms it, as torchvision's CIFAR10 does."""

    def __init__(self, split: Split, transform: Any) -> None:
        self.pixels_NHWC = np.ascontiguousarray(split.images_NCHW.transpose(0, 2, 3, 1))
        self.labels = split.labels_N.tolist()
        self.transform = transform

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        return self.transform(Image.fromarray(self.pixels_NHWC[index])), self.labels[index]


def main(
    rounds: Annotated[int, typer.Option(help="How often both are measured, in turn.")] = 3,
    seconds: Annotated[float, typer.Option(help="Length of each measurement.")] = 10.0,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the figures as JSON.")] = None,
) -> None:
    """Measure ours and the ordinary loop in turn, and print both with their ratio."""
    loops = {"ours": (ours, num_cores()), "ordinary": (ordinary, 1)}
    measured = [
        {name: in_fresh_processes(loop, processes, seconds) for name, (loop, processes) in loops.items()} for _ in range(rounds)
    ]
    ratios = [row["ours"] / row["ordinary"] for row in measured]
    result = {
        "network": NETWORK,
        "unit": "training images of 3x32x32 a second, batch 128",
        "precision": trial_of(random_images()).recipe.precision,
        "rounds": measured,
        "ours": median(row["ours"] for row in measured),
        "ordinary": median(row["ordinary"] for row in measured),
        "ratio": median(ratios),
        "environment": asdict(describe(device="cpu", num_threads=THREADS_PER_TRIAL, checkout=read_checkout())),
    }
    for name in ("ours", "ordinary"):
        typer.echo(f"{name:9} {result[name]:6.0f} images/s  ({', '.join(f'{row[name]:.0f}' for row in measured)})")
    typer.echo(f"ratio     {result['ratio']:6.2f}           ({', '.join(f'{ratio:.2f}' for ratio in ratios)}); goal {GOAL}")
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    typer.run(main)
