"""A name that may mean two things is refused: of this project's and an entry point, of two files, of two modules, or of two comparisons."""

import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from analysis.report import main as report
from benchmarks.merge import main as merge
from benchmarks.run import main
from resnet_variants.__main__ import app as networks
from resnet_variants.command import app_of
from resnet_variants.places import place_of

RUN, REPORT, MERGE = map(app_of, (main, report, merge))
PLAN = ("--dry-run", "--seeds", "1", "--rates", "recipe", "--device", "cpu")


def run(*words: object, app: typer.Typer = RUN) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def refused(*words: object, app: typer.Typer = RUN) -> str:
    """Return the error of a command that refuses its arguments."""
    done = run(*words, app=app)
    assert done.exit_code == 2 and not done.stdout, done.output
    return done.stderr


@pytest.fixture
def installed(tmp_path: Path, mine: Path) -> Path:
    """A package is installed whose entry points have the names of networks of this project; return the user's folder."""
    info = tmp_path / "site" / "their_pkg-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-pkg\nVersion: 1.0\n")
    names = ("resnet20", "mlp_1x18", "resnet21", "lecture_identity")
    (info / "entry_points.txt").write_text(
        "\n".join(["[residual_benchmarks.networks]", *(f"{name} = my_nets:my_net" for name in names)])
    )
    sys.path.append(str(tmp_path / "site"))
    return mine


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("resnet20", "resnet20"),
        ("ResNet-20:width=8", "resnet20"),
        ("mlp_1x18", "mlp_1x18"),
        ("resnet21", "resnet21"),
        ("lecture-identity", "lecture_identity"),
    ],
)
def test_an_entry_point_with_the_name_of_a_network_of_this_project_is_refused_where_it_is_named(
    name: str, entry: str, installed: Path
) -> None:
    words = f"the entry point of their-pkg is called {entry!r}, as a network of this project is: rename the entry point"
    assert words in refused("--compare", "mlp_1x16", name, *PLAN)
    assert words in refused("describe", name, app=networks)
    suite = installed / "my_suite.py"
    suite.write_text(suite.read_text().replace('"my_nets:my_net"', f'"{name}"'))
    error = refused("--suite", suite, *PLAN)
    assert words in error or name == "resnet21"  # whose depth is refused first
    assert f"{suite}, line 6:" in error


def test_a_word_of_an_ordering_may_be_named_by_path(mine: Path) -> None:
    name = f"resnet8:ordering=bn {mine}/my_words.py:gelu conv | {mine}/my_words.py:gelu,shortcut=B"
    assert place_of(name) == "resnet8:ordering=bn my_words:gelu conv | my_words:gelu,shortcut=B"
    assert run("describe", f"resnet8:ordering=bn {mine}/my_words.py:gelu conv |", app=networks).exit_code == 0
    assert "no file lost.py" in refused("describe", "resnet8:ordering=bn lost.py:gelu conv |", app=networks)


def test_two_files_of_one_name_are_refused(mine: Path) -> None:
    theirs = mine.parent / "theirs"
    theirs.mkdir()
    for name in ("my_data.py", "my_probe.py"):
        (theirs / name).write_text((mine / name).read_text())
    error = refused("--suite", mine / "my_suite.py", "--dataset", theirs / "my_data.py", *PLAN)
    assert f"{theirs / 'my_data.py'} and {mine / 'my_data.py'} are both called 'my_data': rename one of them" in error


def test_a_file_may_be_named_twice_in_two_ways(mine: Path) -> None:
    twice = ("--suite", mine / "my_suite.py", "--dataset", mine / ".." / "mine" / "my_data.py")
    assert run(*twice, *PLAN).exit_code == 0


@pytest.mark.usefixtures("installed")
def test_a_suite_of_this_project_means_its_own_networks() -> None:
    assert run("--suite", "depth", "--arms", "plain8", *PLAN).exit_code == 0


@pytest.mark.parametrize("file", ["my_nets.py", "my_words.py", "my_helper.py"])
def test_what_a_suite_finds_elsewhere_though_it_lies_beside_it_is_refused(
    file: str, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite, here = mine / "my_suite.py", Path.cwd()
    if file == "my_words.py":
        suite.write_text(suite.read_text().replace("my_nets:my_net", "resnet8:ordering=bn my_words:gelu conv |"))
    if file == "my_helper.py":
        suite.write_text(f"import my_helper\n{suite.read_text()}")
        (mine / file).write_text("ONE = 1\n")
    (here / file).write_text((mine / file).read_text())
    monkeypatch.syspath_prepend(str(here))
    error = refused("--suite", suite, *PLAN)
    assert f"{mine / file} is hidden by another module {file.removesuffix('.py')!r} ({here / file}): rename it" in error
    (here / file).unlink()
    assert run("--suite", suite, *PLAN).exit_code == 0


def test_a_module_is_no_suite_but_a_hint(mine: Path) -> None:
    sys.path.append(str(mine))
    assert f"unknown suite 'my_suite'; did you mean the file {mine / 'my_suite.py'}?" in refused("--suite", "my_suite", *PLAN)


@pytest.mark.slow
def test_comparisons_of_one_name_that_differ_are_not_merged(mine: Path) -> None:
    for folder, other, data in (
        ("a", "mlp_1x18", "digits"),
        ("b", "mlp_1x20", mine / "my_data.py"),
        ("c", "mlp_1x18", mine / "my_data.py"),
    ):
        asked = ("--compare", "mlp_1x16", other, "--on", "params", "--name", "mine", "--dataset", data, "--out", folder)
        assert run(*asked).exit_code == 0
    error = refused("a", "b", "--into", "all", app=MERGE)
    assert "two questions are called 'mine': merge them into different folders" in error and not Path("all").exists()
    assert run("a", "c", "--into", "all", app=MERGE).exit_code == 0 and run("all", app=REPORT).exit_code == 0
