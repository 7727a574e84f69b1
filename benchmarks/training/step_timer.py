"""Time training steps as a worker runs them. This is a file of its own because it loads torch, and the estimates do not."""

import time
from statistics import median_low

import torch

from benchmarks.spec.images import Images
from benchmarks.spec.trial import Trial
from benchmarks.store.environment import THREADS_PER_TRIAL
from benchmarks.training.batches import DeviceImages
from benchmarks.training.loop import Training, fresh_network
from benchmarks.training.trial_images import images_of

FEWEST_STEPS, LEAST_SECONDS, LONG_SECONDS = 3, 0.03, 0.04  # timed per network; a long step is timed only once


class StepTimer:
    """Timer of training steps on a device; the images and the last network are kept for the next call."""

    def __init__(self, device: str) -> None:
        self.device = torch.device(device)
        self.images: DeviceImages | None = None
        self.training: Training | None = None

    def seconds(self, trial: Trial, images: Images, num_images: int) -> float:
        """Return the seconds of a training step of the trial's network on a batch of `num_images`: the median of a few after one or two to warm up.

        Raises:
            ValueError: the network does not train on these images.
        """
        threads = torch.get_num_threads()
        torch.set_num_threads(THREADS_PER_TRIAL)
        try:
            return _timed(self._ready(trial, images), num_images)
        finally:
            torch.set_num_threads(threads)

    def _ready(self, trial: Trial, images: Images) -> Training:
        if self.images is None or self.images.original is not images:
            self.images, self.training = DeviceImages(images, self.device), None
        if self.training is None or self.training.trial != trial:
            self.training = None  # one network at a time
            of_trial = images_of(self.images, trial)
            self.training = Training(trial, fresh_network(trial, of_trial), of_trial)
        return self.training


def _timed(training: Training, num_images: int) -> float:
    draws_DB = next(iter(training.draw_epoch()))[:, :num_images]
    try:
        training.step_on(draws_DB)[0].item()
    except RuntimeError as error:
        shape = "x".join(map(str, training.images.batch(training.trial.recipe, draws_DB.to(training.images.device))[0].shape[1:]))
        raise ValueError(
            f"{training.trial.arm.label} does not train on images of {shape}: {str(error).splitlines()[0]}"
        ) from error
    found: list[float] = []
    while sum(found) < LONG_SECONDS and (len(found) < FEWEST_STEPS or sum(found) < LEAST_SECONDS):
        start = time.perf_counter()
        training.step_on(draws_DB)[0].item()  # reading the loss waits for the device
        found.append(time.perf_counter() - start)
    return median_low(found[1:] or found)  # the second step may still allocate memory
