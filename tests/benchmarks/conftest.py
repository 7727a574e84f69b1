"""Files of a user for tests of benchmarks: a suite with its network, images, figure, probe and word, in a folder of their own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

NETS = """
from torch import nn

def my_net(task):
    print("building")
    return nn.Sequential(nn.Flatten(), nn.Linear(64, task.num_classes))
"""
SUITE = """
from benchmarks import Claim, Less, ProbeUse, Suite, arms

SUITE = Suite(
    question="Does mine beat theirs?",
    arms=arms("mlp_1x16", "my_nets:my_net"),
    claims=(
        Claim(
            id="mine-is-better",
            statement="Mine is better.",
            source="mine",
            metric="test_error_pct",
            test=Less(smaller="my_nets:my_net", larger="mlp_1x16"),
            margin=0.5,
        ),
    ),
    dataset="./my_data.py",
    recipe="quick",
    num_seeds=3,
    figures=("error_by_arm", "./my_figure.py"),
    probes=(ProbeUse(probe="./my_probe.py"),),
)
"""
DATA = """
import numpy as np
from benchmarks import Dataset, Images, Split

print("imported")

def load(root, download):
    print("loaded")
    labels = np.arange(60) % 2
    images = (np.random.default_rng(0).integers(0, 128, (60, 1, 8, 8)) + 100 * labels[:, None, None, None]).astype(np.uint8)
    train, test = (Split(images_NCHW=images[rows], labels_N=labels[rows]) for rows in (slice(0, 40), slice(40, 60)))
    return Images(name="blobs", source="made", train=train, test=test, classes=("dark", "light"))

DATASET = Dataset(title="dark and light squares", load=load)
"""
FIGURE = """
from matplotlib.figure import Figure

TITLE = "Mine"
CAPTION = "All of it."

def is_possible(data):
    return True

def draw(data):
    print("drawn")
    return Figure(figsize=(2, 2))
"""
PROBE = """
from benchmarks import Findings

def measure(subject):
    print("probed")
    return Findings(rows=({"answer": 42},))
"""
WORDS = """
from torch import nn

def gelu(channels):
    return nn.GELU()

def three(channels):
    return 3

NUMBER = 3
"""
FILES = {
    "my_nets.py": NETS,
    "my_suite.py": SUITE,
    "my_data.py": DATA,
    "my_figure.py": FIGURE,
    "my_probe.py": PROBE,
    "my_words.py": WORDS,
}


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a user's files, in a process that knows none of them and is started elsewhere."""
    folder, elsewhere, before = tmp_path / "mine", tmp_path / "elsewhere", set(sys.modules)
    for made in (folder, elsewhere):
        made.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    monkeypatch.chdir(elsewhere)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr("benchmarks.spec.named._NAMED", {})
    monkeypatch.setattr("resnet_variants.source._SEARCHED", [])
    yield folder
    for name in set(sys.modules) - before:
        if name.partition(".")[2].startswith(("suites.", "datasets.", "probes.", "figures.")) or name.startswith("my_"):
            del sys.modules[name]
