"""A user's pool of images on the command line: it runs in processes and lanes, resumes, is repeated, merged and reported."""

from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from benchmarks import run
from benchmarks.merge import merge
from benchmarks.store.out import Out

app = typer.Typer(add_completion=False)
app.command()(run.main)
POOL = """
from dataclasses import replace
from benchmarks import Dataset
from benchmarks.spec.images import load_dataset

def load(root, download):
    images = load_dataset("digits").load(root, download)
    test = replace(images.test, images_NCHW=images.test.images_NCHW[:90], labels_N=images.test.labels_N[:90])
    train = replace(images.train, images_NCHW=images.train.images_NCHW[:200], labels_N=images.train.labels_N[:200])
    return replace(images, name="my-pool", train=train, test=test, is_pool=True)

DATASET = Dataset(title="my images, divided by each seed", load=load)
"""


@pytest.fixture(autouse=True)
def users_data_set(add: Callable[[str, str, str], None]) -> None:
    add("benchmarks.datasets", "my-pool", POOL)


def answer(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200", "TERM": "dumb"})
    return result.exit_code, result.output


@pytest.mark.slow
@pytest.mark.usefixtures("no_figures")
def test_a_pool_of_ones_own_runs_resumes_is_repeated_and_merged(tmp_path: Path) -> None:
    asked = (
        "--suite",
        "depth",
        "--dataset",
        "my-pool",
        "--arms",
        "plain8",
        "--arms",
        "resnet8",
        "--seeds",
        2,
        "--rates",
        "recipe",
    )
    asked = (*asked, "--set", "epochs=1", "--device", "cpu", "--out")
    parts = []
    for name, more in (
        ("one", ("--jobs", 1, "--shard", "1/2")),
        ("two", ("--jobs", 1, "--shard", "2/2")),
        ("lanes", ("--jobs", 2, "--executor", "lanes")),
    ):
        code, text = answer(*asked, tmp_path / name, *more)
        assert code == 0, text
        parts.append(tmp_path / name)
    merge(parts, tmp_path / "all")  # lanes and processes agree, or they would contradict each other
    out = Out(tmp_path / "all")
    results = out.read().results
    splits = {
        result.trial.seed: {one.trial.split for one in results if one.trial.seed == result.trial.seed} for result in results
    }
    assert len(results) == 4 and all(len(found) == 1 for found in splits.values()) and splits[0] != splits[1]
    code, text = answer(*asked, tmp_path / "all")
    assert code == 0 and "4 of 4 trials were done before" in text and (out.folder / "depth").is_dir()
    code, text = answer("--trial", results[-1].trial.key, "--out", tmp_path / "all")
    assert code == 0 and "the same to the last bit" in text
    (labels,) = out.labels.folder.iterdir()
    assert labels.name.startswith("my-pool-")
