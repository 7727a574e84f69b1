"""Draw the test images that a network misclassified, so that a report can show them without the data.

A sheet is drawn for a trial of seed 0, next to its record (OUT/trials/NAME.png), if the suite has the figure `confusion`, which shows them.
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

SHEETS = "confusion"  # the figure beside which a report shows the sheets
SHEET_SEED = 0
COLUMNS, ROWS = 8, 3
TILE, CAPTION, GAP = 64, 16, 8  # pixels
INK, PAPER = (29, 39, 49), (255, 255, 255)
LETTER = 9  # pixels


def write_sheet(path: Path, result: TrialResult, images: Images) -> None:
    """Draw misclassified test images of a trial of seed 0; draw no sheet if all are right, or no test image was classified.

    The images are spread over the whole test set: test images are often sorted by class, and the first ones would show
    one class.
    """
    if result.trial.seed != SHEET_SEED or result.trial.holdout:
        return
    images = images.split(result.trial.seed)
    labels_N = images.test.labels_N
    if len(result.predictions) != len(labels_N):
        return
    wrong = np.flatnonzero(np.array(result.predictions) != labels_N)
    if len(wrong):
        shown = wrong[np.linspace(0, len(wrong) - 1, min(len(wrong), COLUMNS * ROWS)).round().astype(int)]
        write_whole(path, sheet(images, shown.tolist(), result.predictions))


def sheet(images: Images, rows: Sequence[int], predictions: Sequence[int]) -> bytes:
    """Return a PNG of these test images as tiles, each with its true and its predicted class below."""
    num_lines = -(-len(rows) // COLUMNS)
    width, height = COLUMNS * (TILE + GAP), num_lines * (TILE + 2 * CAPTION)
    page = Image.new("RGB", (width, height), PAPER)
    pen, names = ImageDraw.Draw(page), sheet_names(images.classes)
    for place, row in enumerate(rows):
        left, top = (place % COLUMNS) * (TILE + GAP) + GAP // 2, (place // COLUMNS) * (TILE + 2 * CAPTION)
        page.paste(_tile(images.test.images_NCHW[row]), (left, top))
        true, predicted = names[images.test.labels_N[row]], names[predictions[row]]
        pen.text((left, top + TILE + 1), f"true {true}", fill=INK, font=_font())
        pen.text((left, top + TILE + CAPTION - 3), f"got {predicted}", fill=INK, font=_font())
    file = BytesIO()
    page.save(file, "PNG", optimize=True)
    return file.getvalue()


def sheet_names(classes: Sequence[str]) -> tuple[str, ...]:
    """Return the names of classes as shown below a sheet's tiles; names that do not fit are numbered."""
    return shown_names(classes, "#", lambda name: _font().getlength(f"true {name}") <= TILE + GAP - 1)


@cache
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font_path()), LETTER)


def _tile(image_CHW: NDArray[np.uint8]) -> Image.Image:
    colour_HWC = np.repeat(image_CHW, 3, axis=0) if len(image_CHW) == 1 else image_CHW[:3]
    return Image.fromarray(np.ascontiguousarray(colour_HWC.transpose(1, 2, 0))).resize((TILE, TILE), Image.Resampling.NEAREST)
