"""The images of one trial: its seed's split of a pool."""

import torch

from benchmarks.spec.trial import Trial
from benchmarks.training.batches import DeviceImages


def images_of(images: DeviceImages, trial: Trial) -> DeviceImages:
    """Return the images that a trial trains and is evaluated on; they share the pixels of `images`.

    Raises:
        ValueError: the trial's split is not the one that its seed makes of these images.
    """
    division = images.original.division(trial.seed)
    checksum = division.checksum if division else None
    if trial.split != checksum:
        raise ValueError(
            f"the trial's split is {trial.split}, but seed {trial.seed} divides {images.original.name} into {checksum}: plan the trial again"
        )
    if division is None:
        return images
    train, test = (images.train.part(torch.from_numpy(rows_N)) for rows_N in (division.kept_N, division.drawn_N))
    return images.view(images.facts, train, test, train.labels_N)
