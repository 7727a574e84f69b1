"""Injected: a data folder, and classes in it, whose names hold markup, a new line and dots that would lead elsewhere.

What must hold: nothing is written outside the folder that was asked for, no file's name holds more than letters, digits and signs that are safe
everywhere, and the page shows what is left of the name.
"""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.store.out import Out

pytestmark = pytest.mark.slow
Command = Callable[..., "subprocess.CompletedProcess[str]"]
FOLDER = "..<script>alert(1)<img src=x>\nnames | `id` $(id)"
CLASSES = ("<script>alert(2)", "a\nb | c", "..x", "'\"&amp;")
SHOWN = "script-alert-1-img-src-x-names-id-id"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    random, root = np.random.default_rng(0), tmp_path / "data" / FOLDER
    for split in ("train", "test"):
        for label in CLASSES:
            place = root / split / label
            place.mkdir(parents=True)
            for index in range(8):
                Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8)).save(place / f"{index}.png")
    return root


def test_names_are_shown_and_never_followed_or_run(images: Path, command: Command, tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b" / "out"
    inner.parent.mkdir(parents=True)
    before = {path for path in tmp_path.rglob("*") if inner not in path.parents}
    asked = (
        "--suite",
        "depth",
        "--arms",
        "*8",
        "--seeds",
        "1",
        "--rates",
        "recipe",
        "--set",
        "epochs=1",
        "--dataset",
        "imagefolder",
        "--data",
        images,
    )
    done = command("benchmarks.run", *asked, "--out", inner)
    assert done.returncode == 0, done.stderr
    after = {path for path in tmp_path.rglob("*") if inner not in path.parents and path != inner}
    assert after == before
    written = [path for path in inner.rglob("*") if path.is_file()]
    assert written and all(re.fullmatch(r"[\w.-]+(/[\w.-]+)*", str(path.relative_to(inner))) for path in written)
    (page,) = inner.glob("depth/*/index.html")
    text = page.read_text()
    assert "<script>alert" not in text and "<img src=x" not in text and SHOWN in text
    results, unreadable = Out(inner).trials.read_all()
    assert len(results) == 2 and unreadable == []
    assert command("analysis.report", inner, "--suite", "depth").returncode == 0
