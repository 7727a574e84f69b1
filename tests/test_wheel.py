"""The wheel that an installation gets: it holds every file that the code reads, and runs in a folder that has packages of our names."""

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("resnet_variants", "benchmarks", "analysis")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this source, unpacked as an installation unpacks it."""
    source, built, site = (tmp_path_factory.mktemp(name) for name in ("source", "built", "site"))
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(built), str(source)]
    subprocess.run(command, check=True, timeout=300)
    (wheel,) = built.glob("*.whl")
    with ZipFile(wheel) as content:
        content.extractall(site)
    return site


@pytest.mark.slow
def test_the_wheel_holds_every_file_of_the_packages_and_no_other(site: Path) -> None:
    tracked = {path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()}
    shipped = {path.relative_to(site) for path in site.rglob("*") if path.is_file() and ".dist-info" not in str(path)}
    assert shipped == {path for path in tracked if "__pycache__" not in path.parts}


def started(site: Path, tmp_path: Path, folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Start the console command, as an installation of the wheel writes it, in a folder."""
    (entry,) = site.glob("*.dist-info/entry_points.txt")
    value = next(
        line.partition("=")[2].strip() for line in entry.read_text().splitlines() if line.startswith("residual-benchmarks")
    )
    command = EntryPoint(name="residual-benchmarks", value=value, group="console_scripts")
    script = tmp_path / "bin" / command.name
    script.parent.mkdir(exist_ok=True)
    script.write_text(
        f"import sys\nfrom {command.module} import {command.attr}\nif __name__ == '__main__':\n    sys.exit({command.attr}())\n"
    )
    return subprocess.run(
        [sys.executable, str(script), *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def add_foreign_packages(folder: Path) -> None:
    for name in PACKAGES:
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise RuntimeError('a foreign package is loaded')")


@pytest.mark.slow
def test_the_examples_run_from_an_unrelated_folder_beside_packages_of_our_names(site: Path, tmp_path: Path) -> None:
    mine, elsewhere = tmp_path / "mine", tmp_path / "elsewhere"
    shutil.copytree(ROOT / "examples", mine)
    for folder in (mine, elsewhere):
        add_foreign_packages(folder)
    short = ("--seeds", "1", "--rates", "recipe", "--set", "epochs=1")
    done = started(site, tmp_path, elsewhere, "run", "--suite", "../mine/my_suite.py", *short, "--out", "out", "--json")
    assert done.returncode == 0, done.stderr
    assert [answer["suite"] for answer in json.loads(done.stdout)] == ["my_suite"]
    (page,) = (elsewhere / "out" / "my_suite").glob("my_data-*/index.html")
    assert page.with_name("my_figure.png").exists() and "uncommitted changes" not in page.read_text()
    reported = started(site, tmp_path, mine, "report", "../elsewhere/out", "--suite", "my_suite.py")
    assert reported.returncode == 0, reported.stderr
    written = started(site, tmp_path, elsewhere, "new", "network", "their_nets.py")
    assert written.returncode == 0, written.stderr
    described = started(site, tmp_path, elsewhere, "networks", "describe", "their_nets.py:my_net")
    assert described.returncode == 0 and described.stdout.startswith("their_nets:my_net: 6 layers"), described.stderr


@pytest.mark.slow
def test_the_installed_command_ends_with_its_report_beside_packages_of_our_names(site: Path, tmp_path: Path) -> None:
    add_foreign_packages(tmp_path)
    asked = (
        "run",
        "--suite",
        "depth",
        "--arms",
        "plain8",
        "--seeds",
        "1",
        "--rates",
        "recipe",
        "--set",
        "epochs=1",
        "--out",
        "out",
    )
    done = started(site, tmp_path, tmp_path, *asked)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "depth" / "digits-splits-quick-epochs.1" / "index.html").exists()
    (record,) = (tmp_path / "out" / "trials").glob("*.json")
    environment = json.loads(record.read_text())["environment"]
    assert (environment["commit"], environment["is_dirty"]) == (None, None)  # an installed copy belongs to no checkout
