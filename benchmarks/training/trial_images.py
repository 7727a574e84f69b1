"""The images of one trial: its seed's split of a pool, training images held out in the place of the test images, and a control's wrong labels.

The control "half-wrong" is taught wrong labels for half of its training images. Only its batches know them: the running loss and error of an
epoch are those on the labels that are taught, while the training error after the last epoch and every test error are those on the right labels.

Axes: N images.
"""

import torch
from torch import Tensor

from benchmarks.spec.division import divide
from benchmarks.spec.trial import HALF_WRONG, Trial
from benchmarks.training.batches import DeviceImages
from benchmarks.training.generators import generator_of, subset_order
from benchmarks.training.pixels import DeviceSplit


def images_of(images: DeviceImages, trial: Trial) -> DeviceImages:
    """Return the images and labels that a trial trains and is evaluated on; they share the pixels of `images`.

    Raises:
        ValueError: the trial's split is not the one that its seed makes of these images, or it holds out too few or too many.
    """
    facts = images.facts.of_trial(trial)
    train, test = _split_of(images, trial)
    if trial.holdout:
        train, test = _hold_out(train, facts.num_test, trial.seed)
    if trial.control == HALF_WRONG:
        return images.view(facts, train, test, half_wrong(train.labels_N, len(facts.classes), trial.seed))
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


def half_wrong(labels_N: Tensor, num_classes: int, seed: int) -> Tensor:
    """Return the labels with half of them, rounded down, replaced by those of other classes, all equally likely.

    Every second label is wrong in the order in which the seed draws parts of the images, so that half are in any part.
    """
    taught_N = labels_N.cpu().clone()
    rows_N = subset_order(seed, len(labels_N))[1::2]
    steps_N = torch.randint(1, num_classes, (len(rows_N),), generator=generator_of(seed, "wrong labels"))
    taught_N[rows_N] = (taught_N[rows_N] + steps_N) % num_classes
    return taught_N.to(labels_N.device)
