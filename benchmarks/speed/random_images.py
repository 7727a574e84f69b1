"""Images of random pixels for every benchmark of this project: the time of a step does not depend on them.

Axes: N images, C channels, H rows, W columns.
"""

import numpy as np

from benchmarks.spec.images import Images, Split


def random_images(*, num_train: int, num_test: int, shape: tuple[int, int, int] = (3, 32, 32)) -> Images:
    """Draw images and labels of ten classes."""
    random = np.random.default_rng(0)
    train, test = (
        Split(images_NCHW=random.integers(0, 256, (number, *shape), np.uint8), labels_N=random.integers(0, 10, number))
        for number in (num_train, num_test)
    )
    return Images(name="random", source="random pixels", train=train, test=test, classes=tuple("0123456789"))
