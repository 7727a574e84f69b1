"""Common code of the data sets that torchvision reads."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import Dataset, Images, Split
from resnet_variants.names import printable

DEFAULT_ROOT = Path("data")
OpenSplit = Callable[[Any, str, str, bool], Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reader:
    """Description of one of torchvision's data sets; `files` is a file or folder that must exist in the data folder."""

    name: str
    source: str
    files: Path
    open_split: OpenSplit
    has_a_left_and_right: bool


def torchvision_dataset(
    name: str, *, title: str, source: str, open_split: OpenSplit, files: str = "", has_a_left_and_right: bool = False
) -> Dataset:
    """Return a data set that torchvision reads; `files` is a file or folder that must exist in the folder given by --data.

    `open_split(torchvision.datasets, root, "train" or "test", download)` opens one split.
    """
    reader = _Reader(
        name=name, source=source, files=Path(files), open_split=open_split, has_a_left_and_right=has_a_left_and_right
    )
    return Dataset(title=title, load=partial(_load, reader))


def _load(reader: _Reader, root: Path | None, download: bool) -> Images:
    """Load both splits from `root`, by default ./data.

    Raises:
        ValueError: the files are missing or damaged, or could not be downloaded; the message names the folder and the remedy.
    """
    from torchvision import datasets

    folder = DEFAULT_ROOT if root is None else root
    holder = _holder(folder, reader.files)
    if holder is not None:
        raise ValueError(
            f"{reader.name} could not be read from {printable(str(folder))}: "
            f"name the folder that holds {reader.files.as_posix()}, which is {printable(str(holder))}, with --data"
        )
    try:
        opened = {split: reader.open_split(datasets, str(folder), split, download) for split in ("train", "test")}
    except Exception as error:  # a truncated file can raise any error
        reason, remedy = _reason(reader.files, folder, error, download), "check the network and the folder"
        if not download:
            wanted = f"the folder that holds {reader.files.as_posix()}" if folder.is_dir() else "its folder"
            remedy = f"name {wanted} with --data, or add --download"
        raise ValueError(f"{reader.name} could not be read from {printable(str(folder))} ({reason}): {remedy}") from error
    splits = {split: _split(data) for split, data in opened.items()}
    classes = getattr(opened["train"], "classes", None) or [str(label) for label in range(10)]
    return Images(
        name=reader.name,
        source=reader.source,
        train=splits["train"],
        test=splits["test"],
        classes=tuple(map(str, classes)),
        has_a_left_and_right=reader.has_a_left_and_right,
    )


def _reason(files: Path, folder: Path, error: Exception, download: bool) -> str:
    """Return why loading failed; torchvision's message is replaced where it names its own arguments instead of our flags."""
    message = " ".join(str(error).split())[:200]
    if (folder / files).exists():
        return f"{files.as_posix()} is incomplete or damaged" if "download=True" in message else message or type(error).__name__
    if download and message and "download=True" not in message:
        return message
    return f"there is no {files.as_posix()}" if folder.is_dir() else f"no such folder; it must hold {files.as_posix()}"


def _holder(folder: Path, files: Path) -> Path | None:
    """Return the data folder if `folder` is `files` itself or lies on the path to it, else None."""
    whole = folder.absolute()
    if (whole / files).exists():
        return None
    for number in range(1, len(files.parts) + 1):
        if whole.parts[-number:] == files.parts[:number] and (whole.parents[number - 1] / files).exists():
            return whole.parents[number - 1]
    return None


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
