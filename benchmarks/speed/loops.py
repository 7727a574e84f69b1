"""The loops that are compared in speed, each in its own processes: our training loop, an ordinary one, and the machine's peak.

Axes: N images, B images of a batch, C channels, H rows, W columns.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from multiprocessing.process import BaseProcess
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from PIL import Image

from benchmarks.cli.plan import resolve_recipe
from benchmarks.spec.images import Images, Split
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.trial import Trial
from benchmarks.speed.random_images import random_images
from benchmarks.store.cores import num_cores
from resnet_variants.registry import parse

if TYPE_CHECKING:
    from benchmarks.training.batches import DeviceImages

NETWORK = "resnet20"
NUM_TEST = 100
WARM_UP_STEPS = 8


def num_train(device: str) -> int:
    """Return the number of training images, in whole batches: a GPU has trained on a few before the next epoch is drawn."""
    return 128 * (400 if device == "cuda" else 80)


def trial_of(images: Images, device: str) -> Trial:
    """Return the trial that our loop trains: recipe `short`, with more epochs than any measurement completes."""
    recipe = replace(resolve_recipe(RECIPES["short"], device), epochs=1_000_000)
    return Trial(architecture=parse(NETWORK), dataset=images.identity(), recipe=recipe, seed=0)


def in_fresh_processes(loop: Callable[[str], Iterator[int]], device: str, num_processes: int, seconds: float) -> float:
    """Return what a loop yields per second (trained images or multiply-adds), summed over `num_processes` fresh processes.

    They are fresh because a process that has trained before has a different memory layout, which changed the ordinary loop by a sixth.
    """
    context = multiprocessing.get_context("spawn")
    barrier, rates = context.Barrier(num_processes), context.SimpleQueue()
    processes = [
        context.Process(target=_measure, args=(partial(loop, device), device, barrier, rates, seconds))
        for _ in range(num_processes)
    ]
    for process in processes:
        process.start()
    try:
        return sum(_next_rate(rates, processes) for _ in processes)
    except RuntimeError:
        for process in processes:
            process.kill()
        raise
    finally:
        for process in processes:
            process.join()


def _next_rate(rates: "SimpleQueue[float]", processes: Sequence[BaseProcess]) -> float:
    """Return the rate of the next process that finishes.

    Raises:
        RuntimeError: a process failed, for which the others would wait forever.
    """
    while rates.empty():
        codes = [process.exitcode for process in processes if process.exitcode]
        if codes:
            raise RuntimeError(f"a timed process ended with exit code {codes[0]}: see its output")
        time.sleep(0.05)
    return rates.get()


def _measure(
    loop: Callable[[], Iterator[int]], device: str, barrier: Barrier, rates: "SimpleQueue[float]", seconds: float
) -> None:
    from benchmarks.measuring.stopwatch import wait_for

    steps = loop()
    for _ in range(WARM_UP_STEPS):
        next(steps)
    wait_for(device)
    barrier.wait()
    num_images, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        num_images += next(steps)
    wait_for(device)
    rates.put(num_images / (time.perf_counter() - start))


def ours(device: str, num_lanes: int = 1, *, is_compiled: bool = False) -> Iterator[int]:
    """Train endlessly as one worker does, in turns if it has several lanes, with evaluations and all; yield how many images each turn trained."""
    import torch

    from benchmarks.training.batches import DeviceImages
    from benchmarks.training.lane import Lane
    from benchmarks.training.process import prepare_process

    prepare_process()
    images = random_images(num_train=num_train(device), num_test=NUM_TEST)
    batches = DeviceImages(images, torch.device(device))
    trial = trial_of(images, device)
    lanes = [Lane(batches.device) for _ in range(num_lanes)]
    loops = [_endless(replace(trial, seed=seed), batches, is_compiled=is_compiled) for seed in range(num_lanes)]
    for turn in count():
        with lanes[turn % num_lanes].turn():
            num_images = next(loops[turn % num_lanes])
        if turn >= 2 * num_lanes:  # until then steps are compiled and recorded
            yield num_images


def _endless(trial: Trial, images: "DeviceImages", *, is_compiled: bool) -> Iterator[int]:
    """Train endlessly; yield the number of images of each turn: 0 for one that evaluates, or that finds the device busy."""
    from benchmarks.training.loop import Training, fresh_network

    training = Training(trial, fresh_network(trial, images), images, is_compiled=is_compiled)
    while True:
        before = training.iteration
        for _ in training.epoch_in_turns():
            yield (training.iteration - before) * trial.recipe.batch_size
            before = training.iteration


def ordinary(device: str) -> Iterator[int]:
    """Train endlessly as a user's own loop would, and yield the size of each batch."""
    import torch
    from torch import nn
    from torch.utils.data import DataLoader
    from torchvision import transforms

    from resnet_variants import create

    images = random_images(num_train=num_train(device), num_test=NUM_TEST)
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
    network = create(NETWORK).to(device)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    criterion = nn.CrossEntropyLoss()

    while True:
        for x_BCHW, labels_B in loader:
            x_BCHW, labels_B = x_BCHW.to(device), labels_B.to(device)
            optimizer.zero_grad()
            loss = criterion(network(x_BCHW), labels_B)
            loss.backward()
            optimizer.step()
            loss.item()  # such a loop prints the running loss
            yield len(labels_B)


class Pictures:
    """Map-style data set that converts each image of an array to PIL and transforms it, as torchvision's CIFAR10 does."""

    def __init__(self, split: Split, transform: Any) -> None:
        self.pixels_NHWC = np.ascontiguousarray(split.images_NCHW.transpose(0, 2, 3, 1))
        self.labels = split.labels_N.tolist()
        self.transform = transform

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        return self.transform(Image.fromarray(self.pixels_NHWC[index])), self.labels[index]


def peak(precision: Literal["fp32", "bf16"], device: str) -> Iterator[int]:
    """Repeat a large convolution in one thread and yield its multiply-adds."""
    from benchmarks.measuring.peaks import CeilingKernels
    from benchmarks.training.process import prepare_process

    prepare_process()
    kernels = CeilingKernels(precision, device)
    while True:
        yield kernels.convolve()


def copying(device: str) -> Iterator[int]:
    """Repeat a large copy in one thread and yield the bytes that it reads and writes."""
    from benchmarks.measuring.peaks import CeilingKernels
    from benchmarks.training.process import prepare_process

    prepare_process()
    kernels = CeilingKernels("fp32", device)
    while True:
        yield kernels.copy()


def peak_macs_per_second(precision: Literal["fp32", "bf16"], device: str, seconds: float) -> float:
    """Measure the peak rate of the whole machine with one single-threaded process per core, or of a GPU with one process."""
    return in_fresh_processes(partial(peak, precision), device, num_cores() if device == "cpu" else 1, seconds)


def copied_bytes_per_second(device: str, seconds: float) -> float:
    """Measure how fast the whole machine copies memory, in bytes read and written, with one process per core, or one on a GPU."""
    return in_fresh_processes(copying, device, num_cores() if device == "cpu" else 1, seconds)
