"""Suites, data sets, networks, figures, probes and words of a user's own are named by path, by location or by entry point, from any folder."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from analysis import load
from analysis.check import main as check
from analysis.report import main as report
from analysis.show import main as show
from benchmarks.run import main
from benchmarks.spec.named import RESERVED
from benchmarks.store.out import Out
from benchmarks.store.plans import PlanStore
from resnet_variants.__main__ import app as networks

RUN, REPORT, CHECK, SHOW = typer.Typer(), typer.Typer(), typer.Typer(), typer.Typer()
RUN.command()(main)
REPORT.command()(report)
CHECK.command()(check)
SHOW.command()(show)
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
SHORT = ("--seeds", "1", "--rates", "recipe", "--set", "epochs=1", "--set", "batch_size=20", "--jobs", "1", "--device", "cpu")


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


def run(*words: object, app: typer.Typer = RUN) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def edit(path: Path, old: str, new: str) -> Path:
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    return path


def test_a_suite_by_path_is_run_reported_and_checked_from_another_folder(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run("--suite", mine / "my_suite.py", *SHORT, "--out", "out", "--json")
    assert done.exit_code == 0, done.output
    (answer,) = json.loads(done.stdout)  # what the user's files print is not among it
    assert (answer["suite"], answer["dataset"]) == ("my_suite", "blobs")
    assert {"imported", "loaded", "building", "drawn"} <= set(done.stderr.split())
    (page,) = Path("out/my_suite").glob("blobs-quick-*/index.html")
    assert page.with_name("my_figure.svg").exists()
    assert all(name in page.read_text() for name in FILES if name not in ("my_nets.py", "my_words.py"))
    assert {result.probe for result in Out(Path("out")).probes.read_all()[0]} == {"my_probe"}
    (plan,) = PlanStore(folder=Path("out")).read_all()[0].values()
    assert plan.files.keys() == {"suite my_suite.py", "data set my_data.py", "probe my_probe.py", "figure my_figure.py"}
    assert str(mine) not in next(Path("out").glob("my_suite/*/plan.json")).read_text()
    again = run("out", "--suite", mine / "my_suite.py", app=REPORT)
    assert again.exit_code == 0 and again.stdout.strip() == str(page)
    checked = run("out", "--suite", mine / "my_suite.py", app=CHECK)
    assert checked.exit_code == 1 and "my_suite, blobs-quick" in checked.output
    monkeypatch.setattr("benchmarks.spec.named._NAMED", {})  # as in a process that it is not named in
    unnamed = run("out", app=CHECK)
    assert unnamed.exit_code == 2 and "it holds plans of my_suite: name the suite's file with --suite FILE.py" in unnamed.output
    assert "my_suite" not in load("out") and "no suite named 'my_suite' is installed here" in run("out", app=SHOW).stdout
    shown = run("out", "--suite", mine / "my_suite.py", app=SHOW)
    assert shown.exit_code == 0 and "my_suite on blobs" in shown.stdout and "is installed here" not in shown.stdout
    assert len(load("out", suites=[str(mine / "my_suite.py")])["my_suite"].trials()) == 2
    unknown = run("out", "--suite", "my_siute", app=SHOW)
    assert unknown.exit_code == 2 and "did you mean" in unknown.stderr


@pytest.mark.slow
def test_a_data_set_by_path_and_a_trial_that_is_repeated_only_if_its_files_are_named(mine: Path) -> None:
    done = run("--suite", "depth", "--arms", "plain8", "--dataset", mine / "my_data.py", *SHORT, "--out", "out")
    assert done.exit_code == 0, done.output
    (plan,) = Path("out/depth").glob("*/plan.json")
    unnamed = Path("out/my_suite/blobs-quick")
    unnamed.mkdir(parents=True)
    (unnamed / "plan.json").write_text(plan.read_text().replace('"suite": "depth"', '"suite": "my_suite"'))
    (unnamed / "index.html").touch()
    assert run("out", "--suite", "all", app=REPORT).exit_code == 0
    assert (
        'href="my_suite/blobs-quick/index.html"' in Path("out/index.html").read_text()
    )  # a page of a suite that is not named here
    (record,) = Path("out/trials").glob("plain8-blobs-s0-*.json")
    key = record.stem.rpartition("-")[2]
    sys.modules.pop("benchmarks.datasets.my_data")
    refused = run("--trial", key, "--out", "out")
    assert (
        refused.exit_code == 2
        and "name its folder with --data DIR, or your own data set with --dataset FILE.py" in refused.stderr
    )
    assert "benchmarks.datasets.my_data" not in sys.modules
    repeated = run("--trial", key, "--out", "out", "--dataset", mine / "my_data.py")
    assert repeated.exit_code == 0 and "the same to the last bit" in repeated.stdout


def test_a_suite_is_named_by_an_entry_point_and_so_are_its_data_and_its_network(mine: Path, tmp_path: Path) -> None:
    site, info = tmp_path / "site", tmp_path / "site" / "their_pkg-1.0.dist-info"
    (site / "my_pkg").mkdir(parents=True)
    info.mkdir()
    suite = SUITE.replace("my_nets:my_net", "my_net").replace("./my_data.py", "my_blobs").replace('"./my_figure.py"', "")
    (site / "my_pkg" / "__init__.py").touch()
    (site / "my_pkg" / "suites.py").write_text(
        suite.replace('probes=(ProbeUse(probe="./my_probe.py"),),', "").replace("SUITE =", "MINE =")
    )
    (site / "my_pkg" / "data.py").write_text(DATA)
    (site / "my_pkg" / "nets.py").write_text(NETS)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-pkg\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[residual_benchmarks.suites]\nmine = my_pkg.suites:MINE\ndepth = my_pkg.suites:MINE\n"
        "[residual_benchmarks.datasets]\nmy_blobs = my_pkg.data\n[residual_benchmarks.networks]\nmy_net = my_pkg.nets:my_net\n"
    )
    sys.path.append(str(site))
    done = run("--suite", "mine", *SHORT, "--out", "out", "--json")
    assert done.exit_code == 0, done.output
    assert (
        json.loads(done.stdout)[0]["suite"] == "mine"
        and len(list(Path("out/trials").glob("my_pkg.nets-my_net-blobs-*.json"))) == 1
    )
    described = run("describe", "my_net", "--input", "1x8x8", "--json", app=networks)
    assert json.loads(described.stdout)["name"] == "my_pkg.nets:my_net"
    listed = run("--list", "--json")
    assert json.loads(listed.stdout)["of_other_packages"]["suites"] == {"mine": "their-pkg", "depth": "their-pkg"}
    shadow = run("--suite", "depth", "--out", "no")
    assert (
        shadow.exit_code == 2 and "the entry point of their-pkg is called 'depth', as a suite of this project is" in shadow.stderr
    )


def test_a_network_by_path_is_described_with_nothing_else_on_standard_output(mine: Path) -> None:
    done = run("describe", mine / "my_nets.py:my_net", "--input", "1x8x8", "--json", app=networks)
    assert done.exit_code == 0 and json.loads(done.stdout)["name"] == "my_nets:my_net"
    assert "building" in done.stderr
    edit(mine / "my_nets.py", "nn.Sequential", "nn.Sequentially")
    wrong = run("describe", mine / "my_nets.py:my_net", "--input", "1x8x8", app=networks)
    assert wrong.exit_code == 2 and "AttributeError" in wrong.stderr and "return nn.Sequentially" in wrong.stderr


@pytest.mark.slow
def test_an_ordering_is_spelled_in_place_with_a_users_word_and_edited_code_is_another_network(mine: Path) -> None:
    name = "resnet8:ordering=bn my_words:gelu conv |"
    edit(mine / "my_suite.py", "my_nets:my_net", name)
    edit(mine / "my_suite.py", "mlp_1x16", "resnet8:ordering=bn conv |")
    asked = ("--suite", mine / "my_suite.py", *SHORT, "--out", "out")
    assert run(*asked).exit_code == 0
    first = {path.name for path in Path("out/trials").glob("*.json")}
    assert len(first) == 2 and sum("gelu" in name for name in first) == 1
    edit(mine / "my_words.py", "nn.GELU()", 'nn.GELU("tanh")')
    del sys.modules["benchmarks.suites.my_suite"]
    again = run(*asked)
    assert again.exit_code == 0 and f"its plan declares other source of {name}" in again.stderr
    more = {path.name for path in Path("out/trials").glob("*.json")} - first
    assert len(more) == 1 and f"{name}@" in again.stdout
    refused = run(
        "--trial", next(iter(more)).removesuffix(".json").rpartition("-")[2], "--out", "out", "--dataset", mine / "my_data.py"
    )
    assert refused.exit_code == 2 and f"whose code runs only if you name it: add --arms '{name}'" in refused.stderr


@pytest.mark.parametrize(
    "old", [pytest.param("nn.Linear(64", id="network"), pytest.param("answer", id="probe", marks=pytest.mark.slow)]
)
def test_code_that_changes_between_the_plan_and_a_worker_ends_the_run(
    old: str, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = mine / ("my_nets.py" if old.startswith("nn") else "my_probe.py")
    if file.name == "my_probe.py":
        assert run("--suite", mine / "my_suite.py", *SHORT, "--arms", "mlp*", "--out", "out").exit_code == 0
        for path in Path("out/probes").iterdir():
            path.unlink()

    def late(asked: object) -> None:
        edit(file, old, f"{old} + 0" if old.startswith("nn") else "reply")

    monkeypatch.setattr("benchmarks.cli.answer.load_figures", late)
    arms = ("--arms", "mlp*") if file.name == "my_probe.py" else ()
    done = run("--suite", mine / "my_suite.py", *SHORT, *arms, "--out", "out")
    assert done.exit_code == 2 and "has changed" in done.stderr and "finished trials are kept" in done.stderr, done.output
    assert not list(Path("out").glob("*/my_nets*.json")) and not list(Path("out").glob("probes/*.json"))


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("my_suite.py", "SUITE = Suite", "{}['x']\nSUITE = Suite", "my_suite.py, line 4: KeyError: 'x'\n  File"),
        ("my_suite.py", "SUITE = Suite", "raise SystemExit(3)\nSUITE = Suite", "my_suite.py, line 4: it calls sys.exit(3)"),
        ("my_suite.py", "SUITE = Suite", "import nowhere\nSUITE = Suite", "ModuleNotFoundError: No module named 'nowhere'"),
        ("my_suite.py", "SUITE = Suite", "SUITE == Suite", "NameError: name 'SUITE' is not defined"),
        ("my_suite.py", "SUITE = Suite", "OTHER = Suite", "it has no SUITE: it must hold one SUITE, a Suite"),
        ("my_suite.py", "question=", "question=(", "my_suite.py, line"),
        ("my_suite.py", "mlp_1x16", "mlp_1x1x6", "my_suite.py, line 6: unknown network 'mlp_1x1x6'"),
        ("my_suite.py", "./my_figure.py", "./lost.py", "line 4: no file ./lost.py"),
        ("my_figure.py", "TITLE", "TITEL", "it has no TITLE: a figure must have TITLE"),
        ("my_figure.py", "TITLE", "1 / 0\nTITLE", "my_figure.py, line 4: ZeroDivisionError"),
        ("my_data.py", "labels = np", "labels = pn", "line 9: NameError: name 'pn' is not defined"),
        ("my_data.py", "return Images(", "return dict(", "load returned a dict: it must return Images"),
        ("my_data.py", '"blobs"', '"digits"', "its Images are called 'digits', as a data set of this project is"),
        ("my_data.py", 'classes=("dark", "light")', 'classes=("dark",)', "my_data.py, line 12: blobs has 1 class"),
        ("my_data.py", "labels = np", 'raise ValueError("no folder: name it")\n    labels = np', "error: no folder: name it"),
        ("my_nets.py", "def my_net", "raise RuntimeError\ndef my_net", "my_nets.py, line 4: RuntimeError\n"),
        (
            "my_nets.py",
            "return nn.Sequential",
            "return [nn.Flatten()] or nn.Sequential",
            "returned a list: it must return an nn.Module",
        ),
        ("my_nets.py", "task.num_classes", "7", "my_nets:my_net returned 7 scores for 2 classes"),
    ],
)
def test_what_is_wrong_with_a_users_file_is_said_and_nothing_is_trained(
    file: str, old: str, new: str, words: str, mine: Path
) -> None:
    edit(mine / file, old, new)
    done = run("--suite", mine / "my_suite.py", *SHORT, "--out", "out")
    assert done.exit_code == 2 and words in done.stderr, done.output
    assert not Path("out").exists() and not done.stdout


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lost.py", "no file"),
        (".", "is a folder: name the file of the suite"),
        ("depth.py", "would be called 'depth', as a suite of this project is: rename the file"),
        ("Imagenet.py", "would be called 'Imagenet', as a suite of this project is: rename the file"),
        ("my suite.py", "the name of a suite must consist of letters, digits, underscores and hyphens"),
        *((f"{name}.py", "has another meaning here: rename the file") for name in RESERVED),
    ],
)
def test_a_file_that_cannot_be_a_suite_is_refused(name: str, words: str, mine: Path) -> None:
    if name not in ("lost.py", "."):
        (mine / "my_suite.py").rename(mine / name)
    done = run("--suite", f"{mine}/{name}", *SHORT, "--out", "out")
    assert done.exit_code == 2 and words in done.stderr, done.output
    assert not Path("out").exists()


def test_a_bare_name_of_a_file_in_the_folder_is_no_suite_but_a_hint(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(mine)
    done = run("--suite", "my_suite")
    assert done.exit_code == 2 and "did you mean the file ./my_suite.py?" in done.stderr


def test_the_folders_of_records_are_no_names_of_suites() -> None:
    out = Out(Path("out"))
    stores = (out.trials, out.timings, out.probes, out.labels, out.checkpoints)
    assert {store.folder.name for store in stores} | {"all"} == set(RESERVED)


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("gelu", "unknown word 'gelu'"),
        ("my_words:lost", "unknown function or class 'lost'"),
        ("my_words:three", "'my_words:three' returned a int: it must return an nn.Module for a number of channels"),
        ("my_words:NUMBER", "must be a function or class that makes a module for a number of channels, got 3"),
        ("my-words:gelu", "'my-words:gelu' is no location of a word"),
        ("lost_words:gelu", "no module 'lost_words' with a file is found"),
    ],
)
def test_a_word_that_is_none_is_refused(word: str, words: str, mine: Path) -> None:
    sys.path.append(str(mine))
    done = run("describe", f"resnet8:ordering={word} conv |", app=networks)
    assert done.exit_code == 2 and words in done.stderr, done.output


def test_an_import_that_hangs_is_reported_and_ended(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resnet_variants.users_code.SLOW_SECONDS", 0.1)
    monkeypatch.setattr("resnet_variants.users_code.MOST_SECONDS", 0.5)
    hang = "import time\nwhile True:\n    try:\n        time.sleep(60)\n    except Exception:\n        pass\nSUITE = Suite"
    edit(mine / "my_suite.py", "SUITE = Suite", hang)
    done = run("--suite", mine / "my_suite.py", *SHORT, "--out", "out")
    assert done.exit_code == 2 and "my_suite.py, line 7: it has not been imported after 0.5 s" in done.stderr, done.output
    assert f"still importing {mine / 'my_suite.py'} after 0.1 s" in done.stderr
    assert not Path("out").exists()
