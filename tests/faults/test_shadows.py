"""Injected: packages of the user's own that are called as ours are, in the folder that a command is started in.

What must hold: it is said before anything is trained, with a remedy that works; and our files are found beside our code.
"""

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from analysis.cells import templates
from analysis.published import published_rows
from benchmarks.shadows import HOME, refuse_shadows
from resnet_variants.published import published_counts

ROOT = Path(__file__).parents[2]
SMALL = ("benchmarks.run", "--suite", "depth", "--arms", "plain8", "--seeds", "1", "--set", "epochs=1", "--out", "out")


def started_in(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=120, cwd=folder, env=environment, check=False
    )


def test_our_own_packages_stand_in_nobodys_way() -> None:
    assert HOME == ROOT
    refuse_shadows()


def test_an_empty_package_in_the_folder_one_starts_in_is_refused_before_training(tmp_path: Path) -> None:
    (tmp_path / "analysis").mkdir()
    (tmp_path / "analysis" / "__init__.py").touch()
    done = started_in(tmp_path, "-m", *SMALL)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith(f"error: {tmp_path / 'analysis'} hides this project's package analysis")
    assert "rename it, start in another folder, or keep Python from looking where you are with -P" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["analysis", "benchmarks", "resnet_variants"])
@pytest.mark.parametrize("kind", ["package", "module", "folder"])
def test_whatever_hides_one_of_our_packages_is_named(
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
    with pytest.raises(ValueError, match=f"hides this project's package {name}") as refusal:
        refuse_shadows()
    assert str(refusal.value).startswith(str(place))


def test_a_package_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setattr(sys, "meta_path", [finder for finder in sys.meta_path if "editable" not in repr(finder)])
    monkeypatch.delitem(sys.modules, "analysis")
    with pytest.raises(ValueError, match="the package analysis is missing"):
        refuse_shadows()


def test_our_files_are_found_beside_our_code(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("analysis", "resnet_variants"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    assert len(published_rows.__wrapped__()) > 100
    assert len(published_counts()) > 20
    assert templates().get_template("index.html.j2").filename == str(ROOT / "analysis" / "templates" / "index.html.j2")


@pytest.mark.slow
@pytest.mark.parametrize("switch", [("-P",), ()], ids=["-P", "PYTHONSAFEPATH"])
def test_the_remedy_works_in_the_workers_too(switch: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("analysis", "benchmarks", "resnet_variants"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    if not switch:
        monkeypatch.setenv("PYTHONSAFEPATH", "1")
    done = started_in(tmp_path, *switch, "-m", *SMALL)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "depth" / "digits-quick-epochs.1" / "index.html").exists()
