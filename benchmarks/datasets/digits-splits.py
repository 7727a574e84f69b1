"""The digits that ship with scikit-learn, which every seed divides at random for itself; no download and no flag needed.

The spread over seeds then includes which images are trained on and which are tested: an interval holds for other images of these writers too.
"""

from pathlib import Path

import numpy as np

from benchmarks import Dataset, Images
from benchmarks.datasets.digits import CLASSES, NUM_TEST, SOURCE, all_digits


def load(root: Path | None, download: bool) -> Images:
    """Load the images of `digits` as a pool: each seed has 1,297 of them as training images and 500 as test images.

    Raises:
        ValueError: a folder was given; these images need none.
    """
    if root is not None:
        raise ValueError(
            f"--data {root} is not used by digits-splits, which come with scikit-learn: leave it out, or name another --dataset"
        )
    images = all_digits()
    train, test = map(images.part, np.split(np.arange(len(images.labels_N)), [-NUM_TEST]))
    return Images(
        name="digits-splits",
        source=SOURCE,
        train=train,
        test=test,
        classes=CLASSES,
        has_a_left_and_right=True,
        is_pool=True,
    )


DATASET = Dataset(title="the same digits, divided into 1,297 training and 500 test images by each seed for itself", load=load)
