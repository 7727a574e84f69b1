"""What a report shows of the test images: their labels, and sheets of those that a network got wrong."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.spec.images import Images, Split
from benchmarks.store import mistakes
from benchmarks.store.mistakes import COLUMNS, ROWS, TILE, sheet, write_sheet
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]


def test_the_labels_are_kept_and_read_again(tiny: Images, tmp_path: Path) -> None:
    assert Out(tmp_path).labels.read(tiny.identity()) is None
    Out(tmp_path).labels.write(tiny)
    assert Out(tmp_path).labels.read(tiny.identity()) == tuple(tiny.test.labels_N.tolist())


@pytest.mark.parametrize("text", ["", "[1, 2", '{"a": 1}', "[1, -2]", '[1, "x"]', "[true]"])
def test_broken_labels_count_as_none(text: str, tiny: Images, tmp_path: Path) -> None:
    path = Out(tmp_path).labels.path(tiny.identity())
    path.parent.mkdir()
    path.write_text(text)
    assert Out(tmp_path).labels.read(tiny.identity()) is None
    Out(tmp_path).labels.write(tiny)
    assert Out(tmp_path).labels.read(tiny.identity()) == tuple(tiny.test.labels_N.tolist())


def test_a_sheet_holds_the_very_images_that_were_wrong(tiny: Images) -> None:
    guesses = [(label + 1) % 3 for label in tiny.test.labels_N.tolist()]
    picture = Image.open(BytesIO(sheet(tiny, [4, 7], guesses))).convert("RGB")
    for place, row in enumerate((4, 7)):
        left = place * (TILE + 8) + 4
        tile = np.asarray(picture.crop((left, 0, left + TILE, TILE)))
        pixels = np.asarray(tiny.test.images_NCHW[row]).transpose(1, 2, 0)
        assert np.array_equal(tile[:: TILE // 8, :: TILE // 8], pixels)  # each pixel became a square of 8
    captions = np.asarray(picture)[TILE:, : TILE + 8]
    assert captions.min() < 60  # there is writing


def test_a_sheet_shows_mistakes_of_every_class_where_images_stand_class_by_class(
    tiny: Images, make_result: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = np.argsort(np.tile(tiny.test.labels_N, 5), kind="stable")
    many = Split(images_NCHW=np.tile(tiny.test.images_NCHW, (5, 1, 1, 1))[order], labels_N=np.tile(tiny.test.labels_N, 5)[order])
    images = replace(tiny, test=many)
    guesses = tuple((label + 1) % 3 for label in many.labels_N.tolist())
    shown: list[list[int]] = []
    monkeypatch.setattr(mistakes, "sheet", lambda images, rows, guesses: (shown.append(rows), b"")[1])
    write_sheet(tmp_path / "record.png", make_result("plain8", 0, predictions=guesses), images)
    (rows,) = shown
    assert len(set(rows)) == 24 and rows == sorted(rows)
    assert sorted(np.bincount(many.labels_N[rows]).tolist()) == [7, 8, 9]


def test_sheets_are_of_the_first_seed_and_of_mistakes_alone(tiny: Images, make_result: Make, tmp_path: Path) -> None:
    out = Out(tmp_path)
    out.prepare()
    right = tuple(tiny.test.labels_N.tolist())
    wrong = tuple((label + 1) % 3 for label in right)
    for arm, seed, guesses, is_drawn in (
        ("plain8", 0, wrong, True),
        ("plain14", 1, wrong, False),
        ("plain20", 0, right, False),
        ("plain32", 0, (), False),
    ):
        result = make_result(arm, seed, predictions=guesses)
        out.trials.write(result)
        write_sheet(out.sheet(result.trial), result, tiny)
        assert out.sheet(result.trial).exists() == is_drawn, arm
    with Image.open(out.sheet(make_result("plain8", 0).trial)) as picture:
        width, height = picture.size
    assert width == COLUMNS * (TILE + 8) and height <= ROWS * 2 * TILE
    assert len(list((tmp_path / "trials").iterdir())) == 5


def test_colour_and_long_names_and_odd_letters_are_drawn(tiny: Images) -> None:
    from dataclasses import replace

    strange = replace(tiny, classes=("<script>", "a\nb" * 20, "\N{SNOWMAN}"))
    assert Image.open(BytesIO(sheet(strange, list(range(20)), [0] * 20))).size[0] > 0
