"""The 1,797 real 8x8 scans of handwritten digits that ship with scikit-learn; no download and no flag needed."""

from pathlib import Path

import numpy as np

from benchmarks import Dataset, Images, Split

NUM_TEST = 500
SPLIT_SEED = 0
CLASSES = tuple("0123456789")
SOURCE = "Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits (UCI), test part, as shipped by scikit-learn"


def load(root: Path | None, download: bool) -> Images:
    """Load 1,297 training and 500 test images, stratified by class, with pixels rescaled from 0..16 to 0..255.

    Raises:
        ValueError: a folder was given; these images need none.
    """
    from sklearn.model_selection import train_test_split

    if root is not None:
        raise ValueError(
            f"--data {root} is not used by digits, which come with scikit-learn: leave it out, or name another --dataset"
        )
    images = all_digits()
    num_images = len(images.labels_N)
    rows = train_test_split(np.arange(num_images), test_size=NUM_TEST, stratify=images.labels_N, random_state=SPLIT_SEED)
    train, test = map(images.part, rows)
    return Images(name="digits", source=SOURCE, train=train, test=test, classes=CLASSES, has_a_left_and_right=True)


def all_digits() -> Split:
    """Load all images in scikit-learn's order, with pixels rescaled from 0..16 to 0..255."""
    from sklearn.datasets import load_digits

    pixels_NHW, labels_N = load_digits(return_X_y=True)
    pixels_NCHW = np.round(pixels_NHW.reshape(-1, 1, 8, 8) * (255 / 16)).astype(np.uint8)
    return Split(images_NCHW=pixels_NCHW, labels_N=labels_N.astype(np.int64))


DATASET = Dataset(title="1,797 real 8x8 scans of digits, shipped with scikit-learn", load=load)
