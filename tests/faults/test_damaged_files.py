"""Injected: records that are torn, empty, no JSON or of a later schema, and an image that is cut off.

What must hold: a record that cannot be read is kept beside, named, and its trial run again to the same figures; a later release's record and a
damaged image are refused before anything is trained or written. The user reads the file's path, what is wrong with it and what to do.
"""

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.records import SCHEMA, Store

Command = Callable[..., "subprocess.CompletedProcess[str]"]
ASKED = ("benchmarks.run", "--suite", "depth", "--arms", "*8", "--seeds", "1", "--set", "epochs=1")
DAMAGES: dict[str, Callable[[str], str]] = {
    "torn": lambda text: text[: len(text) // 2],
    "empty": lambda text: "",
    "no JSON": lambda text: "\0" * len(text),
}


@pytest.mark.slow
def test_records_that_cannot_be_read_are_kept_beside_and_their_trials_run_again(command: Command, tmp_path: Path) -> None:
    assert command(*ASKED, "--out", tmp_path).returncode == 0
    store = Store(folder=tmp_path / "trials")
    whole, _ = store.read_all()
    for name, damage in DAMAGES.items():
        path = store.path(whole[0].trial)
        damaged = damage(path.read_text())
        path.write_text(damaged)
        done = command(*ASKED, "--out", tmp_path)
        assert done.returncode == 0, done.stderr
        (aside,) = store.folder.glob("*.unreadable-1")
        assert f"{path} cannot be read; it is kept as {aside.name}, and its trial is run again" in done.stderr, name
        assert aside.read_text() == damaged
        results, unreadable = store.read_all()
        assert [result.figures for result in results] == [result.figures for result in whole] and unreadable == []
        aside.unlink()


@pytest.mark.slow
@pytest.mark.parametrize("asked", ["plain8", "resnet8"])  # the trial of the record, and another
def test_a_record_of_a_newer_release_is_refused_before_training(command: Command, tmp_path: Path, asked: str) -> None:
    assert command(*ASKED, "--arms", "plain8", "--out", tmp_path).returncode == 0
    (path,) = (tmp_path / "trials").glob("*.json")
    text = path.read_text().replace(f'"schema": {SCHEMA}', '"schema": 9')
    path.write_text(text)
    before = sorted(tmp_path.rglob("*"))
    done = command(*ASKED, "--arms", asked, "--out", tmp_path)
    assert done.returncode == 2
    assert f"{path}: its schema is 9, this release reads up to {SCHEMA}: update this package" in done.stderr
    assert path.read_text() == text and sorted(tmp_path.rglob("*")) == before


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["timings", "probes"])
def test_so_is_a_newer_session_or_probe(command: Command, tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "x.json").write_text('{"schema": 99}')
    done = command(*ASKED, "--out", tmp_path)
    assert done.returncode == 2 and "its schema is 99" in done.stderr
    assert not (tmp_path / "trials").exists()


def test_a_truncated_image_is_refused_before_training(command: Command, tmp_path: Path) -> None:
    for split in ("train", "test"):
        for label in ("a", "b"):
            (tmp_path / "images" / split / label).mkdir(parents=True)
            pixels = np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "images" / split / label / "0.png")
    path = tmp_path / "images" / "test" / "b" / "0.png"
    path.write_bytes(path.read_bytes()[:-50])
    images = ("--dataset", "imagefolder", "--data", tmp_path / "images")
    done = command("benchmarks.run", "--suite", "depth", *images, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert str(path) in done.stderr and "repair or remove it" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
