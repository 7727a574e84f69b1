"""Images of one's own: python -m benchmarks.run --suite depth --dataset ./my_data.py"""

import numpy as np

from benchmarks import Dataset, Images, Split


def stripes(num_images, seed):
    """Return noisy images with horizontal (0) or vertical (1) stripes; the same seed gives the same images."""
    generator = np.random.default_rng(seed)
    labels_N = np.arange(num_images) % 2
    horizontal_HW = np.tile((np.arange(8) % 2 * 100)[:, None], (1, 8))
    images_NCHW = np.stack([horizontal_HW.T if label else horizontal_HW for label in labels_N])[:, None]
    noise_NCHW = generator.integers(0, 156, images_NCHW.shape)
    return Split(images_NCHW=(images_NCHW + noise_NCHW).astype(np.uint8), labels_N=labels_N)


def load(root, download):
    """Return the images; `root` is the folder that --data names, or None. Raise a ValueError that names the remedy if they are missing."""
    train, test = stripes(400, seed=0), stripes(200, seed=1)
    return Images(name="my_data", source="made by my_data", train=train, test=test, classes=("horizontal", "vertical"))


DATASET = Dataset(title="noisy stripes, 8x8", load=load)
