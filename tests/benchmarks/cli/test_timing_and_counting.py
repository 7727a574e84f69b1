"""Suites and surveys time and count networks on the command line."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from benchmarks import run
from benchmarks.cli.required import code_of
from benchmarks.spec.suite import load_suite
from benchmarks.spec.survey import load_survey

app = typer.Typer(add_completion=False)
app.command()(run.main)


def answer(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200", "TERM": "dumb"})
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def two_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions of two rounds, which is what they are asked for and not how well they measure."""
    for kind, load in (("suite", load_suite), ("survey", load_survey)):
        monkeypatch.setattr(f"benchmarks.cli.request.load_{kind}", lambda name, load=load: replace(load(name), num_rounds=2))


@pytest.mark.slow
@pytest.mark.usefixtures("two_rounds")
def test_a_suite_that_times_leaves_one_session_and_keeps_it(tmp_path: Path) -> None:
    shorter = ("--set", "epochs=1", "--set", "batch_size=256")
    asked = ("--suite", "perceptron", "--arms", "mlp_1x512", "--seeds", "1", *shorter, "--out", tmp_path)
    code, _, errors = answer(*asked)
    assert code == 0, errors
    (session,) = (tmp_path / "timings").glob("*.json")
    found = json.loads(session.read_text())
    assert [len(network["train_step_seconds"]) for network in found["networks"]] == [found["plan"]["num_rounds"]]
    before = session.stat().st_mtime_ns
    assert answer(*asked)[0] == 0
    assert session.stat().st_mtime_ns == before


@pytest.mark.slow
@pytest.mark.usefixtures("two_rounds")
def test_a_survey_times_its_networks_once_and_reports_on_them(tmp_path: Path) -> None:
    asked = ("--suite", "imagenet", "--arms", "resnet18", "--out", tmp_path, "--json")
    code, output, errors = answer(*asked)
    assert code == 0 and "timing 1 network, 2 rounds" in errors
    (answered,) = json.loads(output)
    assert (answered["suite"], answered["networks"], answered["not_measured"]) == ("imagenet", 1, 0)
    measured = [row["outcome"] for row in answered["verdicts"] if row["kind"] != "published"]
    assert set(measured) == {"untested"}  # each is about two networks
    assert Path(answered["report"]).exists()
    (record,) = (tmp_path / "timings").iterdir()
    before = record.read_bytes()
    code, _, errors = answer(*asked)
    assert (code, errors.splitlines()[-1]) == (0, "1 network: timed before on this machine")
    assert record.read_bytes() == before


def test_a_surveys_plan_tells_costs_and_rounds_and_writes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, output, _ = answer("--suite", "imagenet", "--arms", "resnet18", "--dry-run", "--out", out)
    assert code == 0 and not out.exists()
    assert "11,689,512" in output and "Timed: 1 network, 15 rounds, batches of 4 on cpu." in output
    _, output, _ = answer("--suite", "width", "--arms", "resnet8:*", "--seeds", "1", "--dry-run", "--json", "--out", out)
    (planned,) = json.loads(output)
    assert planned["timed"] == {"networks": 2, "rounds": 15, "sessions": 1, "batch_sizes": [64]} and planned["probes"] == 0
    _, output, _ = answer("--suite", "function_class", "--arms", "plain8", "--seeds", "2", "--dry-run", "--out", out)
    assert "6 probes of the trained networks follow." in " ".join(output.split())
    code, _, errors = answer("--suite", "vgg", "--recipe", "quick", "--dry-run", "--out", out)
    assert code == 2 and "does not train on images of 1x8x8: " in errors


@pytest.mark.slow
@pytest.mark.usefixtures("no_figures")
def test_costs_alone_are_counted_and_judged_and_nothing_is_trained(tmp_path: Path) -> None:
    code, output, errors = answer("--suite", "cardinality", "--measure", "cost", "--out", tmp_path, "--json")
    assert code == 0 and "counting 5 networks" in errors
    (answered,) = json.loads(output)
    assert {row["claim"].partition("-")[2] for row in answered["verdicts"]} == {"has-as-many-parameters"}
    assert "untested" not in {row["outcome"] for row in answered["verdicts"]}
    required, output, _ = answer(
        "--suite", "cardinality", "--measure", "cost", "--out", tmp_path, "--json", "--require", "supported"
    )
    assert required == code_of(json.loads(output)) == (3 if "contradicted" in output else 0)
    assert list((tmp_path / "trials").iterdir()) == []
    assert Path(answered["report"]).parent.name.endswith("-counted")


@pytest.mark.slow
@pytest.mark.usefixtures("two_rounds")
def test_a_suites_networks_are_timed_without_training_or_beside_it(tmp_path: Path) -> None:
    asked = ("--suite", "depth", "--arms", "plain8", "--out", tmp_path, "--json")
    code, output, errors = answer(*asked, "--measure", "throughput")
    assert code == 0 and "timing 1 network, 2 rounds" in errors
    assert json.loads(output)[0]["networks"] == 1 and list((tmp_path / "trials").iterdir()) == []
    code, output, _ = answer(*asked, "--measure", "accuracy,throughput", "--seeds", "1", "--rates", "recipe", "--set", "epochs=1")
    (answered,) = json.loads(output)
    assert code == 0 and answered["trials"] == 1
    assert "was timed twice" in Path(answered["report"]).read_text()
    assert len(list((tmp_path / "timings").iterdir())) == 2  # one session of its own, one of the study
