"""A recorded trial is run again by its key, compared to the last bit, and nothing is written."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from benchmarks import run
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

app = typer.Typer(add_completion=False)
app.command()(run.main)


def answer(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200", "TERM": "dumb"})
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.slow
def test_a_recorded_trial_runs_again_to_the_same_bits_and_writes_nothing(tmp_path: Path) -> None:
    shorter = ("--rates", "recipe", "--set", "epochs=1", "--set", "batch_size=256")
    assert answer("--suite", "depth", "--arms", "plain8", "--seeds", "1", *shorter, "--out", tmp_path)[0] == 0
    (record,) = (tmp_path / "trials").glob("*.json")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    key = record.stem.rpartition("-")[2]
    code, output, _ = answer("--trial", key, "--out", tmp_path)
    assert code == 0 and "the same to the last bit" in output
    assert output.count("plain8 seed 0: training error") == 2
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    other = record.with_name(f"plain8-{key}-digits-s0-{'0' * 12}.json")  # a key within a name is none
    other.write_text("{}")
    assert "the same to the last bit" in answer("--trial", key[:6], "--out", tmp_path)[1]
    other.unlink()
    found = json.loads(record.read_text())
    found["final"]["test_error_pct"] += 0.2
    record.write_text(json.dumps(found))
    code, output, _ = answer("--trial", key, "--out", tmp_path)
    assert code == 1 and "DIFFERS on the same machine" in output and "at the end: test error" in output
    code, output, _ = answer("--trial", key, "--out", tmp_path, "--json")
    compared = json.loads(output)
    assert (code, compared["outcome"], compared["exit_code"]) == (1, "differs", 1)
    assert [one["metric"] for one in compared["differences"]] == ["test_error_pct"] and compared["first_differing_epoch"] is None


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("../etc", "must be the 12 hex digits"),
        ("0123456789abcdef", "must be the 12 hex digits"),
        ("000000000000", "no record of trial '000000000000' in"),
        ("", "name a suite with --suite"),
    ],
)
def test_a_trial_that_is_not_there_is_refused(key: str, words: str, tmp_path: Path) -> None:
    code, _, errors = answer("--trial", key, "--out", tmp_path / "nothing")
    assert code == 2 and words in errors
    assert not (tmp_path / "nothing").exists()


def test_a_trial_on_other_images_is_refused(make_result: Callable[..., TrialResult], tmp_path: Path) -> None:
    out = Out(tmp_path)
    out.prepare()
    path = out.trials.write(make_result("plain8", 0))
    code, _, errors = answer("--trial", path.stem.rpartition("-")[2], "--out", tmp_path)
    assert (
        code == 2 and "this trial ran on 'tiny', which is no data set of this project: name its folder with --data DIR" in errors
    )
