"""Photographs are decoded on all cores, as one after the other would be, and a run that takes long says so."""

import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.datasets import _decoding
from benchmarks.datasets._decoding import on_all_cores
from benchmarks.datasets._pictures import read_pixels
from benchmarks.spec.image_choices import ImageChoices
from benchmarks.spec.images import load_images

CHOICES = ImageChoices(holdout_pct=25, image_size=16)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """40 JPEG files of several sizes in two classes."""
    random = np.random.default_rng(0)
    for number in range(40):
        place = tmp_path / "photos" / ("cat" if number % 2 else "dog")
        place.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 256, (20 + number, 30, 3), np.uint8)
        Image.fromarray(pixels).save(place / f"{number}.jpg")
    return tmp_path / "photos"


def test_every_image_is_in_its_place(photos: Path) -> None:
    images = load_images("imagefolder", photos, False, CHOICES)
    for split in (images.train, images.test):
        for name, label, pixels_CHW in zip(split.names, split.labels_N, split.images_NCHW, strict=True):
            assert images.classes[label] == name.split("/")[0]
            assert np.array_equal(pixels_CHW, read_pixels(photos / name, "RGB", (16, 16)).transpose(2, 0, 1))
    assert len(images.train.labels_N) == 30


def test_all_files_that_cannot_be_decoded_are_named_in_their_order(photos: Path) -> None:
    torn = [photos / "cat" / f"{number}.jpg" for number in (1, 5, 9)]
    for path in torn:
        path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match="3 files cannot be used") as refused:
        load_images("imagefolder", photos, False, CHOICES)
    said = str(refused.value).splitlines()[1:]
    assert len(said) == 3 and all(any(str(path) in line for line in said) for path in torn)


def test_a_run_that_takes_long_says_once_what_it_is_doing(
    photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_decoding, "SLOW_SECONDS", 1e9)
    load_images("imagefolder", photos, False, ImageChoices(holdout_pct=25, image_size=17))
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(_decoding, "SLOW_SECONDS", 0.0)
    slowly = ImageChoices(holdout_pct=25, image_size=19)
    load_images("imagefolder", photos, False, slowly)
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and f"decoding 40 images of {photos}: about " in err
    load_images("imagefolder", photos, False, slowly)  # from the cache
    assert capsys.readouterr() == ("", "")


def test_several_threads_work_at_once_and_the_filters_of_warnings_stay_as_they_were(photos: Path) -> None:
    both = threading.Barrier(2, timeout=60)
    assert list(on_all_cores(lambda number: both.wait() >= 0 and number, [1, 2], "x")) == [1, 2]
    before = list(warnings.filters)
    load_images("imagefolder", photos, False, ImageChoices(holdout_pct=25, image_size=18))
    assert warnings.filters == before


def test_a_stop_leaves_the_rest_undone() -> None:
    done: list[int] = []
    results = on_all_cores(lambda number: (done.append(number), threading.Event().wait(0.001)), list(range(5000)), "x")
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert len(done) < 5000
