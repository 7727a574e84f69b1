"""How long a study will take: from records where there are some, else from a few timed steps of each arm."""

import time
from collections.abc import Iterable
from statistics import median

import torch

from benchmarks.batches import DeviceImages
from benchmarks.data import Images
from benchmarks.machine import THREADS_PER_TRIAL, settle_device
from benchmarks.records import TrialResult
from benchmarks.training import Training, fresh_network
from benchmarks.trial import Arm, Trial

TIMED_STEPS = 2


def seconds_by_arm(trials: Iterable[Trial], done: Iterable[TrialResult], images: Images, device: str) -> dict[Arm, float]:
    """For each arm among the trials, the seconds that one of its trials takes in one worker.

    Raises:
        ValueError: the device is not on this machine, or a network cannot be trained on these images.
    """
    settle_device(device)
    known: dict[Arm, list[float]] = {}
    for result in done:
        seconds = sum(epoch.train_seconds + epoch.eval_seconds for epoch in result.history)
        known.setdefault(result.trial.arm, []).append(seconds)
    one_each = {trial.arm: trial for trial in trials}
    batches = DeviceImages(images, torch.device(device))
    threads = torch.get_num_threads()
    torch.set_num_threads(THREADS_PER_TRIAL)
    try:
        return {arm: median(known[arm]) if arm in known else _timed(trial, batches) for arm, trial in one_each.items()}
    finally:
        torch.set_num_threads(threads)


def _timed(trial: Trial, images: DeviceImages) -> float:
    """The seconds of a whole trial, from a few of its steps after one to warm up."""
    training = Training(trial, fresh_network(trial, images), images)
    x_BCHW, labels_B = next(training.batches())
    try:
        training.step(x_BCHW, labels_B)[0].item()
    except RuntimeError as error:
        shape = "x".join(map(str, x_BCHW.shape[1:]))
        raise ValueError(f"{trial.arm.label} does not train on images of {shape}: {str(error).splitlines()[0]}") from error
    start = time.perf_counter()
    for _ in range(TIMED_STEPS):
        training.step(x_BCHW, labels_B)[0].item()  # reading the loss waits for the device
    step_seconds = (time.perf_counter() - start) / TIMED_STEPS
    evaluated = trial.num_passes(len(images.train)) * len(images.test) + len(training.rows_N)
    return step_seconds * (training.num_iterations + evaluated / trial.recipe.batch_size / 3)  # forward is a third of a step
