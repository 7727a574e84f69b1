"""Injected: packages of the user's own that are called as ours are, in the folder that a command is started in.

What must hold: the command runs with this project's own, in its workers too, and our files are found beside our code.
"""

import os
import subprocess
import sys
import tomllib
from importlib.machinery import ModuleSpec
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

from analysis.pages.formats import templates
from analysis.tables.published import published_rows
from benchmarks.__main__ import COMMANDS, main
from benchmarks.cli.shadows import HOME, prefer_own_packages
from benchmarks.store.environment import read_checkout
from resnet_variants.published import published_counts

ROOT = Path(__file__).parents[2]
MY_NET = """from torch import nn
def my_net(task):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, task.num_classes))
"""
SMALL = (
    "benchmarks.run",
    "--suite",
    "depth",
    "--arms",
    "plain8",
    "--rates",
    "recipe",
    "--seeds",
    "1",
    "--set",
    "epochs=1",
    "--out",
    "out",
)


def started_in(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=120, cwd=folder, env=environment, check=False
    )


def test_our_own_packages_stand_in_nobodys_way() -> None:
    assert HOME == ROOT
    before = list(sys.path)
    prefer_own_packages()
    assert sys.path == before


@pytest.mark.parametrize("name", ["analysis", "resnet_variants"])
@pytest.mark.parametrize("kind", ["package", "module", "folder"])
def test_whatever_hides_one_of_our_packages_is_passed_over(
    name: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / (f"{name}.py" if kind == "module" else name)
    if kind == "module":
        place.touch()
    else:
        place.mkdir()
    if kind == "package":
        (place / "__init__.py").touch()
    # a folder without __init__.py hides what is found only later, as an editable installation is
    monkeypatch.setattr(sys, "path", [str(tmp_path), *([] if kind == "folder" else sys.path)])
    monkeypatch.delitem(sys.modules, name)
    prefer_own_packages()
    spec = find_spec(name)
    assert spec is not None and spec.origin == str(ROOT / name / "__init__.py")


def test_another_package_that_is_loaded_already_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    theirs = ModuleType("analysis")
    theirs.__spec__ = ModuleSpec("analysis", None, origin=str(tmp_path / "analysis.py"))
    monkeypatch.setitem(sys.modules, "analysis", theirs)
    with pytest.raises(ValueError, match="hides this project's package analysis"):
        prefer_own_packages()


def test_a_package_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setattr(sys, "meta_path", [finder for finder in sys.meta_path if "editable" not in repr(finder)])
    monkeypatch.delitem(sys.modules, "analysis")
    with pytest.raises(ValueError, match="the package analysis is missing"):
        prefer_own_packages()


def test_our_files_are_found_beside_our_code(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("analysis", "resnet_variants"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    assert len(published_rows.__wrapped__()) > 100
    assert len(published_counts()) > 20
    assert templates().get_template("index.html.j2").filename == str(ROOT / "analysis" / "templates" / "index.html.j2")


def console_command(folder: Path) -> str:
    """The console command as an installation writes it."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    module, _, function = scripts["residual-benchmarks"].partition(":")
    path = folder / "residual-benchmarks"
    path.write_text(f"import sys\nfrom {module} import {function}\nif __name__ == '__main__':\n    sys.exit({function}())\n")
    return str(path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["packages", "folders"])
def test_the_console_command_runs_a_user_s_network_beside_packages_of_all_our_names(kind: str, tmp_path: Path) -> None:
    started, installed = tmp_path / "started", tmp_path / "bin"
    installed.mkdir()
    for name in ("benchmarks", "analysis", "resnet_variants"):
        (started / name).mkdir(parents=True)
        if kind == "packages":
            (started / name / "__init__.py").write_text("raise RuntimeError('a foreign package is loaded')")
    (started / "my_nets.py").write_text(MY_NET)
    command = console_command(installed)
    on_ray = started_in(started, command, "run", *SMALL[1:], "--executor", "ray")
    assert on_ray.returncode == 2 and "start in another folder" in on_ray.stderr
    assert not (started / "out").exists()
    described = started_in(started, command, "networks", "describe", "my_nets:my_net", "--input", "1x8x8")
    assert described.returncode == 0, described.stderr
    assert "650" in described.stdout  # 64 x 10 weights and 10 biases
    done = started_in(started, command, "run", *SMALL[1:])
    assert done.returncode == 0, done.stderr
    assert (started / "out" / "depth" / "digits-splits-quick-epochs.1" / "index.html").exists()


def test_the_console_command_lists_its_commands_and_refuses_others(tmp_path: Path) -> None:
    command = console_command(tmp_path)
    listed = started_in(tmp_path, command)
    words = [line.split()[0] for line in listed.stdout.splitlines() if line.startswith("  ")]
    assert words == list(COMMANDS)
    wrong = started_in(tmp_path, command, "rum")
    assert wrong.returncode == 2 and "did you mean run?" in wrong.stderr and not wrong.stdout


def test_the_version_says_which_commit_runs(tmp_path: Path) -> None:
    printed = started_in(tmp_path, console_command(tmp_path), "--version").stdout
    assert printed.startswith(f"residual-benchmarks {version('residual-benchmarks')}")
    commit = read_checkout().commit
    assert commit is None or commit in printed


def test_a_copy_that_is_not_installed_has_no_version_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", missing)
    monkeypatch.setattr("sys.argv", ["residual-benchmarks", "--version"])
    main()
    assert capsys.readouterr().out.startswith("residual-benchmarks (not installed)")


@pytest.mark.slow
@pytest.mark.parametrize("switch", [None, "-P", "PYTHONSAFEPATH"])
def test_a_run_ends_with_its_report_beside_packages_of_our_names(
    switch: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # without a switch Python itself loads the first two from here, and never comes to our code
    for name in ("analysis", *(("benchmarks", "resnet_variants") if switch else ())):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    if switch == "PYTHONSAFEPATH":
        monkeypatch.setenv("PYTHONSAFEPATH", "1")
    done = started_in(tmp_path, *(["-P"] if switch == "-P" else []), "-m", *SMALL)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "depth" / "digits-splits-quick-epochs.1" / "index.html").exists()
