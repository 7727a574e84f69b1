"""A figure or a probe whose file is wrong is named before anything is trained; one that cannot be drawn leaves the rest of the page as it is."""

import json
import sys
from collections.abc import Callable
from html import unescape
from importlib import import_module
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from analysis import report
from analysis.figures import load_figure
from analysis.report import make_reports, write_reports
from benchmarks import run
from benchmarks.spec.suite import load_suite
from benchmarks.store.trials import TrialResult

Add = Callable[[str, str, str], None]
Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]
RUN, REPORT = typer.Typer(), typer.Typer()
RUN.command()(run.main)
REPORT.command()(report.main)

SUITE = """
from benchmarks import ProbeUse, Suite, arms

SUITE = Suite(
    question="does it draw?",
    arms=arms("plain8", "resnet8"),
    claims=(),
    dataset="digits",
    recipe="quick",
    num_seeds=1,
    figures=("mine", "error_by_arm"),
    probes=(ProbeUse(probe="my_probe"),),
)
"""
FIGURE = """
from matplotlib.figure import Figure

TITLE, CAPTION = "Mine", "What I see."

def is_possible(data):
    return True

def draw(data):
    figure = Figure()
    figure.subplots().plot(data.trials["test_error_pct"])
    return figure
"""
PROBE = """
from benchmarks import Findings

def measure(subject):
    return Findings(values={})
"""


@pytest.fixture
def mine(add: Add, make_result: Make, write: Write, tmp_path: Path) -> Callable[..., Path]:
    """A store of a suite with a figure and a probe of its own."""

    def mine(figure: str = FIGURE, probe: str = PROBE) -> Path:
        add("analysis.figures", "mine", figure)
        add("benchmarks.probes", "my_probe", probe)
        add("benchmarks.suites", "my_suite", SUITE)
        made = [make_result(arm, seed, test=10.0 + seed) for arm in ("plain8", "resnet8") for seed in range(3)]
        return write(tmp_path / "store", made)

    return mine


