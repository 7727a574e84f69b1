"""Estimate how long a study takes: from its records if there are any, otherwise from a few timed training steps.

Networks that differ only in depth share two timings, of one and of three blocks in each stage, because every further block takes as long as
the one before it. Timings are kept in the user's cache for a day, for this machine and its torch.
"""

import time
from collections.abc import Iterable
from dataclasses import asdict, replace
from statistics import median
from typing import Any, Self

import torch

from benchmarks.spec.images import Images
from benchmarks.spec.schedule import num_batches
from benchmarks.spec.trial import Arm, Trial, key_of, without_defaults
from benchmarks.store.environment import THREADS_PER_TRIAL, Checkout, describe
from benchmarks.store.trials import TrialResult, meaning_of
from benchmarks.training.batches import DeviceImages
from benchmarks.training.device import resolve_device
from benchmarks.training.kept import Kept
from benchmarks.training.loop import Training, fresh_network
from resnet_variants.architecture import BLOCKS, CIFAR_STAGES, Architecture

FEWEST_STEPS, LEAST_SECONDS, LONG_SECONDS = 2, 0.08, 0.5  # per network; a long step is timed only once
FEW_BLOCKS, MORE_BLOCKS = 1, 3  # in each stage of the two networks that stand for deeper ones


class StepTimes:
    """Seconds per training step by network, images and recipe, each timed once; a context manager that keeps them in the user's cache."""

    def __init__(self, device: str) -> None:
        resolve_device(device)
        self.device = device
        environment = describe(device=device, num_threads=THREADS_PER_TRIAL, checkout=Checkout(commit=None, is_dirty=None))
        fields = asdict(environment)
        machine = {name: fields[name] for name in ("processor", "num_cores", "device", "gpu", "num_threads", "system")}
        self.kept = Kept("step-seconds", machine | {"torch": environment.versions.get("torch")})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        self.kept.__exit__(*error)

    def seconds(self, trial: Trial, images: DeviceImages) -> float:
        """Return the seconds per training step of the trial's network; those of a deep network follow from two shallow ones of its kind.

        Raises:
            ValueError: the network does not train on these images.
        """
        network = trial.architecture
        few, more = (_with_blocks(network, number) for number in (FEW_BLOCKS, MORE_BLOCKS))
        if few is None or more is None or network.depth <= more.depth:
            return self._timed_once(trial, images)
        least, some = (self._timed_once(replace(trial, architecture=shallow), images) for shallow in (few, more))
        return some + max(0.0, some - least) / (more.depth - few.depth) * (network.depth - more.depth)

    def _timed_once(self, trial: Trial, images: DeviceImages) -> float:
        recipe = trial.recipe
        key = key_of(
            {
                "network": without_defaults(trial.architecture),
                "meaning": meaning_of(trial.architecture),
                "task": asdict(images.original.facts.task(recipe)),
                "recipe": [recipe.batch_size, recipe.augment, recipe.precision],
            }
        )
        found = self.kept.values.get(key)
        if not isinstance(found, float) or found <= 0:
            found = _timed(trial, images)
            self.kept.add(key, found)
        return found


def seconds_by_arm(trials: Iterable[Trial], done: Iterable[TrialResult], images: Images, steps: StepTimes) -> dict[Arm, float]:
    """Return the seconds that one trial of each arm takes in one worker.

    Raises:
        ValueError: a network cannot be trained on these images.
    """
    known: dict[Arm, list[float]] = {}
    for result in done:
        seconds = sum(epoch.train_seconds + epoch.eval_seconds for epoch in result.history)
        known.setdefault(result.trial.arm, []).append(seconds)
    one_each = {trial.arm: trial for trial in trials}
    batches = DeviceImages(images, torch.device(steps.device))
    threads = torch.get_num_threads()
    torch.set_num_threads(THREADS_PER_TRIAL)
    try:
        return {
            arm: median(known[arm]) if arm in known else _trial_seconds(trial, batches, steps.seconds(trial, batches))
            for arm, trial in one_each.items()
        }
    finally:
        torch.set_num_threads(threads)


def _trial_seconds(trial: Trial, images: DeviceImages, step_seconds: float) -> float:
    """Return the seconds of a whole trial: its steps, the test set after every epoch, and its training images at the end."""
    num_steps = trial.recipe.num_iterations(num_batches(len(images.train), trial.recipe.batch_size))
    evaluated = trial.num_passes(len(images.train)) * len(images.test) + trial.num_images(len(images.train))
    return step_seconds * (num_steps + evaluated / trial.recipe.batch_size / 3)  # forward is a third of a step


def _with_blocks(network: object, num_blocks: int) -> Architecture | None:
    """Return the network with `num_blocks` blocks in each stage; None if its stages differ in length."""
    if not isinstance(network, Architecture) or network.template != "cifar":
        return None
    return replace(network, depth=CIFAR_STAGES * BLOCKS[network.block].convolutions * num_blocks + 2)


def _timed(trial: Trial, images: DeviceImages) -> float:
    """Return the seconds per training step: the median of a few steps after one to warm up."""
    training = Training(trial, fresh_network(trial, images), images)
    x_BCHW, labels_B = next(training.batches())
    try:
        training.step(x_BCHW, labels_B)[0].item()
    except RuntimeError as error:
        shape = "x".join(map(str, x_BCHW.shape[1:]))
        raise ValueError(f"{trial.arm.label} does not train on images of {shape}: {str(error).splitlines()[0]}") from error
    found: list[float] = []
    while sum(found) < LONG_SECONDS and (len(found) < FEWEST_STEPS or sum(found) < LEAST_SECONDS):
        start = time.perf_counter()
        training.step(x_BCHW, labels_B)[0].item()  # reading the loss waits for the device
        found.append(time.perf_counter() - start)
    return median(found)
