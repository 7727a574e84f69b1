"""Files that users add (suites, data sets) are found by their names, and what is wrong with one is said with its path, before any training."""

from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from analysis.pages.objections import objections
from benchmarks.run import main
from benchmarks.spec.images import load_images
from benchmarks.spec.plugins import names_in
from benchmarks.spec.suite import load_suite, suite_names
from benchmarks.store.trials import TrialStore
from resnet_variants.orderings import ORDERINGS, parse_ordering

Add = Callable[[str, str, str], None]
APP = typer.Typer()
APP.command()(main)

SUITE = """
from benchmarks import Claim, GapGrows, Less, NoWorse, ProbeUse, Suite, arms

SUITE = Suite(
    question="does mine do?",
    arms=arms("resnet8", "preresnet8", "plain8"),
    claims=(
        Claim(
            id="mine-is-better",
            statement="Mine is better.",
            source="mine",
            metric="test_error_pct",
            test=Less(smaller="preresnet8", larger="resnet8"),
            margin=1.0,
        ),
    ),
    dataset="digits",
    recipe="quick",
    num_seeds=3,
    figures=("error_by_arm",),
)
"""
DATASET = """
import numpy as np
from benchmarks import Dataset, Images, Split

def load(root, download):
    part = Split(images_NCHW=np.zeros((4, 1, 8, 8), np.uint8), labels_N=np.array([0, 1, 0, 1]))
    return Images(name="mine", source="made", train=part, test=part, classes=("a", "b"))

DATASET = Dataset(title="mine", load=load)
"""


def test_a_file_is_a_suite(add: Add) -> None:
    add("benchmarks.suites", "mine", SUITE)
    assert "mine" in suite_names() and list(load_suite("mine").arms) == ["resnet8", "preresnet8", "plain8"]
    assert "_helper" not in names_in("benchmarks.datasets")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"resnet8", "preresnet8"', '"resnett8", "preresnet8"', "unknown network 'resnett8'; did you mean"),
        ('"error_by_arm",', '"training_curve",', "unknown figure 'training_curve'; did you mean training_curves?"),
        ('("error_by_arm",)', '("error_by_arm")', "figures must be a tuple of str"),
        ("num_seeds=3,", 'num_seeds=3, probes=("responses",),', "probes must be a tuple of ProbeUse"),
        ("test_error_pct", "test_eror", "unknown metric 'test_eror'"),
        ("margin=1.0", "margin=0.0", "the margin of claim 'mine-is-better' must be above 0"),
        ('larger="resnet8"', 'larger="preresnet8"', "claim 'mine-is-better' compares an arm with itself"),
        (
            'Less(smaller="preresnet8", larger="resnet8")',
            'NoWorse(reference="plain8", other="plain8")',
            "compares an arm with itself",
        ),
        (
            'Less(smaller="preresnet8", larger="resnet8")',
            'GapGrows(first=("plain8", "resnet8"), second=("plain8", "preresnet8"))',
            "compares an arm with itself",
        ),
        ('"plain8")', '"plain8", "resnet8:ordering=pre")', "preresnet8 and resnet8:ordering=pre are the same network"),
        ("SUITE = Suite(", "MINE = Suite(", "it has no SUITE: it must hold one SUITE, a Suite"),
        ("SUITE = Suite(", "SUITE = dict(", "its SUITE is a dict"),
        ("import Claim", "import Clam", "ImportError: cannot import name 'Clam'"),
        ('do?"', "do?", "SyntaxError"),
        ("question=", "querstion=", "TypeError"),
    ],
)
def test_what_is_wrong_with_a_suite_is_said_with_its_path_before_anything_is_trained(
    old: str, new: str, words: str, add: Add, tmp_path: Path
) -> None:
    assert old in SUITE
    add("benchmarks.suites", "mine", SUITE.replace(old, new))
    for asked in (["--suite", "mine"], ["--suite", "depth", "--arms", "plain8", "--seeds", "1"], ["--list"]):
        done = CliRunner().invoke(APP, [*asked, "--out", str(tmp_path / "out")])
        assert done.exit_code == 2, done.output
        assert "benchmarks/suites/mine.py: " in done.stderr and words in done.stderr
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("return Images(", "return dict(", "benchmarks/datasets/mine.py: load returned a dict: it must return Images"),
        ('classes=("a", "b")', "classes=(0, 1)", "mine: class 0 is a int: names of classes must be str"),
        ('classes=("a", "b")', "classes=np.array([0, 1])", "is a int64: names of classes must be str"),
        ("[0, 1, 0, 1]", "[1, 2, 1, 2]", "mine: the training images' labels are from 1 to 2: they must be from 0 to 1"),
        ("[0, 1, 0, 1]", "[0, 1, 0, 1], np.int32", "4 images need as many int64 labels, got int32 of shape (4,)"),
        ("[0, 1, 0, 1]", "[0, 1, 0]", "4 images need as many int64 labels, got int64 of shape (3,)"),
        ("DATASET = Dataset(", "MINE = Dataset(", "benchmarks/datasets/mine.py: it has no DATASET"),
        ("def load(root, download)", "def load()", "benchmarks/datasets/mine.py: TypeError: load() takes 0 positional arguments"),
        ("return Images(", 'open("/nowhere/x.npy")\n    return Images(', "/nowhere/x.npy"),
    ],
)
def test_what_is_wrong_with_a_data_set_is_said(old: str, new: str, words: str, add: Add, tmp_path: Path) -> None:
    assert old in DATASET
    add("benchmarks.datasets", "mine", DATASET.replace(old, new))
    out = tmp_path / "out"
    done = CliRunner().invoke(APP, ["--suite", "depth", "--dataset", "mine", "--seeds", "1", "--out", str(out)])
    assert done.exit_code == 2 and words in done.stderr, done.output
    assert not out.exists()


@pytest.mark.slow
def test_a_name_that_stands_for_another_network_now_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its records would be taken for those of the new one."""
    monkeypatch.setitem(ORDERINGS, "post", parse_ordering("conv bn | relu"))
    asked = [
        "--suite",
        "depth",
        "--arms",
        "resnet8",
        "--rates",
        "recipe",
        "--seeds",
        "1",
        "--set",
        "epochs=1",
        "--set",
        "batch_size=256",
    ]
    asked += ["--out", str(tmp_path)]
    assert CliRunner().invoke(APP, asked).exit_code == 0
    (record,) = (tmp_path / "trials").glob("*.json")
    assert TrialStore(folder=record.parent).read(record).meaning == "conv bn | relu; identity or zero-pad"
    assert not any("other networks" in objection for objection in objections(tmp_path))
    before = record.read_bytes()
    monkeypatch.setitem(ORDERINGS, "post", parse_ordering("conv bn relu |"))
    for more in ([], ["--dry-run"], ["--seeds", "2"]):
        done = CliRunner().invoke(APP, [*asked, *more])
        assert done.exit_code == 2
        assert "resnet8 with seed 0 was trained when its name meant 'conv bn | relu; identity or zero-pad'" in done.stderr
        assert "it now means 'conv bn relu |; identity or zero-pad': give the new network its own name" in done.stderr
    assert any("trained when their names meant other networks: resnet8 with seed 0" in line for line in objections(tmp_path))
    assert [path.read_bytes() for path in (tmp_path / "trials").glob("*.json")] == [before]


def test_a_file_is_a_data_set(add: Add) -> None:
    add("benchmarks.datasets", "mine", DATASET)
    assert load_images("mine", None, False).classes == ("a", "b")
