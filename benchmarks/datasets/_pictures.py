"""One image file: what its header says, and its pixels as viewers show them.

It stands apart because Pillow raises whatever its code runs into (struct.error, KeyError, ZeroDivisionError, ...): here, and nowhere else,
each of these becomes a ValueError that names the file.
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
ORIENTATION, SIDEWAYS = 0x0112, frozenset({5, 6, 7, 8})  # the EXIF tag, and its values for images that lie on their side
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
    """What an image is before its pixels are read; `size` is of the upright picture, columns and rows."""

    mode: str
    size: tuple[int, int]
    is_turned: bool
    has_alpha: bool
    has_frames: bool

    @property
    def is_grey(self) -> bool:
        """Whether one channel holds it."""
        return self.mode in GREY_MODES


def read_header(path: Path, content: bytes) -> Header:
    """What a file's header says.

    Raises:
        ValueError: it is no image, or one of more than 8 bits a channel; names the file and the remedy.
    """
    if not content:
        raise ValueError(f"{printable(str(path))} is not a readable image (it is empty): repair or remove it")
    with _naming(path, "is not a readable image"), Image.open(BytesIO(content)) as image:
        turn = _turn(image)
        size = image.size[::-1] if turn in {TURNS[number] for number in SIDEWAYS} else image.size
        if turn is not None and image.format == "TIFF":  # which Pillow turns by itself, and from some release on in its size, too
            size = _upright(image).size
        header = Header(
            mode=image.mode,
            size=size,
            is_turned=turn is not None,
            has_alpha=_has_alpha(image),
            has_frames=image.format != "MPO" and _is_animated(image),  # a camera's MPO holds a preview, or the other eye
        )
    if header.mode not in GREY_MODES | COLOUR_MODES:
        raise ValueError(
            f"{printable(str(path))} has pixels of mode {header.mode!r}, which 8 bits a channel would cut off: convert it to 8 bits first"
        )
    return header


def read_pixels(path: Path, mode: str, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The picture upright, on white where it is transparent, in a mode ("L" or "RGB") and of a size (columns, rows); one of another size is
    scaled to fill it and cut around its middle.

    Raises:
        ValueError: it cannot be decoded; names the file and the remedy.
    """
    with _naming(path, "cannot be decoded"):
        with Image.open(path) as image:
            picture = _opaque(_upright(image)).convert(mode)
        if picture.size != size:
            picture = ImageOps.fit(picture, size, Image.Resampling.BILINEAR)
        columns, rows = size
        return np.asarray(picture).reshape(rows, columns, len(mode))


@contextmanager
def _naming(path: Path, words: str) -> Iterator[None]:
    """Turn whatever Pillow raises into an error that names the file, and silence what it warns of, which names none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:
        raise ValueError(f"{printable(str(path))} {words} ({_reason(error)}): repair or remove it") from error


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "it is of no known format"
    said = " ".join(str(error).split())
    if isinstance(error, OSError | SyntaxError | Image.DecompressionBombError) and said and "<_io." not in said:
        return said
    return f"{type(error).__name__}: {said}" if said and "<_io." not in said else type(error).__name__


def _turn(image: Image.Image) -> Image.Transpose | None:
    """How the camera was held, or None where it was held upright, did not say, or what it wrote cannot be read."""
    if image.format not in WITH_EXIF:
        return None
    try:
        return TURNS.get(image.getexif().get(ORIENTATION, 1))
    except Exception:  # of an EXIF block that is damaged, viewers show the picture as it lies
        return None


def _upright(image: Image.Image) -> Image.Image:
    """The picture as the camera was held. Of EXIF its orientation alone is read: Pillow's own exif_transpose writes all of it anew, and
    fails at values that no file should have.
    """
    image.load()
    turn = _turn(image)
    return image if turn is None else image.transpose(turn)


def _is_animated(image: Image.Image) -> bool:
    try:
        return bool(getattr(image, "is_animated", False))
    except Exception:  # of a second frame that is damaged, the first is as good as before
        return True


def _has_alpha(image: Image.Image) -> bool:
    return "A" in image.getbands() or "transparency" in image.info


def _opaque(image: Image.Image) -> Image.Image:
    """The picture as it looks on white paper."""
    if not _has_alpha(image):
        return image
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, image.convert("RGBA"))
