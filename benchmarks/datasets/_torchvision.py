"""What the data sets that torchvision reads have in common."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np

from benchmarks.data import Dataset, Images, Split

DEFAULT_ROOT = Path("data")


OpenSplit = Callable[[Any, str, str, bool], Any]


def torchvision_dataset(name: str, *, title: str, source: str, open_split: OpenSplit) -> Dataset:
    """A data set of torchvision's; `open_split(torchvision.datasets, root, "train" or "test", download)` opens one split."""
    return Dataset(title=title, load=partial(_load, name, source, open_split))


def _load(name: str, source: str, open_split: OpenSplit, root: Path | None, download: bool) -> Images:
    """Both splits, from `root`, or from ./data where none is given.

    Raises:
        ValueError: the files are missing or damaged, or could not be downloaded; names the folder and the remedy.
    """
    from torchvision import datasets

    folder = DEFAULT_ROOT if root is None else root
    try:
        opened = {split: open_split(datasets, str(folder), split, download) for split in ("train", "test")}
    except (RuntimeError, OSError, URLError, EOFError, ValueError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        remedy = "check the network and the folder" if download else "name its folder with --data, or add --download"
        raise ValueError(f"{name} could not be read from {folder} ({reason}): {remedy}") from error
    splits = {split: _split(data) for split, data in opened.items()}
    classes = getattr(opened["train"], "classes", None) or [str(label) for label in range(10)]
    return Images(name=name, source=source, train=splits["train"], test=splits["test"], classes=tuple(map(str, classes)))


def _split(data: Any) -> Split:
    pixels = np.asarray(data.data)
    if pixels.ndim == 3:  # NHW, grey
        pixels_NCHW = pixels[:, None]
    elif pixels.shape[-1] == 3:  # NHWC, CIFAR
        pixels_NCHW = pixels.transpose(0, 3, 1, 2)
    else:  # NCHW, SVHN
        pixels_NCHW = pixels
    labels = data.targets if hasattr(data, "targets") else data.labels
    return Split(images_NCHW=np.ascontiguousarray(pixels_NCHW), labels_N=np.asarray(labels).astype(np.int64))
