"""What is wrong with a user's file is said with its own lines, ends in exit code 2 and trains nothing."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from benchmarks.cli.plan import plan
from benchmarks.executors.carry_out import carry_out
from benchmarks.executors.events import Attempt, Event, Job, WorkItem, not_measured
from benchmarks.run import main
from benchmarks.spec.images import load_images
from benchmarks.spec.named import RESERVED
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.trial import Arm
from benchmarks.store.environment import Checkout
from benchmarks.store.out import Out
from resnet_variants import parse
from resnet_variants.__main__ import app as networks
from resnet_variants.source import ChangedSourceError, UnusableSourceError

RUN = typer.Typer()
RUN.command()(main)
SHORT = ("--seeds", "1", "--rates", "recipe", "--set", "epochs=1", "--set", "batch_size=20", "--jobs", "1", "--device", "cpu")


DETACHED = """
    class Detached(nn.Sequential):
        def forward(self, x_NCHW):
            return super().forward(x_NCHW).detach()
"""
IN_PLACE = """
    class InPlace(nn.Sequential):
        def forward(self, x_NCHW):
            return super().forward(x_NCHW).exp().mul_(2).exp_()
"""


def run(*words: object, app: typer.Typer = RUN) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def edit(path: Path, old: str, new: str) -> Path:
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    return path


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("my_nets.py", "nn.Linear(64", "nn.Linear(64 + 0"),
        pytest.param("my_words.py", "nn.GELU()", "nn.GELU( )", marks=pytest.mark.slow),
        pytest.param("my_probe.py", "answer", "reply", marks=pytest.mark.slow),
    ],
)
def test_code_that_changes_between_the_plan_and_a_worker_ends_the_run(
    file: str, old: str, new: str, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, arms = "resnet8:ordering=bn my_words:gelu conv |", "mlp*" if file == "my_probe.py" else "*"
    if file == "my_words.py":
        edit(mine / "my_suite.py", "my_nets:my_net", name)
    if file == "my_probe.py":  # so that only the probe is left to do
        assert run("--suite", mine / "my_suite.py", *SHORT, "--arms", arms, "--out", "out").exit_code == 0
        for path in Path("out/probes").iterdir():
            path.unlink()
    monkeypatch.setattr("benchmarks.cli.answer.load_figures", lambda asked: edit(mine / file, old, new))
    done = run("--suite", mine / "my_suite.py", *SHORT, "--arms", arms, "--out", "out")
    assert done.exit_code == 2 and "has changed" in done.stderr, done.output
    of_users = [path.name for path in Path("out").glob("trials/*.json") if not path.name.startswith("mlp")]
    assert not of_users and not list(Path("out").glob("probes/*.json"))


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
        (
            "my_nets.py",
            "def my_net",
            "my_net = 3\ndef other",
            "'my_nets:my_net' must be a function or class that makes a network",
        ),
        (
            "my_nets.py",
            "return nn.Sequential",
            f"{DETACHED}\n    return Detached",
            "my_nets:my_net returned scores that depend on no parameter",
        ),
        (
            "my_nets.py",
            "return nn.Sequential",
            f"{IN_PLACE}\n    return InPlace",
            "RuntimeError: one of the variables needed for gradient",
        ),
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


WORKER_ONLY = """
import multiprocessing, time

if multiprocessing.parent_process() is not None:
    raise KeyError("in a worker")
"""


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["local", "lanes"])
def test_an_import_that_fails_only_in_a_worker_ends_the_run(executor: str, mine: Path) -> None:
    edit(mine / "my_nets.py", "def my_net", f"{WORKER_ONLY}\ndef my_net")
    done = run("--suite", mine / "my_suite.py", *SHORT, "--arms", "my_nets*", "--out", "out", "--executor", executor)
    assert done.exit_code == 2 and "my_nets.py, line 8: KeyError: 'in a worker'\n  File" in done.stderr, done.output
    assert "finished trials are kept; mend this code" in done.stderr
    assert not list(Path("out").glob("trials/*.json")) and not list(Path("out").glob("*/*/index.html"))


@pytest.mark.parametrize("kind", [UnusableSourceError, ChangedSourceError])
def test_a_worker_that_cannot_use_a_users_code_ends_the_run_and_leaves_no_record(kind: type[ValueError], tmp_path: Path) -> None:
    images = load_images("digits", None, download=False)
    arms = [Arm(architecture=parse("mlp_1x16"))]
    trials = plan(arms, images, RECIPES["quick"], 1)
    job = Job(images=images, device="cpu", checkout=Checkout(commit=None, is_dirty=None))
    out = Out(tmp_path)
    out.prepare()

    def execute(items: Iterator[WorkItem | None], job: Job) -> Iterator[Event]:
        for item in items:
            assert isinstance(item, Attempt)
            yield not_measured(item, job, "failed", f"{kind.__name__}: my_nets.py, line 7: it has not been imported")

    with pytest.raises(kind, match=r"^my_nets\.py, line 7: it has not been imported$"):
        carry_out(trials, job, out, execute, lambda event: None)
    assert not list((tmp_path / "trials").glob("*.json"))
