"""Images in memory, their identity, and the data sets there are.

Each data set is a file in `datasets/` that holds one `DATASET`; the file's name is its name on the command line. Nothing here needs torch.

Axes: N images, C channels, H rows, W columns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.spec.plugins import load_value, names_in, path_of
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.trial import DatasetIdentity
from benchmarks.spec.words import counted
from resnet_variants.architecture import Task
from resnet_variants.names import refuse_what_is_no_text

CHECKSUM_DIGITS = 16
DATASETS = "benchmarks.datasets"


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    """Images as uint8 and their labels, counted from 0; `names` are those of their files, where each has one.

    Raises:
        ValueError: the arrays do not fit each other, or there are none.
    """

    images_NCHW: NDArray[np.uint8]
    labels_N: NDArray[np.int64]
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.images_NCHW.ndim != 4 or self.images_NCHW.dtype != np.uint8:
            raise ValueError(f"images must be uint8 of 4 axes, not {self.images_NCHW.dtype} of {self.images_NCHW.ndim}")
        if self.labels_N.shape != self.images_NCHW.shape[:1] or self.labels_N.dtype != np.int64:
            raise ValueError(
                f"{len(self.images_NCHW)} images need as many labels of int64, not {self.labels_N.dtype} of shape {self.labels_N.shape}"
            )
        if len(self.labels_N) == 0:
            raise ValueError("there are no images")
        if self.names and len(self.names) != len(self.labels_N):
            raise ValueError(f"{len(self.labels_N)} images need as many names, or none, not {len(self.names)}")


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFacts:
    """What a report says of the images. `preparation` is what was done to their files before, and which were left out; `notes` are sentences
    that a reader must know before any number, such as test images that were trained on.
    """

    source: str
    image_shape: tuple[int, int, int]
    classes: tuple[str, ...]
    num_train: int
    num_test: int
    has_a_left_and_right: bool = False
    preparation: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def task(self, recipe: Recipe) -> Task:
        """What a network is built for that sees these images as a recipe shows them."""
        return Task(image_shape=recipe.input_shape(self.image_shape), num_classes=len(self.classes))

    @property
    def in_words(self) -> str:
        """Such as "48 training and 12 test images, 3 classes, 24x24; left out: 1 .heic"."""
        _, rows, columns = self.image_shape
        counts = f"{self.num_train:,} training and {self.num_test:,} test images, {len(self.classes)} classes, {columns}x{rows}"
        return "; ".join([counts, *self.preparation])


@dataclass(frozen=True, kw_only=True, slots=True)
class Images:
    """A data set in memory: what it is called, where it is from, both splits, and the names of its classes. It `has_a_left_and_right` where
    mirror images are others, or none, as of digits; `preparation` and `notes` are as in `DataFacts`.

    Raises:
        ValueError: the splits differ in shape, a label has no class, a name is no text, or there is nothing to tell apart: one class, or one
            image to train on.
    """

    name: str
    source: str
    train: Split
    test: Split
    classes: tuple[str, ...]
    has_a_left_and_right: bool = False
    preparation: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.train.images_NCHW.shape[1:] != self.test.images_NCHW.shape[1:]:
            raise ValueError(f"training images are {self.image_shape}, test images {self.test.images_NCHW.shape[1:]}")
        if len(self.classes) < 2 or len(self.train.labels_N) < 2:
            raise ValueError(
                f"{self.name} has {counted(len(self.classes), 'class', 'classes')} and {counted(len(self.train.labels_N), 'training image')}: "
                "it needs two of each at the least"
            )
        strange = next((name for name in self.classes if type(name) is not str), None)
        if strange is not None:
            raise ValueError(f"{self.name}: class {strange!r} is a {type(strange).__name__}: names of classes must be str")
        for what, texts in (
            ("data set", (self.name,)),
            (f"{self.name}: class", self.classes),
            (f"{self.name}: what is said of it,", (self.source, *self.preparation, *self.notes)),
        ):
            for text in texts:
                refuse_what_is_no_text(what, text)
        for what, split in (("training", self.train), ("test", self.test)):
            lowest, highest = split.labels_N.min(), split.labels_N.max()
            if lowest < 0 or highest >= len(self.classes):
                raise ValueError(
                    f"{self.name}: the {what} images' labels are from {lowest} to {highest}: "
                    f"they must be from 0 to {len(self.classes) - 1}, one for each class"
                )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, rows, columns."""
        channels, rows, columns = self.train.images_NCHW.shape[1:]
        return channels, rows, columns

    @property
    def facts(self) -> DataFacts:
        """What a record says of the images."""
        return DataFacts(
            source=self.source,
            image_shape=self.image_shape,
            classes=self.classes,
            num_train=len(self.train.labels_N),
            num_test=len(self.test.labels_N),
            has_a_left_and_right=self.has_a_left_and_right,
            preparation=self.preparation,
            notes=self.notes,
        )

    def identity(self) -> DatasetIdentity:
        """The name, and a checksum of shapes, pixels and labels of both splits."""
        digest = sha256(str(len(self.classes)).encode())
        for split in (self.train, self.test):
            digest.update(str(split.images_NCHW.shape).encode())
            digest.update(np.ascontiguousarray(split.images_NCHW).data)
            digest.update(split.labels_N.astype("<i8").tobytes())
        return DatasetIdentity(name=self.name, checksum=digest.hexdigest()[:CHECKSUM_DIGITS])


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    """How images come into memory: `load(root, download)`. A data set without a default root needs `--data` or, as digits, nothing."""

    title: str
    load: Callable[[Path | None, bool], Images]


def dataset_names() -> list[str]:
    """The data sets there are."""
    return names_in(DATASETS)


def load_dataset(name: str) -> Dataset:
    """The data set called `name`, its images not loaded yet.

    Raises:
        ValueError: no such data set; names the choices. Or its file is wrong; names the file.
    """
    return load_value("data set", DATASETS, name, "DATASET", Dataset)


def load_images(name: str, root: Path | None, download: bool) -> Images:
    """The images of the data set called `name`.

    Raises:
        ValueError: they cannot be had, or what its file loads is none; says why.
    """
    load = load_dataset(name).load
    try:
        images: object = load(root, download)
    except ValueError:
        raise  # it names the folder and the remedy
    except Exception as error:
        raise ValueError(f"{path_of(DATASETS, name)}: {type(error).__name__}: {error}") from error
    if not isinstance(images, Images):
        raise ValueError(f"{path_of(DATASETS, name)}: load returned a {type(images).__name__}: it must return Images")
    return images
