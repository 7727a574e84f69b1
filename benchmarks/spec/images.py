"""Images in memory, their identity, and the available data sets.

Each data set is a file in `datasets/` that holds one `DATASET`; the file's name is its name on the command line.
Nothing here needs torch.

Axes: N images, C channels, H rows, W columns.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.spec.data_facts import DataFacts
from benchmarks.spec.division import CHECKSUM_DIGITS, Division, split_of_seed
from benchmarks.spec.image_choices import AS_FOUND, ImageChoices
from benchmarks.spec.named import named, shipped
from benchmarks.spec.plugins import call, load_value, names_in, path_of
from benchmarks.spec.trial import DatasetIdentity
from benchmarks.spec.words import counted
from resnet_variants.names import refuse_what_is_no_text

PER_SEED = "divided at random for each seed"
DATASETS = "benchmarks.datasets"


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    """Images as uint8, their labels, counted from 0, and the `names` of their files, if each image has one.

    Raises:
        ValueError: the arrays do not match each other, or are empty.
    """

    images_NCHW: NDArray[np.uint8]
    labels_N: NDArray[np.int64]
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.images_NCHW.ndim != 4 or self.images_NCHW.dtype != np.uint8:
            raise ValueError(f"images must be uint8 with 4 axes, got {self.images_NCHW.dtype} with {self.images_NCHW.ndim}")
        if self.labels_N.shape != self.images_NCHW.shape[:1] or self.labels_N.dtype != np.int64:
            raise ValueError(
                f"{len(self.images_NCHW)} images need as many int64 labels, got {self.labels_N.dtype} of shape {self.labels_N.shape}"
            )
        if len(self.labels_N) == 0:
            raise ValueError("a split needs at least one image")
        if self.names and len(self.names) != len(self.labels_N):
            raise ValueError(f"{len(self.labels_N)} images need as many names, or none, got {len(self.names)}")

    def part(self, rows_N: NDArray[np.int64]) -> "Split":
        """Return a copy of the images of these rows."""
        names = tuple(self.names[row] for row in rows_N) if self.names else ()
        return Split(images_NCHW=self.images_NCHW[rows_N], labels_N=self.labels_N[rows_N], names=names)


@dataclass(frozen=True, kw_only=True, slots=True)
class Images:
    """A data set in memory: its name, its source, both splits, and the names of its classes.

    It `has_a_left_and_right` if mirrored images are of other classes or of no class, as with digits. `preparation` and
    `notes` are those of `DataFacts`. If it `is_pool`, the images of both splits are a pool: each seed divides it at
    random into parts of the same two sizes, and which image is in which of the given splits does not matter.

    Raises:
        ValueError: the splits differ in shape, a label has no class, a name is not text, or there is only one class or
            one training image.
    """

    name: str
    source: str
    train: Split
    test: Split
    classes: tuple[str, ...]
    has_a_left_and_right: bool = False
    preparation: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_pool: bool = False

    def __post_init__(self) -> None:
        if self.train.images_NCHW.shape[1:] != self.test.images_NCHW.shape[1:]:
            raise ValueError(f"training images are {self.image_shape}, test images {self.test.images_NCHW.shape[1:]}")
        if len(self.classes) < 2 or len(self.train.labels_N) < 2:
            raise ValueError(
                f"{self.name} has {counted(len(self.classes), 'class', 'classes')} and {counted(len(self.train.labels_N), 'training image')}: "
                "it needs at least two of each"
            )
        strange = next((name for name in self.classes if type(name) is not str), None)
        if strange is not None:
            raise ValueError(f"{self.name}: class {strange!r} is a {type(strange).__name__}: names of classes must be str")
        for what, texts in (
            ("data set", (self.name,)),
            (f"{self.name}: class", self.classes),
            (f"{self.name}: the text", (self.source, *self.preparation, *self.notes)),
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
        """Channels, rows and columns."""
        channels, rows, columns = self.train.images_NCHW.shape[1:]
        return channels, rows, columns

    @property
    def facts(self) -> DataFacts:
        """Facts for records and reports."""
        return DataFacts(
            source=self.source,
            image_shape=self.image_shape,
            classes=self.classes,
            num_train=len(self.train.labels_N),
            num_test=len(self.test.labels_N),
            has_a_left_and_right=self.has_a_left_and_right,
            preparation=(*self.preparation, *((PER_SEED,) if self.is_pool else ())),
            notes=self.notes,
        )

    @property
    def pool(self) -> Split:
        """All images in one: those of `train`, then those of `test`."""
        has_names = self.train.names and self.test.names
        return Split(
            images_NCHW=np.concatenate([self.train.images_NCHW, self.test.images_NCHW]),
            labels_N=self.pool_labels,
            names=(*self.train.names, *self.test.names) if has_names else (),
        )

    @property
    def pool_labels(self) -> NDArray[np.int64]:
        """Labels of all images, in the order of `pool`."""
        return np.concatenate([self.train.labels_N, self.test.labels_N])

    def division(self, seed: int) -> Division | None:
        """Return how a seed divides the pool; None if the splits are the same for every seed."""
        return split_of_seed(self.pool_labels, len(self.test.labels_N), seed) if self.is_pool else None

    def split(self, seed: int) -> "Images":
        """Return the images as a seed divides them: both splits of a pool are copies; other images are returned as they are."""
        division = self.division(seed)
        if division is None:
            return self
        pool = self.pool
        return replace(self, train=pool.part(division.kept_N), test=pool.part(division.drawn_N), is_pool=False)

    def identity(self) -> DatasetIdentity:
        """Return the name, and a checksum of the number of classes and both splits' shapes, pixels and labels.

        A pool has another checksum than the same images with fixed splits.
        """
        digest = sha256(f"{len(self.classes)}{' in a pool' if self.is_pool else ''}".encode())
        for split in (self.train, self.test):
            digest.update(str(split.images_NCHW.shape).encode())
            digest.update(np.ascontiguousarray(split.images_NCHW).data)
            digest.update(split.labels_N.astype("<i8").tobytes())
        return DatasetIdentity(name=self.name, checksum=digest.hexdigest()[:CHECKSUM_DIGITS])


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    """A title and a loader, `load(root, download)`; `root` is the folder that `--data` names, or None.

    `load_chosen(root, download, choices)` loads a data set that has the choices of `ImageChoices`.
    """

    title: str
    load: Callable[[Path | None, bool], Images]
    load_chosen: Callable[[Path | None, bool, ImageChoices], Images] | None = None


def dataset_names() -> list[str]:
    """Return the names of the available data sets."""
    return names_in(DATASETS)


def load_dataset(name: str) -> Dataset:
    """Return the data set called `name`, without loading its images.

    Raises:
        ValueError: the data set is unknown (the message lists the choices), or its file is wrong (the message names the
            file).
    """
    return load_value("data set", DATASETS, name, "DATASET", Dataset)


def load_images(name: str, root: Path | None, download: bool, choices: ImageChoices = AS_FOUND) -> Images:
    """Return the images of the data set called `name`, with the user's choices.

    Raises:
        ValueError: the images cannot be loaded, the data set does not have these choices, or its loader did not return Images.
    """
    dataset = load_dataset(name)
    refuse_choices(name, dataset, choices)
    chosen = None if choices == AS_FOUND else dataset.load_chosen
    images: object = call(DATASETS, name, lambda: chosen(root, download, choices) if chosen else dataset.load(root, download))
    if not isinstance(images, Images):
        raise ValueError(f"{path_of(DATASETS, name)}: load returned a {type(images).__name__}: it must return Images")
    if name in named(DATASETS) and images.name in shipped(DATASETS):
        raise ValueError(
            f"{path_of(DATASETS, name)}: its Images are called {images.name!r}, as a data set of this project is: rename them"
        )
    return images


def refuse_choices(name: str, dataset: Dataset, choices: ImageChoices) -> None:
    """Refuse choices that a data set does not have.

    Raises:
        ValueError: there are such choices; names their flags.
    """
    if choices != AS_FOUND and dataset.load_chosen is None:
        raise ValueError(
            f"{' and '.join(choices.flags)}: {name} has its own test images and size; these flags are for a folder of images, "
            "--dataset imagefolder --data DIR: omit them, or name one"
        )
