"""The digits that ship with scikit-learn, enlarged to MNIST's 28x28 for the courses' networks; no download and no flag needed."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks import Dataset, Images, Split
from benchmarks.spec.images import load_dataset

SIDE = 28


def load(root: Path | None, download: bool) -> Images:
    """Load the splits of `digits`, each image enlarged by bicubic interpolation.

    Raises:
        ValueError: a folder was given; these images need none.
    """
    if root is not None:
        raise ValueError(
            f"--data {root} is not used by digits28, which come with scikit-learn: leave it out, or name another --dataset"
        )
    small = load_dataset("digits").load(None, download)
    train, test = (
        Split(images_NCHW=_enlarged(split.images_NCHW), labels_N=split.labels_N) for split in (small.train, small.test)
    )
    source = f"{small.source}; enlarged from 8x8 to {SIDE}x{SIDE}"
    return Images(name="digits28", source=source, train=train, test=test, classes=small.classes, has_a_left_and_right=True)


def _enlarged(images_NCHW: NDArray[np.uint8]) -> NDArray[np.uint8]:
    enlarged = (Image.fromarray(image_HW).resize((SIDE, SIDE), Image.Resampling.BICUBIC) for image_HW in images_NCHW[:, 0])
    return np.stack([np.asarray(image) for image in enlarged])[:, None]


DATASET = Dataset(title="the same digits enlarged to 28x28, for the networks that courses teach on MNIST", load=load)
