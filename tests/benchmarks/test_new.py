"""A template is a file that runs at once, and an example is one, too."""

import ast
import json
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from analysis.figures import load_figure
from benchmarks.new import KINDS, main, new
from benchmarks.run import main as run_main
from benchmarks.spec.figures import FIGURES
from benchmarks.spec.images import DATASETS, load_images
from benchmarks.spec.named import name_of_file
from benchmarks.spec.suite import load_suite
from benchmarks.spec.survey import suite_name
from resnet_variants.__main__ import app as networks

EXAMPLES = Path(__file__).parents[2] / "examples"
NEW, RUN = typer.Typer(), typer.Typer()
NEW.command()(main)
RUN.command()(run_main)


@pytest.fixture(autouse=True)
def _forgetful(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr("benchmarks.spec.named._NAMED", {})
    monkeypatch.setattr("resnet_variants.source._SEARCHED", [])


def test_a_template_of_each_kind_is_written_and_works() -> None:
    for kind in KINDS:
        done = CliRunner().invoke(NEW, [kind, f"my_{kind}.py"])
        assert done.exit_code == 0 and f"./my_{kind}.py" in done.stdout
        text = Path(f"my_{kind}.py").read_text()
        assert "FILE" not in text and "NAME" not in text and ast.parse(text)
    described = CliRunner().invoke(networks, ["describe", "./my_network.py:my_net", "--input", "1x8x8", "--json"])
    assert described.exit_code == 0 and json.loads(described.stdout)["depth"] == 6
    assert load_images(name_of_file("data set", DATASETS, "./my_dataset.py"), None, False).name == "my_dataset"
    assert load_figure(name_of_file("figure", FIGURES, "./my_figure.py")).TITLE
    planned = CliRunner().invoke(
        RUN,
        ["--suite", "./my_suite.py", "--dataset", "./my_dataset.py", "--rates", "recipe", "--dry-run", "--json", "--out", "o"],
    )
    assert planned.exit_code == 0 and json.loads(planned.stdout)[0]["suite"] == "my_suite"


def test_the_examples_are_a_suite_with_a_network_images_and_a_figure_of_ones_own() -> None:
    suite = load_suite(suite_name(str(EXAMPLES / "my_suite.py")))
    assert suite.dataset == "my_data" and "my_figure" in suite.figures and "mine" in suite.arms
    (claim,) = suite.claims
    assert (claim.id, claim.source) == ("my-network-has-lower-test-error-than-resnet-20", "this file")
    assert len((EXAMPLES / "my_suite.py").read_text().split("SUITE = ")[1].splitlines()) <= 10
    assert len(load_images(suite.dataset, None, False).train.labels_N) == 400
    for name in ("my_suite", "my_nets", "my_data", "my_figure"):
        assert f"{name}.py" in {path.name for path in EXAMPLES.iterdir()}


@pytest.mark.parametrize(
    ("kind", "file", "words"),
    [
        ("suit", "mine.py", "unknown kind of file 'suit'; did you mean suite?"),
        ("suite", "mine", "mine must end in .py"),
        ("suite", "my-suite.py", "the name must consist of letters, digits and underscores"),
        ("suite", "depth.py", "would be called 'depth', as a suite of this project is"),
        ("suite", "imagenet.py", "would be called 'imagenet', as a suite of this project is"),
        ("dataset", "digits.py", "would be called 'digits', as a dataset of this project is"),
        ("figure", "error_by_arm.py", "would be called 'error_by_arm', as a figure of this project is"),
        ("figure", "no/mine.py", "no is not a folder: create it first"),
        ("network", "there.py", "there.py exists, and is not overwritten"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused(kind: str, file: str, words: str) -> None:
    Path("there.py").write_text("mine\n")
    done = CliRunner().invoke(NEW, [kind, file])
    assert done.exit_code == 2 and words in done.stderr
    assert [path.name for path in Path().iterdir()] == ["there.py"] and Path("there.py").read_text() == "mine\n"


def test_a_template_names_its_own_file(tmp_path: Path) -> None:
    assert str(tmp_path / "stripes.py") in new("dataset", tmp_path / "stripes.py")
    assert 'name="stripes"' in (tmp_path / "stripes.py").read_text()
