"""The command line: its flags, its plan, its listing, its JSON, and how arms and measures are joined."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from benchmarks import run
from benchmarks.spec.metrics import METRICS
from benchmarks.spec.suite import load_suite
from benchmarks.store.out import Out

FLAGS = """
--suite --compare --margin --on --matched --name --require
--dataset --data --download --holdout --image-size
--recipe --set --rates --seeds --tune --predict --verbose --until --hours --arms --jobs --executor --ray-address --cpus-per-trial
--gpus-per-trial
--trial-timeout --retries --retry-failed --checkpoint-every --compile --shard --device --measure --trial --out --dry-run --list --json --help
"""
app = typer.Typer(add_completion=False)
app.command()(run.main)


def answer(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200", "TERM": "dumb"})
    return result.exit_code, result.stdout, result.stderr


def test_the_flags_are_these() -> None:
    code, output, _ = answer("--help")
    words = {word.strip(",.") for word in output.replace("│", " ").split() if word.startswith("--")}
    assert code == 0
    assert words == set(FLAGS.split())


@pytest.mark.parametrize("flag", ["--help", "--list"])
def test_help_and_list_answer_without_torch(command: Callable[..., Any], flag: str) -> None:
    program = (
        "import runpy, sys; sys.argv = ['run', sys.argv[1]]\n"
        "try: runpy.run_module('benchmarks.run', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "assert 'torch' not in sys.modules and 'pandas' not in sys.modules"
    )
    import subprocess

    done = subprocess.run([sys.executable, "-c", program, flag], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert ("depth" if flag == "--list" else "--suite") in done.stdout


def test_the_list_names_suites_arms_data_sets_and_recipes() -> None:
    _, output, _ = answer("--list")
    for word in ("depth", "digits", "imagefolder", "cifar100", "quick", "he2015", "wrn", "Does depth hurt a plain network"):
        assert word in output
    assert "resnet56:" not in output
    _, output, _ = answer("--list", "--verbose")
    assert "plain56" in output and "resnet56:ordering=bn-after" in output
    _, output, _ = answer("--list", "--json")
    listed = json.loads(output)
    assert {name: listed["suites"]["depth"][name] for name in ("dataset", "recipe", "trials")} == {
        "dataset": "digits-splits",
        "recipe": "quick",
        "trials": 110,
    }
    assert "plain56" in listed["suites"]["depth"]["arms"]
    assert listed["suites"]["depth"]["optional"] == ["plain44", "resnet44", "plain110", "resnet110"]
    assert listed["recipes"]["he2015"]["milestones"] == [32_000, 48_000]
    assert listed["metrics"]["train_loss"]["unit"] == "nats" and listed["metrics"].keys() == METRICS.keys()
    assert set(listed["datasets"]) >= {"digits", "svhn"}


def test_the_plan_is_printed_and_nothing_written(tmp_path: Path) -> None:
    code, output, _ = answer(
        "--suite", "depth", "--arms", "*8", "--rates", "recipe", "--seeds", "3", "--dry-run", "--out", tmp_path / "out"
    )
    assert code == 0
    assert "6 trials, 0 of them done" in output
    assert "747,146" in output  # MACs of 8 layers on 8x8 pixels
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_run_ends_in_json_and_a_second_one_trains_nothing(command: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "with spaces and ä"
    arguments = [
        "benchmarks.run",
        "--suite",
        "depth",
        "--arms",
        "plain8",
        "--rates",
        "recipe",
        "--seeds",
        "6",
        "--set",
        "epochs=1",
        "--json",
        "--out",
        out,
    ]
    first = command(*arguments)
    assert first.returncode == 0, first.stderr
    advice, opening, *lines = first.stderr.splitlines()  # the advice comes before training
    assert opening.startswith("depth: 6 trials, ") and opening.endswith(f"; results in {out}")
    assert advice.startswith("warning: depth: no claim can be decided from only plain8: there will be no verdict")
    trained = [line.split()[0] for line in lines if not line.startswith("page so far")]  # which a slow machine writes
    assert trained == [f"{number}/6" for number in range(1, 7)]
    (answered,) = json.loads(first.stdout)
    assert (answered["suite"], answered["dataset"], answered["recipe"]) == ("depth", "digits-splits", "quick:epochs=1")
    assert (answered["trials"], answered["not_measured"]) == (6, 0)
    easy = {claim.id for claim in load_suite("depth").claims if "digits" in claim.too_easy_on}
    assert {verdict["claim"]: verdict["outcome"] for verdict in answered["verdicts"]} == {
        claim.id: "untested (too easy here)" if claim.id in easy else "untested" for claim in load_suite("depth").claims
    }
    assert Path(answered["report"]).is_file()
    (result, *_), _ = Out(out).trials.read_all()
    assert result.cost is not None and result.cost.macs == 747_146
    assert len(result.predictions) == 500
    code, output, errors = answer(*arguments[1:])
    assert (code, errors) == (0, f"{advice}\ndepth: 6 of 6 trials were done before\n")
    assert output == first.stdout


@pytest.mark.slow
def test_workers_that_cannot_start_end_the_run_with_exit_1(command: Callable[..., Any], tmp_path: Path) -> None:
    breaks = (
        "import sys\nif any('spawn_main' in word for word in sys.orig_argv): sys.modules['benchmarks.training.batches'] = None\n"
    )
    (tmp_path / "sitecustomize.py").write_text(breaks)
    arguments = ["benchmarks.run", "--suite", "depth", "--arms", "plain8", "--seeds", "1", "--out", tmp_path / "out"]
    done = command(*arguments, PYTHONPATH=f"{tmp_path}:{Path(__file__).parents[3]}")
    assert done.returncode == 1
    assert "error: a worker process could not start (exit code 1); see its output above" in done.stderr


@pytest.mark.slow
def test_arms_are_read_alike_whether_they_are_trained_or_counted(tmp_path: Path) -> None:
    for suite, arms, number in (("depth", "all", 12), ("depth", "*110", 2), ("width", "*25%*", 2), ("throughput", "all", 7)):
        counting = ("--measure", "cost", "--dry-run", "--json", "--out", tmp_path / "out")
        code, output, errors = answer("--suite", suite, "--arms", arms, *counting)
        assert code == 0, errors
        assert len(json.loads(output)[0]["arms"]) == number, (suite, arms)
    code, output, errors = answer("--suite", "depth", "--measure", "cost", "--arms", "*110", "--json", "--out", tmp_path)
    assert code == 0, errors
    assert "Partial" not in Path(json.loads(output)[0]["report"]).read_text()


def test_arms_and_measures_that_are_given_twice_are_joined(tmp_path: Path) -> None:
    shared = ("--dry-run", "--json", "--out", tmp_path / "out")
    code, output, _ = answer("--suite", "depth", "--arms", "resnet8", "--arms", "plain8", "--seeds", "3", *shared)
    assert code == 0 and [row["arm"] for row in json.loads(output)[0]["arms"]] == ["plain8", "resnet8"]
    code, output, _ = answer("--suite", "imagenet", "--arms", "resnet18", "--arms", "resnet34", *shared)
    assert code == 0 and [row["arm"] for row in json.loads(output)[0]["arms"]] == ["resnet18", "resnet34"]
    measures = ("--measure", "cost", "--measure", "throughput")
    code, output, errors = answer("--suite", "depth", "--arms", "plain8", *measures, *shared)
    assert code == 0 and json.loads(output)[0]["timed"]["networks"] == 1
    assert errors.startswith("warning: depth: ")  # advice, and JSON alone on standard output


def test_a_part_without_trials_says_so(tmp_path: Path) -> None:
    asked = ("--suite", "depth", "--arms", "plain8", "--seeds", "1", "--rates", "recipe", "--out", tmp_path)
    parts = [answer(*asked, "--shard", f"{number}/2", "--dry-run") for number in (1, 2)]
    assert sorted("plain8" in output for _, output, _ in parts) == [False, True]
    empty = next(number for number, (_, output, _) in enumerate(parts, start=1) if "plain8" not in output)
    code, _, errors = answer(*asked, "--shard", f"{empty}/2")
    assert code == 0 and "this part has no trials" in errors


def test_a_run_that_keeps_weights_says_at_its_end_how_much_they_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "trials").mkdir()
    (tmp_path / "trials" / "kept.safetensors").write_bytes(bytes(2_500_000))
    monkeypatch.setattr("benchmarks.cli.answer.run_all", lambda *given, **options: [])  # as if all were done before
    words = f"{tmp_path} holds 2.5 MB of weights (1 file), kept of "
    for suite, as_json, said in (
        ("function_class", (), words),
        ("function_class", ("--json",), words),
        ("depth", (), ""),  # which asks no probe, and keeps none
    ):
        code, output, errors = answer("--suite", suite, *as_json, "--out", tmp_path)
        assert (code, output) == (0, "[]\n" if as_json else "")
        assert errors.startswith(said) if said else errors == ""
