"""Choices about images on loading: the test part that is cut from a folder without one, and the size to which all images are scaled.

Both change the images, and so their checksum. Each is spelled out with its flag in what a record says of its images, from which
`choices_in` reads it back to repeat a trial.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import floor

HOLDOUT, IMAGE_SIZE = "--holdout", "--image-size"
SMALLEST_SIDE, LARGEST_SIDE = (
    8,
    512,
)  # pixels: the digits' side, of which the last stage sees 2x2, and that of large training images


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageChoices:
    """What a user chooses about the images of a folder; by default nothing.

    `holdout_pct` is the percentage of each class that is cut as test images, the same for every seed; `image_size` is the side in pixels to
    which all images are scaled.
    """

    holdout_pct: float | None = None
    image_size: int | None = None

    @property
    def flags(self) -> tuple[str, ...]:
        """The choices as they are written on the command line, such as "--holdout 20%"."""
        cut = () if self.holdout_pct is None else (f"{HOLDOUT} {self.holdout_pct:.12g}%",)
        return cut if self.image_size is None else (*cut, f"{IMAGE_SIZE} {self.image_size}")

    @property
    def suffix(self) -> str:
        """What distinguishes the name of the images from that of their folder, such as "-holdout-20-64px"."""
        cut = "" if self.holdout_pct is None else f"-holdout-{self.holdout_pct:.12g}"
        return cut if self.image_size is None else f"{cut}-{self.image_size}px"

    def num_test(self, num_images: int) -> int:
        """Return how many of a class's images are test images: its share to the nearest image, at least one and at most all but one."""
        assert self.holdout_pct is not None and num_images > 1
        return min(num_images - 1, max(1, floor(num_images * self.holdout_pct / 100 + 0.5)))


AS_FOUND = ImageChoices()


def read_choices(holdout: str | None, image_size: str | None) -> ImageChoices:
    """Return the choices that --holdout and --image-size spell.

    Raises:
        ValueError: a text is no percentage or no number of pixels, or is out of range; names the flag, the rule and the value.
    """
    return ImageChoices(
        holdout_pct=None if holdout is None else _read_percentage(holdout),
        image_size=None if image_size is None else _read_side(image_size),
    )


def _read_percentage(text: str) -> float:
    found = re.fullmatch(r"(\d{0,9}(?:\.\d{1,9})?)\s*(%?)", text.strip())
    if found is None or not found[1]:
        raise ValueError(f"{HOLDOUT} must be the percentage of the images that become test images, such as 20%, got {text!r}")
    number = float(found[1])
    if not found[2]:
        meant = 100 * number if number < 1 else number
        remedy = f": write {HOLDOUT} {meant:.12g}%" if 0 < meant < 100 else ""
        raise ValueError(f"{HOLDOUT} must be a percentage, such as 20%, got {text!r}{remedy}")
    if not 0 < number < 100:
        raise ValueError(f"{HOLDOUT} must be above 0% and below 100%, such as 20%, got {text!r}: images to train on must remain")
    return number


def _read_side(text: str) -> int:
    rule = f"{IMAGE_SIZE} must be one number of pixels per side from {SMALLEST_SIDE} to {LARGEST_SIDE}, such as 64, got {text!r}"
    square = re.fullmatch(r"(\d{1,9})(?:\s*[xX]\s*\1)?", text.strip())
    if square is None:
        raise ValueError(f"{rule}: all images become squares")
    side = int(square[1])
    if side < SMALLEST_SIDE:
        raise ValueError(f"{rule}: of smaller images the last stage of a network sees next to nothing")
    if side > LARGEST_SIDE:
        raise ValueError(f"{rule}: no network here is made for larger ones")
    return side


def choices_in(preparation: Iterable[str]) -> ImageChoices:
    """Return the choices that the description of a record's images spells out, each at the end of a line."""
    text = "\n".join(preparation)
    cut, side = (re.search(rf"\({flag} ([\d.]+%?)\)$", text, re.MULTILINE) for flag in (HOLDOUT, IMAGE_SIZE))
    return read_choices(cut and cut[1], side and side[1])
