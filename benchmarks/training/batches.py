"""Images on the device: normalised, cropped and flipped as batches, with a random generator of their own.

Axes: N images, B images of a batch, S batches of an epoch, D numbers drawn per image, C channels, H rows, W columns.
"""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.spec.data_facts import DataFacts
from benchmarks.spec.images import Images, Split
from benchmarks.spec.recipe import CROPPED, ENLARGED, PAD, Normalise, Recipe
from benchmarks.training.pixels import PAD_MODES, DeviceSplit, Pixels

CHUNK = 1000  # images counted at once


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochDraws:
    """All random numbers of an epoch: per batch and image its row and, if images are cropped, top, left and whether it is mirrored (0 or 1).

    `rest_DB` is a last, smaller batch; None if there is none, or if it has only one image, which has no variance.
    """

    whole_SDB: Tensor
    rest_DB: Tensor | None

    def __iter__(self) -> Iterator[Tensor]:
        """Yield the draws of each batch."""
        yield from self.whole_SDB
        if self.rest_DB is not None:
            yield self.rest_DB


class DeviceImages:
    """Training and test images on a device, with their batches for training and evaluation.

    `taught_N` are the labels that batches teach, usually those of the training images. Trials with a split, held-out images or labels of their
    own train on a `view`, which shares the pixels; `trial_images.images_of` makes it. A pool `is_undivided`: only its views can be used.
    """

    def __init__(self, images: Images, device: torch.device) -> None:
        self.original, self.facts = images, images.facts
        self.device = device
        self.is_undivided = images.is_pool
        self.train, self.test = (self._move(images.pool),) * 2 if images.is_pool else map(self._move, (images.train, images.test))
        self.taught_N = self.train.labels_N
        self._normalisers: dict[Normalise, tuple[Tensor, Tensor]] = {}

    def _move(self, split: Split) -> DeviceSplit:
        return DeviceSplit(
            pixels=Pixels(split.images_NCHW, self.device), labels_N=torch.tensor(split.labels_N, device=self.device)
        )

    def view(self, facts: DataFacts, train: DeviceSplit, test: DeviceSplit, taught_N: Tensor) -> "DeviceImages":
        """Return other parts of these images, normalised by their own training images."""
        view = copy(self)
        view.is_undivided = False
        view.facts, view.train, view.test, view.taught_N = facts, train, test, taught_N
        view._normalisers = {}
        return view

    def take_over(self, other: "DeviceImages") -> None:
        """Become another view of the same sizes; every tensor stays in its place, because a graph reads it there."""
        if other is self:
            return
        self.facts = other.facts
        self.train.take_over(other.train)
        self.test.take_over(other.test)
        self.taught_N.copy_(other.taught_N)
        for normalise, values in self._normalisers.items():
            for mine, value in zip(values, other.normaliser(normalise), strict=True):
                mine.copy_(value)

    def normaliser(self, normalise: Normalise) -> tuple[Tensor, Tensor]:
        """Return the mean to subtract from pixels (0 to 255) and the factor to multiply by, from the training set.

        "channel": mean and standard deviation of each channel; "pixel-mean": the mean image, and no scale but 1/255; "unit": no mean, and
        1/255.
        """
        if normalise not in self._normalisers:
            values = _pixel_statistics(self.train.original(), normalise)
            mean, scale = (torch.tensor(value, dtype=torch.float32, device=self.device) for value in values)
            self._normalisers[normalise] = mean, scale
        return self._normalisers[normalise]

    def draw_epoch(
        self,
        recipe: Recipe,
        rows_N: Tensor,
        *,
        order: torch.Generator,
        crops: torch.Generator,
        mirrored_N: Tensor | None = None,
    ) -> "EpochDraws":
        """Draw the batches of one epoch of these rows on the CPU, so that they are the same on every device.

        `mirrored_N` says which of all training images are mirrored (1) or not (0), in place of the draw of each.
        """
        shuffled_N = rows_N[torch.randperm(len(rows_N), generator=order)]
        limits = self._limits(recipe)
        batches = [_draw_batch(rows_B, limits, crops) for rows_B in shuffled_N.split(recipe.batch_size) if len(rows_B) > 1]  # type: ignore[no-untyped-call]
        if mirrored_N is not None:
            for draws_DB in batches:
                draws_DB[-1] = mirrored_N[draws_DB[0]]
        whole = [draws_DB for draws_DB in batches if draws_DB.shape[1] == recipe.batch_size]
        shape = (0, 1 + len(limits), recipe.batch_size)
        return EpochDraws(
            whole_SDB=torch.stack(whole) if whole else torch.empty(shape, dtype=torch.int64),
            rest_DB=batches[-1] if len(whole) < len(batches) else None,
        )

    def _limits(self, recipe: Recipe) -> tuple[int, ...]:
        """Return below which number each draw of an image lies, in the order in which they are drawn: top, left, mirrored."""
        if recipe.augment in PAD_MODES:
            return 2 * PAD + 1, 2 * PAD + 1, 2
        return (ENLARGED - CROPPED + 1,) * 2 if recipe.augment == "enlarge-crop" else ()

    def num_draws(self, recipe: Recipe) -> int:
        """Return how many numbers are drawn per image: its row, and where it is cropped and whether it is mirrored."""
        return 1 + len(self._limits(recipe))

    def batch(self, recipe: Recipe, draws_DB: Tensor) -> tuple[Tensor, Tensor]:
        """Return the batch that these draws, on this device, describe: (x_BCHW, labels_B)."""
        rows_B, *places = draws_DB
        images_BCHW = self.train.images(rows_B, recipe.augment)
        if recipe.augment in PAD_MODES:
            top_B, left_B, mirrored_B = places
            images_BCHW = mirror(crop(images_BCHW, self.facts.image_shape[1:], top_B, left_B), mirrored_B)
        elif recipe.augment == "enlarge-crop":
            images_BCHW = crop(enlarged(images_BCHW), (CROPPED, CROPPED), *places)
        return self._normalised(images_BCHW, recipe.normalise), self.taught_N[rows_B]

    def training_batches(
        self, recipe: Recipe, rows_N: Tensor, *, order: torch.Generator, crops: torch.Generator
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield one epoch of these rows in random order: (x_BCHW, labels_B). A last batch of one image is skipped: it has no variance."""
        for draws_DB in self.draw_epoch(recipe, rows_N, order=order, crops=crops):
            yield self.batch(recipe, to_device(draws_DB, self.device))

    def evaluation_batches(self, split: DeviceSplit, recipe: Recipe, *, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield a split in order, without randomness: (x_BCHW, labels_B)."""
        for start in range(0, len(split), batch_size):
            rows = slice(start, start + batch_size)
            images_BCHW = split.images(rows)
            if recipe.augment == "enlarge-crop":
                images_BCHW = centre_crop(enlarged(images_BCHW), (CROPPED, CROPPED))
            yield self._normalised(images_BCHW, recipe.normalise), split.labels_N[rows]

    def _normalised(self, images_BCHW: Tensor, normalise: Normalise) -> Tensor:
        mean, scale = self.normaliser(normalise)
        x_BCHW = (images_BCHW.float() - mean) * scale
        return x_BCHW.contiguous(memory_format=torch.channels_last)


def _pixel_statistics(pixels_NCHW: NDArray[np.uint8], normalise: Normalise) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and factor, of shape C H W, C 1 1 or 1 1 1; per channel from counts of the 256 values, as a float64 copy may not fit."""
    unit_111 = np.full((1, 1, 1), 1 / 255)
    if normalise == "pixel-mean":
        return pixels_NCHW.mean(axis=0, dtype=np.float64), unit_111
    if normalise == "unit":
        return np.zeros((1, 1, 1)), unit_111
    values = np.arange(256, dtype=np.float64)
    means, deviations = [], []
    for channel in range(pixels_NCHW.shape[1]):
        chunks = (pixels_NCHW[start : start + CHUNK, channel].ravel() for start in range(0, len(pixels_NCHW), CHUNK))
        counts = sum(np.bincount(chunk, minlength=256) for chunk in chunks)
        mean = np.average(values, weights=counts)
        means.append(mean)
        deviations.append(np.sqrt(np.average((values - mean) ** 2, weights=counts)))
    deviation_C11 = np.array(deviations)[:, None, None]
    return np.array(means)[:, None, None], 1 / np.where(deviation_C11 > 0, deviation_C11, 255)


def to_device(drawn: Tensor, device: torch.device) -> Tensor:
    """Move a tensor drawn on the CPU to the device; to a GPU from pinned memory, so that the CPU does not wait for it."""
    return drawn.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else drawn.to(device)


def _draw_batch(rows_B: Tensor, limits: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Draw a number below each limit for every image of a batch; return them below the images' rows."""
    return torch.stack([rows_B, *(torch.randint(0, limit, (len(rows_B),), generator=generator) for limit in limits)])


def crop(images_BCHW: Tensor, size: tuple[int, int], top_B: Tensor, left_B: Tensor) -> Tensor:
    """Crop each image to `size` (rows, columns) at its own place."""
    height, width = size
    windows = images_BCHW.unfold(2, height, 1).unfold(3, width, 1)  # a view: B C top left H W
    return windows[torch.arange(len(images_BCHW), device=images_BCHW.device), :, top_B, left_B]


def mirror(images_BCHW: Tensor, mirrored_B: Tensor) -> Tensor:
    """Mirror the images whose number is 1, and leave those with 0."""
    return torch.where(mirrored_B.bool()[:, None, None, None], images_BCHW.flip(-1), images_BCHW)


def centre_crop(images_BCHW: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the middle of each image, of `size` (rows, columns)."""
    height, width = size
    top, left = (images_BCHW.shape[2] - height) // 2, (images_BCHW.shape[3] - width) // 2
    return images_BCHW[:, :, top : top + height, left : left + width]


def enlarged(images_BCHW: Tensor) -> Tensor:
    """Return each image at 70x70 pixels, interpolated bilinearly; float, from 0 to 255."""
    return F.interpolate(images_BCHW.float(), size=(ENLARGED, ENLARGED), mode="bilinear", align_corners=False)
