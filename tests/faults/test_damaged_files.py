"""Injected: records that are torn, empty, no JSON or of a later schema, and an image that is cut off.

What must hold: a record that cannot be read is kept beside, named, and its trial run again to the same figures; a later release's record and a
damaged image are refused before anything is trained or written. The user reads the file's path, what is wrong with it and what to do.
"""

import shutil
import subprocess
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from benchmarks.store.strict_json import SCHEMA
from benchmarks.store.trials import TrialStore
from resnet_variants.command import app_of

Command = Callable[..., "subprocess.CompletedProcess[str]"]
ASKED = ("benchmarks.run", "--suite", "depth", "--arms", "plain8", "--rates", "recipe", "--seeds", "3", "--set", "epochs=1")
DAMAGES: list[Callable[[str], str]] = [  # torn, empty, no JSON
    lambda text: text[: len(text) // 2],
    lambda text: "",
    lambda text: "\0" * len(text),
]


@pytest.fixture(scope="module")
def whole(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run in which nothing was damaged."""
    out = tmp_path_factory.mktemp("whole")
    assert command(*ASKED, "--out", out).returncode == 0
    return out


@pytest.mark.slow
def test_records_that_cannot_be_read_are_kept_beside_and_their_trials_run_again(
    command: Command, whole: Path, tmp_path: Path
) -> None:
    store = TrialStore(folder=shutil.copytree(whole, tmp_path / "out") / "trials")
    before, _ = store.read_all()
    damaged = {}
    for result, damage in zip(before, DAMAGES, strict=True):
        path = store.path(result.trial)
        damaged[path] = damage(path.read_text())
        path.write_text(damaged[path])
    done = command(*ASKED, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    for path, text in damaged.items():
        aside = path.with_suffix(".unreadable-1")
        assert f"{path} cannot be read; it is kept as {aside.name}, and its trial is run again" in done.stderr
        assert aside.read_text() == text
    results, unreadable = store.read_all()
    assert [result.reproducible for result in results] == [result.reproducible for result in before] and unreadable == []


@pytest.mark.slow
@pytest.mark.parametrize("asked", ["plain8", "resnet8"])  # the trial of the record, and another
def test_a_record_of_a_newer_release_is_refused_before_training(
    command: Command, whole: Path, tmp_path: Path, asked: str
) -> None:
    out = shutil.copytree(whole, tmp_path / "out")
    path = next((out / "trials").glob("*.json"))
    text = path.read_text().replace(f'"schema": {SCHEMA}', '"schema": 9')
    path.write_text(text)
    before = sorted(out.rglob("*"))
    done = command(*(asked if word == "plain8" else word for word in ASKED), "--out", out)
    assert done.returncode == 2
    assert f"{path}: its schema is 9, this release reads up to {SCHEMA}: update this package" in done.stderr
    assert path.read_text() == text and sorted(out.rglob("*")) == before


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["timings", "probes"])
def test_so_is_a_newer_session_or_probe(command: Command, tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "x.json").write_text('{"schema": 99}')
    done = command(*ASKED, "--out", tmp_path)
    assert done.returncode == 2 and "its schema is 99" in done.stderr
    assert not (tmp_path / "trials").exists()


READERS = {
    "analysis.report": ("OUT", "--suite", "depth"),
    "analysis.check": ("OUT",),
    "analysis.calibrate": ("OUT",),
    "benchmarks.merge": ("OUT", "--into", "NEW"),
    "benchmarks.rename": ("OUT",),
    "benchmarks.run": ("--trial", "0123456789ab", "--out", "OUT"),
}


@pytest.mark.parametrize("module", READERS)
def test_every_command_that_reads_records_refuses_a_newer_one_in_a_line(module: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "trials").mkdir(parents=True)
    (out / "trials" / "plain8-digits-s0-0123456789ab.json").write_text('{"schema": 99}')
    main = import_module(module).main
    places = {"OUT": str(out), "NEW": str(tmp_path / "new")}
    done = CliRunner().invoke(app_of(main), [places.get(word, word) for word in READERS[module]])
    assert done.exit_code == 2 and done.stderr.count("\n") == 1, done.stderr
    assert f"its schema is 99, this release reads up to {SCHEMA}: update this package" in done.stderr
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["out", "plain8-digits-s0-0123456789ab.json", "trials"]


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
