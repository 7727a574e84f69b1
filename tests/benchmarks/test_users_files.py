"""Suites, data sets, networks, figures, probes and words of a user's own are named by path, by location or by entry point, from any folder."""

import json
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from analysis import load
from analysis.check import main as check
from analysis.report import main as report
from analysis.show import main as show
from benchmarks.run import main
from benchmarks.store.out import Out
from benchmarks.store.plans import PlanStore
from resnet_variants.__main__ import app as networks

RUN, REPORT, CHECK, SHOW = typer.Typer(), typer.Typer(), typer.Typer(), typer.Typer()
RUN.command()(main)
REPORT.command()(report)
CHECK.command()(check)
SHOW.command()(show)
SHORT = ("--seeds", "1", "--rates", "recipe", "--set", "epochs=1", "--set", "batch_size=20", "--jobs", "1", "--device", "cpu")


def run(*words: object, app: typer.Typer = RUN) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def edit(path: Path, old: str, new: str) -> Path:
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    return path


@pytest.mark.slow
def test_a_suite_by_path_is_run_reported_and_checked_from_another_folder(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run("--suite", mine / "my_suite.py", *SHORT, "--out", "out", "--json")
    assert done.exit_code == 0, done.output
    (answer,) = json.loads(done.stdout)  # what the user's files print is not among it
    assert (answer["suite"], answer["dataset"]) == ("my_suite", "blobs")
    assert {"imported", "loaded", "building", "drawn"} <= set(done.stderr.split())
    (page,) = Path("out/my_suite").glob("blobs-quick-*/index.html")
    assert page.with_name("my_figure.png").exists()
    assert all(f"my_{kind}.py" in page.read_text() for kind in ("suite", "data", "figure", "probe"))
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
    assert "it holds plans of my_suite: name the suite's file with --suite FILE.py" in run("out", app=REPORT).stderr
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


@pytest.mark.slow
def test_a_suite_is_named_by_an_entry_point_and_so_are_its_data_and_its_network(mine: Path, tmp_path: Path) -> None:
    site, info = tmp_path / "site", tmp_path / "site" / "their_pkg-1.0.dist-info"
    (site / "my_pkg").mkdir(parents=True)
    info.mkdir()
    suite = (
        (mine / "my_suite.py")
        .read_text()
        .replace("my_nets:my_net", "my_net")
        .replace("./my_data.py", "my_blobs")
        .replace('"./my_figure.py"', "")
    )
    (site / "my_pkg" / "__init__.py").touch()
    (site / "my_pkg" / "suites.py").write_text(
        suite.replace('probes=(ProbeUse(probe="./my_probe.py"),),', "").replace("SUITE =", "MINE =")
    )
    (site / "my_pkg" / "data.py").write_text((mine / "my_data.py").read_text())
    (site / "my_pkg" / "nets.py").write_text((mine / "my_nets.py").read_text())
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
