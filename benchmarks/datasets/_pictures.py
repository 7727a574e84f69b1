"""Read the header of one image file, and its pixels as viewers show them.

Pillow raises many kinds of errors for damaged files (struct.error, KeyError, ZeroDivisionError, ...). This module turns each of them into a
ValueError that names the file, so that no other module has to.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from resnet_variants.names import printable

GREY_MODES = frozenset({"1", "L", "LA"})
COLOUR_MODES = frozenset({"P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"})
WITH_EXIF = frozenset({"JPEG", "MPO", "TIFF", "WEBP"})  # the formats that cameras write
ORIENTATION, SIDEWAYS = 0x0112, frozenset({5, 6, 7, 8})  # the EXIF tag, and its values for images rotated by 90 degrees
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """Properties of an image that are known before its pixels are read; `size` is (columns, rows) of the upright image."""

    mode: str
    size: tuple[int, int]
    is_turned: bool
    has_alpha: bool
    has_frames: bool

    @property
    def is_grey(self) -> bool:
        """Whether the image has a single colour channel."""
        return self.mode in GREY_MODES


def read_header(path: Path, content: bytes) -> Header:
    """Read the header of an image file from its content.

    Raises:
        ValueError: the file is not an image or has more than 8 bits per channel; the message names the file and the remedy.
    """
    if not content:
        raise ValueError(f"{printable(str(path))} is not a readable image (it is empty): repair or remove it")
    with _naming(path, "is not a readable image"), Image.open(BytesIO(content)) as image:
        turn = _turn(image)
        size = image.size[::-1] if turn in {TURNS[number] for number in SIDEWAYS} else image.size
        if (
            turn is not None and image.format == "TIFF"
        ):  # Pillow turns TIFFs itself, and newer releases also report the turned size
            size = _upright(image).size
        header = Header(
            mode=image.mode,
            size=size,
            is_turned=turn is not None,
            has_alpha=_has_alpha(image),
            # a camera's MPO holds a preview or the second view of a stereo pair
            has_frames=image.format != "MPO" and _is_animated(image),
        )
    if header.mode not in GREY_MODES | COLOUR_MODES:
        raise ValueError(
            f"{printable(str(path))} has pixels of mode {header.mode!r}, which do not fit into 8 bits per channel: convert it to 8 bits first"
        )
    return header


def read_pixels(path: Path, mode: str, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Read an image upright, on a white background, in `mode` ("L" or "RGB") and `size` (columns, rows).

    An image of another size is scaled to fill `size` and cropped at its centre.

    Raises:
        ValueError: the file cannot be decoded; the message names the file and the remedy.
    """
    with _naming(path, "cannot be decoded"):
        with Image.open(path) as image:
            upright = _opaque(_upright(image)).convert(mode)
        if upright.size != size:
            upright = ImageOps.fit(upright, size, Image.Resampling.BILINEAR)
        columns, rows = size
        return np.asarray(upright).reshape(rows, columns, len(mode))


@contextmanager
def silenced() -> Iterator[None]:
    """Silence Pillow's warnings, which name no file; for all threads at once, because the filters of warnings belong to the process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _naming(path: Path, words: str) -> Iterator[None]:
    """Turn every error of Pillow's into a ValueError that names the file."""
    try:
        yield
    except Exception as error:
        raise ValueError(f"{printable(str(path))} {words} ({_reason(error)}): repair or remove it") from error


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "its format is unknown"
    message = " ".join(str(error).split())
    if isinstance(error, OSError | SyntaxError | Image.DecompressionBombError) and message and "<_io." not in message:
        return message
    return f"{type(error).__name__}: {message}" if message and "<_io." not in message else type(error).__name__


def _turn(image: Image.Image) -> Image.Transpose | None:
    """Return the transpose that turns an image upright, or None if it is upright or its EXIF block is missing or unreadable."""
    if image.format not in WITH_EXIF:
        return None
    try:
        return TURNS.get(image.getexif().get(ORIENTATION, 1))
    except Exception:  # viewers ignore a damaged EXIF block and show the image as stored
        return None


def _upright(image: Image.Image) -> Image.Image:
    """Return the image upright, by its EXIF orientation.

    Pillow's own exif_transpose rewrites the whole EXIF block and fails on invalid values; this reads only the orientation.
    """
    image.load()
    turn = _turn(image)
    return image if turn is None else image.transpose(turn)


def _is_animated(image: Image.Image) -> bool:
    try:
        return bool(getattr(image, "is_animated", False))
    except Exception:  # only a later frame is damaged; the first one is still usable
        return True


def _has_alpha(image: Image.Image) -> bool:
    return "A" in image.getbands() or "transparency" in image.info


def _opaque(image: Image.Image) -> Image.Image:
    """Return the image composited on a white background."""
    if not _has_alpha(image):
        return image
    background = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(background, image.convert("RGBA"))
