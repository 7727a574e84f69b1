"""The images of one trial: its seed's split of a pool, and training images held out in the place of the test images."""

import torch

from benchmarks.spec.division import divide
from benchmarks.spec.trial import Trial
from benchmarks.training.batches import DeviceImages
from benchmarks.training.pixels import DeviceSplit


def images_of(images: DeviceImages, trial: Trial) -> DeviceImages:
    """Return the images that a trial trains and is evaluated on; they share the pixels of `images`.

    Raises:
        ValueError: the trial's split is not the one that its seed makes of these images, or it holds out too few or too many.
    """
    facts = images.facts.of_trial(trial)
    train, test = _split_of(images, trial)
    if trial.holdout:
        train, test = _hold_out(train, facts.num_test, trial.seed)
    if train is images.train and test is images.test:
        return images
    return images.view(facts, train, test, train.labels_N)


def _split_of(images: DeviceImages, trial: Trial) -> tuple[DeviceSplit, DeviceSplit]:
    """Return the training and the test images of the trial's seed."""
    division = images.original.division(trial.seed)
    checksum = division.checksum if division else None
    if trial.split != checksum:
        raise ValueError(
            f"the trial's split is {trial.split}, but seed {trial.seed} divides {images.original.name} into {checksum}: plan the trial again"
        )
    if division is None:
        return images.train, images.test
    return images.train.part(torch.from_numpy(division.kept_N)), images.train.part(torch.from_numpy(division.drawn_N))


def _hold_out(train: DeviceSplit, number: int, seed: int) -> tuple[DeviceSplit, DeviceSplit]:
    """Return the training images without `number` of them, and these, with every class in proportion; a seed holds out the same for all arms."""
    division = divide(train.labels_N.cpu().numpy(), number, seed=seed, purpose="holdout")
    return train.part(torch.from_numpy(division.kept_N)), train.part(torch.from_numpy(division.drawn_N))
