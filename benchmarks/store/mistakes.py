"""What a report shows of the test images without having them: their labels, and a sheet of those that a network got wrong.

Both are written when trials run, beside the records: OUT/labels/DATASET-CHECKSUM.json, and OUT/trials/NAME.png for each trial of seed 0.
"""

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from benchmarks.spec.images import Images
from benchmarks.store.drawable import font_path, shown_names
from benchmarks.store.files import write_whole
from benchmarks.store.trials import TrialResult

SHEET_SEED = 0
COLUMNS, ROWS = 8, 3
TILE, CAPTION, GAP = 64, 16, 8  # pixels
INK, PAPER = (29, 39, 49), (255, 255, 255)
LETTER = 9  # pixels


def write_sheet(path: Path, result: TrialResult, images: Images) -> None:
    """Draw misclassified test images of a trial of seed 0, spread over all of them; none where nothing is wrong or nothing was measured.

    Test images often stand class by class: the first ones would show one class.
    """
    labels_N = images.test.labels_N
    if result.trial.seed != SHEET_SEED or len(result.predictions) != len(labels_N):
        return
    wrong = np.flatnonzero(np.array(result.predictions) != labels_N)
    if len(wrong):
        shown = wrong[np.linspace(0, len(wrong) - 1, min(len(wrong), COLUMNS * ROWS)).round().astype(int)]
        write_whole(path, sheet(images, shown.tolist(), result.predictions))


def sheet(images: Images, rows: Sequence[int], guesses: Sequence[int]) -> bytes:
    """These test images as tiles, each with its truth and the guess under it, as a PNG."""
    num_lines = -(-len(rows) // COLUMNS)
    width, height = COLUMNS * (TILE + GAP), num_lines * (TILE + 2 * CAPTION)
    page = Image.new("RGB", (width, height), PAPER)
    pen, names = ImageDraw.Draw(page), sheet_names(images.classes)
    for place, row in enumerate(rows):
        left, top = (place % COLUMNS) * (TILE + GAP) + GAP // 2, (place // COLUMNS) * (TILE + 2 * CAPTION)
        page.paste(_tile(images.test.images_NCHW[row]), (left, top))
        truth, guess = names[images.test.labels_N[row]], names[guesses[row]]
        pen.text((left, top + TILE + 1), f"is {truth}", fill=INK, font=_font())
        pen.text((left, top + TILE + CAPTION - 3), f"said {guess}", fill=INK, font=_font())
    file = BytesIO()
    page.save(file, "PNG", optimize=True)
    return file.getvalue()


def sheet_names(classes: Sequence[str]) -> tuple[str, ...]:
    """The names of classes as they stand under a sheet's tiles: those for which there is no room are numbered."""
    return shown_names(classes, "#", lambda name: _font().getlength(f"said {name}") <= TILE + GAP - 1)


@cache
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font_path()), LETTER)


def _tile(image_CHW: NDArray[np.uint8]) -> Image.Image:
    colour_HWC = np.repeat(image_CHW, 3, axis=0) if len(image_CHW) == 1 else image_CHW[:3]
    return Image.fromarray(np.ascontiguousarray(colour_HWC.transpose(1, 2, 0))).resize((TILE, TILE), Image.Resampling.NEAREST)
