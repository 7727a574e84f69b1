"""Images on the device, held once; splits are views of them, so that trials with different splits can share a process.

Axes: N images, B images of a batch, C channels, H rows, W columns.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.spec.recipe import ALTERNATING, PAD, Augment

PAD_MODES: dict[Augment, str] = {"crop-flip": "constant", "reflect-crop-flip": "reflect", ALTERNATING: "constant"}


class Pixels:
    """The uint8 images of a split or a pool on a device, and copies of them with a border to crop from, each made when it is first needed."""

    def __init__(self, images_NCHW: NDArray[np.uint8], device: torch.device) -> None:
        self.original_NCHW = images_NCHW
        self.device = device
        self.images_NCHW = torch.tensor(images_NCHW, device=device)
        self._padded: dict[Augment, Tensor] = {}

    def padded(self, augment: Augment) -> Tensor:
        """Return the images with a border to crop from; zeros are black, as in torchvision's RandomCrop."""
        if augment not in self._padded:
            margins = ((0, 0), (0, 0), (PAD, PAD), (PAD, PAD))
            padded = np.pad(self.original_NCHW, margins, mode=PAD_MODES[augment])  # type: ignore[call-overload]
            self._padded[augment] = torch.tensor(padded, device=self.device)
        return self._padded[augment]


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceSplit:
    """A split on a device: its labels, and the rows of its images among the `pixels`; None if it has all of them, in order."""

    pixels: Pixels
    labels_N: Tensor
    rows_N: Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels_N)

    def part(self, rows_N: Tensor) -> "DeviceSplit":
        """Return the images of these rows of the split, without copying them; the split itself if the rows are all of it."""
        if len(rows_N) == len(self):
            return self
        rows_N = rows_N.to(self.labels_N.device)
        rows_of_pixels_N = rows_N if self.rows_N is None else self.rows_N[rows_N]
        return DeviceSplit(pixels=self.pixels, labels_N=self.labels_N[rows_N], rows_N=rows_of_pixels_N)

    def images(self, rows: Tensor | slice, augment: Augment = "none") -> Tensor:
        """Return the images of these rows of the split, with a border if the augmentation crops them from one."""
        images_NCHW = self.pixels.padded(augment) if augment in PAD_MODES else self.pixels.images_NCHW
        return images_NCHW[rows if self.rows_N is None else self.rows_N[rows]]

    def original(self) -> NDArray[np.uint8]:
        """Return the images in the CPU's memory."""
        images_NCHW = self.pixels.original_NCHW
        return images_NCHW if self.rows_N is None else images_NCHW[self.rows_N.cpu().numpy()]

    def take_over(self, other: "DeviceSplit") -> None:
        """Become another split of the same pixels and size; every tensor stays in its place."""
        if other is self:
            return
        assert self.pixels is other.pixels
        self.labels_N.copy_(other.labels_N)
        if self.rows_N is not None and other.rows_N is not None:
            self.rows_N.copy_(other.rows_N)
