"""A folder of images without a test part on the command line: it runs in processes and lanes, resumes, is repeated, merged and reported."""

from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from benchmarks import run
from benchmarks.merge import merge
from benchmarks.store.out import Out

app = typer.Typer(add_completion=False)
app.command()(run.main)
CHOSEN = ("--holdout", "25%", "--image-size", "8")


def answer(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200", "TERM": "dumb"})
    return result.exit_code, result.output


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    for label in ("cat", "dog"):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for index in range(20):
            pixels = random.integers(0, 256, (10, 12, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / label / f"{index}.png")
    (tmp_path / "pets" / "cat" / "1.heic").touch()
    (tmp_path / "pets" / "bird").mkdir()
    return tmp_path / "pets"


@pytest.mark.slow
def test_a_folder_without_a_test_part_runs_resumes_is_repeated_and_merged(pets: Path, tmp_path: Path) -> None:
    asked = ("--suite", "depth", "--dataset", "imagefolder", "--data", pets, "--arms", "plain8,resnet8", "--seeds", "1")
    asked = (*asked, *CHOSEN, "--rates", "recipe", "--set", "epochs=1", "--device", "cpu", "--jobs", 2, "--out")
    line = (
        "pets-holdout-25-8px: 30 training and 10 test images, 2 classes, 8x8; test images: 25% of each class, the same at every seed "
        "(--holdout 25%); files of 12x10 pixels, scaled to fill 8x8 and cut around the middle (--image-size 8); left out: 1 .heic, "
        "the empty class bird/\n"
    )
    parts = []
    for name, more in (("processes", ()), ("lanes", ("--executor", "lanes"))):
        code, text = answer(*asked, tmp_path / name, *more)
        assert code == 0 and text.count(line) == 1, text
        parts.append(tmp_path / name)
    merge(parts, tmp_path / "all")  # lanes and processes agree, or they would contradict each other
    out = Out(tmp_path / "all")
    results = out.read().results
    assert len(results) == 2 and {result.data.num_test for result in results} == {10}
    code, text = answer(*asked, out.folder, "--dry-run")
    assert code == 0 and "2 trials, 2 of them done" in text
    code, text = answer(*("50%" if word == "25%" else word for word in asked), out.folder, "--dry-run")
    assert code == 0 and "2 trials, 0 of them done" in text  # another data set
    assert (out.folder / "depth" / "pets-holdout-25-8px-quick-epochs.1" / "plan.json").is_file()
    key = results[-1].trial.key
    code, text = answer("--trial", key, "--data", pets, "--out", out.folder)  # a record knows what was chosen
    assert code == 0 and "the same to the last bit" in text, text
    code, text = answer("--trial", key, "--data", pets, "--holdout", "50%", "--out", out.folder)
    assert (
        code == 2
        and "error: --holdout 50%: the images of this trial were loaded with --holdout 25%, --image-size 8: omit it" in text
    )
    Image.new("RGB", (12, 10)).save(pets / "cat" / "20.png")
    code, text = answer("--trial", key, "--data", pets, *CHOSEN, "--out", out.folder)
    assert code == 2 and "the images differ" in text


def test_a_single_image_of_a_class_is_refused_before_anything_is_written(pets: Path, tmp_path: Path) -> None:
    (pets / "bird" / "1.png").write_bytes((pets / "cat" / "1.png").read_bytes())
    asked = ("--suite", "depth", "--dataset", "imagefolder", "--data", pets, "--holdout", "20%", "--out", tmp_path / "out")
    code, text = answer(*asked)
    assert code == 2 and "bird/1.png is the only image of its class" in text and not (tmp_path / "out").exists()