def test_a_figure_and_a_probe_are_files(mine: Callable[..., Path]) -> None:
    out = mine()
    (page,) = make_reports(out, "my_suite")
    assert "What I see." in page.read_text() and page.with_name("mine.png").exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("def draw(data):", "def draw(data)", "analysis/figures/mine.py: SyntaxError"),
        ("return True", "return True\nreturn False", "analysis/figures/mine.py: SyntaxError: 'return' outside function"),
        (
            "from matplotlib",
            "# \0\nfrom matplotlib",
            "Error: source code string cannot contain null",
        ),  # ValueError before Python 3.11.4
        ("TITLE, CAPTION", "TITEL, CAPTION", "analysis/figures/mine.py: it has no TITLE: a figure must have TITLE, CAPTION"),
        ("def is_possible", "def is_posible", "analysis/figures/mine.py: it has no is_possible"),
        ("def draw", "class Inner:\n  def draw", "analysis/figures/mine.py: it has no draw"),
        ("import Figure", "import Figur", "analysis/figures/mine.py: ImportError: cannot import name 'Figur'"),
        ('"Mine", "What I see."', '"Mine", 7', "analysis/figures/mine.py: its CAPTION must be a str, not 7"),
        ("def draw(data):", "draw = 'bars'\n\ndef drawn(data):", "analysis/figures/mine.py: its draw must be a function"),
        ("from matplotlib", "1 / 0\nfrom matplotlib", "analysis/figures/mine.py: ZeroDivisionError"),
    ],
)
def test_what_is_wrong_with_a_figures_file_is_said_before_anything_is_trained(
    old: str, new: str, words: str, mine: Callable[..., Path], tmp_path: Path
) -> None:
    assert old in FIGURE
    mine(FIGURE.replace(old, new, 1))
    done = CliRunner().invoke(RUN, ["--suite", "my_suite", "--out", str(tmp_path / "out")])
    assert done.exit_code == 2 and words in done.stderr, done.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("def measure(subject):", "def measure(subject)", "benchmarks/probes/my_probe.py: SyntaxError"),
        ("def measure", "def mesure", "benchmarks/probes/my_probe.py: it has no measure: a probe must have measure"),
    ],
)
def test_what_is_wrong_with_a_probes_file_is_said_before_anything_is_trained(
    old: str, new: str, words: str, mine: Callable[..., Path], tmp_path: Path
) -> None:
    mine(probe=PROBE.replace(old, new))
    for asked in (["--suite", "my_suite"], ["--suite", "depth", "--dry-run"], ["--list"]):
        done = CliRunner().invoke(RUN, [*asked, "--out", str(tmp_path / "out")])
        assert done.exit_code == 2 and words in done.stderr, done.output
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "names",
    [
        "draw = lambda data: None",
        "from os.path import join as draw",
        "if True:\n    def draw(data): ...",
        "from os.path import *",
    ],
)
def test_names_count_however_a_file_binds_them(names: str, mine: Callable[..., Path]) -> None:
    mine(FIGURE.replace("def draw(data):", f"{names}\n\ndef other(data):"))
    assert load_suite("my_suite").figures == ("mine", "error_by_arm")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('data.trials["test_error_pct"]', 'data.trials["test_eror_pct"]', "KeyError: 'test_eror_pct'"),
        ("return True", "return data.is_there", "AttributeError: 'FigureData' object has no attribute 'is_there'"),
        ("return figure", "return None", "AttributeError"),
        ("return figure", 'figure.suptitle("$x^")\n    return figure', ""),
        ("return figure", "raise RuntimeError('<b>no</b>')", "RuntimeError: <b>no</b>"),
    ],
)
def test_a_figure_that_cannot_be_drawn_is_left_out_and_named_and_all_else_is_written(
    old: str, new: str, words: str, mine: Callable[..., Path]
) -> None:
    out = mine()
    (page,) = make_reports(out, "my_suite")  # its picture must not stay
    sys.modules.pop("analysis.figures.mine")
    out = mine(FIGURE.replace(old, new))
    import_module("analysis.figures.mine")
    done = CliRunner().invoke(REPORT, [str(out), "--suite", "my_suite"])
    if not words:  # half a formula is text
        assert done.exit_code == 0 and page.with_name("mine.png").exists()
        return
    assert done.exit_code == 1 and done.stdout.strip() == str(page) and done.stderr.startswith("Not drawn: mine (")
    text = page.read_text()
    assert f"Not drawn: mine ({words}" in unescape(text) and "<b>no</b>" not in text
    assert "see analysis/figures/mine.py." in text and "Error by arm." in text
    assert "Not drawn: mine (" in page.with_name("summary.md").read_text()
    assert not page.with_name("mine.png").exists() and page.with_name("error_by_arm.png").exists()
    assert "mine.png" not in (out / "index.html").read_text()  # the first figure is the overview's
    assert json.loads(page.with_name("verdicts.json").read_text()) == []


def test_a_figure_whose_import_fails_after_training_is_left_out(mine: Callable[..., Path]) -> None:
    out = mine(FIGURE.replace("import Figure", "import Figur"))
    (written,) = write_reports(out, "my_suite")
    (line,) = written.left_out
    assert line.startswith("Not drawn: mine (ImportError: cannot import name 'Figur'") and written.page.exists()


def test_every_figure_of_the_project_has_its_parts() -> None:
    for name in {figure for suite in ("depth", "function_class", "lectures") for figure in load_suite(suite).figures}:
        assert load_figure(name).TITLE


@pytest.mark.slow
def test_a_run_whose_figure_cannot_be_drawn_ends_with_its_report_and_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(data: object) -> None:
        raise RuntimeError("no ink")

    monkeypatch.setattr(load_figure("training_curves"), "draw", draw)
    asked = [
        "--suite",
        "depth",
        "--arms",
        "plain8",
        "--seeds",
        "1",
        "--set",
        "epochs=1",
        "--set",
        "batch_size=256",
        "--jobs",
        "1",
    ]
    done = CliRunner().invoke(RUN, [*asked, "--device", "cpu", "--out", str(tmp_path)])
    line = "Not drawn: training_curves (RuntimeError: no ink); see analysis/figures/training_curves.py."
    assert done.exit_code == 1 and line in done.stdout
    (page,) = tmp_path.glob("depth/*/index.html")
    assert line in page.read_text() and page.with_name("error_by_depth.png").exists()
    monkeypatch.undo()
    done = CliRunner().invoke(RUN, [*asked, "--device", "cpu", "--json", "--out", str(tmp_path)])
    assert done.exit_code == 0 and json.loads(done.stdout)[0]["not_drawn"] == 0
