"""The command line: its flags, its answers to bad input (exit 2, nothing written), its plan, its listing, its JSON."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import typer
from typer.testing import CliRunner

from benchmarks import run
from benchmarks.cli.required import code_of
from benchmarks.spec.suite import load_suite
from benchmarks.spec.survey import load_survey
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

FLAGS = """
--suite --compare --margin --on --matched --name --require
--dataset --data --download --holdout --image-size
--recipe --set --rates --seeds --tune --until --hours --arms --jobs --executor --ray-address --cpus-per-trial
--gpus-per-trial
--trial-timeout --retries --retry-failed --checkpoint-every --compile --shard --device --measure --trial --out --dry-run --list --json --help
"""
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
    for word in ("depth", "plain56", "resnet8", "digits", "imagefolder", "cifar100", "quick", "he2015", "wrn"):
        assert word in output
    _, output, _ = answer("--list", "--json")
    listed = json.loads(output)
    assert "plain56" in listed["suites"]["depth"]["arms"]
    assert listed["suites"]["depth"]["optional"] == ["plain44", "resnet44", "plain110", "resnet110"]
    assert listed["recipes"]["he2015"]["milestones"] == [32_000, 48_000]
    assert set(listed["datasets"]) >= {"digits", "svhn"}


BAD = {
    "no executor": (["--executor", "slurm"], "unknown executor 'slurm'; available: auto, local, lanes, ray"),
    "a flag of Ray without Ray": (["--cpus-per-trial", "2"], "--cpus-per-trial needs --executor ray"),
    "jobs on Ray": (["--executor", "ray", "--jobs", "2"], "--jobs has no effect with --executor ray"),
    "an address that is none": (["--executor", "ray", "--ray-address", "ray://head"], "must be HOST:PORT, or auto"),
    "no share of a node": (["--executor", "ray", "--cpus-per-trial", "0"], "one of them above 0"),
    "no time": (["--trial-timeout", "0"], "--trial-timeout must be at least 1, got 0"),
    "fewer than no retries": (["--retries", "-1"], "--retries must be at least 0, got -1"),
    "checkpoints backwards": (["--checkpoint-every", "-2"], "--checkpoint-every must be at least 0, got -2"),
    "a part of none": (["--shard", "0/4"], "--shard must be I/N, such as 1/8, with I from 1 to N, got '0/4'"),
    "a part too many": (["--shard", "5/4"], "got '5/4'"),
    "no part": (["--shard", "half"], "got 'half'"),
    "no suite": (
        [],
        "name a suite with --suite: cardinality, depth, function_class, lectures, ordering, perceptron, shortcut, vgg, width, imagenet, "
        "throughput, all",
    ),
    "a survey with flags that train": (
        ["--suite", "imagenet", "--recipe", "quick", "--seeds", "3"],
        "--recipe, --seeds cannot be combined with --suite imagenet, which trains nothing: omit it",
    ),
    "a network that a survey has not": (
        ["--suite", "imagenet", "--arms", "resnet51"],
        "unknown arm 'resnet51'; did you mean resnet5",
    ),
    "accuracy of a survey": (
        ["--suite", "imagenet", "--measure", "cost,accuracy"],
        "--measure accuracy cannot be combined with --suite imagenet, which trains nothing: omit it",
    ),
    "seeds where nothing is trained": (
        ["--measure", "cost", "--seeds", "2"],
        "--seeds cannot be combined with --measure cost, which trains nothing: omit it",
    ),
    "a part of what is not cut": (
        ["--suite", "throughput", "--shard", "2/3", "--compile"],
        "--compile, --shard cannot be combined with --suite throughput, which trains nothing: omit it",
    ),
    "an unknown measure": (["--measure", "throuput"], "unknown measure 'throuput'; did you mean throughput"),
    "an unknown suite": (["--suite", "dept"], "unknown suite 'dept'; did you mean depth"),
    "a suite twice": (["--suite", "depth,width,depth"], "--suite 'depth,width,depth' names depth twice: name each suite once"),
    "one of two suites unknown": (["--suite", "depth,widht"], "unknown suite 'widht'; did you mean width"),
    "all and a suite": (["--suite", "depth,all"], "'all' includes every suite: write --suite all, or omit it"),
    "a comma without a suite": (["--suite", "depth,"], "--suite 'depth,' has a comma without a name next to it"),
    "surveys with flags that train": (
        ["--suite", "imagenet,throughput", "--seeds", "3"],
        "--seeds cannot be combined with --suite imagenet,throughput, which trains nothing: omit it",
    ),
    "a suite without a matching arm": (
        ["--suite", "depth,width", "--arms", "plain8"],
        "--arms 'plain8' matches no arm of width: omit width from --suite, or name some of its arms",
    ),
    "a comma without an arm": (
        ["--arms", "plain8,,resnet8"],
        "--arms 'plain8,,resnet8' has a comma without a pattern next to it",
    ),
    "one of two arms in a text unknown": (["--arms", "plain8,plane8"], "unknown arm 'plane8'; did you mean plain8"),
    "an unknown arm in all suites": (["--suite", "all", "--arms", "plane56"], "unknown arm 'plane56'; did you mean plain56"),
    "no percentage": (["--holdout", "20"], "--holdout must be a percentage, such as 20%, got '20': write --holdout 20%"),
    "a fraction": (["--holdout", "0.2"], "got '0.2': write --holdout 20%"),
    "more than all": (["--holdout", "120%"], "--holdout must be above 0% and below 100%, such as 20%, got '120%'"),
    "digits with another test part": (["--holdout", "20%"], "--holdout 20%: digits has its own test images and size"),
    "no pixels": (["--image-size", "0"], "--image-size must be one number of pixels per side from 8 to 512, such as 64, got '0'"),
    "too few pixels": (["--image-size", "7"], "got '7': of smaller images the last stage of a network sees next to nothing"),
    "digits of another size": (["--image-size", "16"], "--image-size 16: digits has its own test images and size"),
    "an unknown arm": (["--arms", "plane56"], "unknown arm 'plane56'; did you mean plain56"),
    "an unknown data set": (["--dataset", "cifar"], "unknown data set 'cifar'; did you mean cifar10"),
    "an unknown recipe": (["--recipe", "quik"], "unknown recipe 'quik'; did you mean quick"),
    "an unknown field": (["--set", "epoch=3"], "unknown recipe field 'epoch'; did you mean epochs"),
    "a field twice": (["--set", "epochs=2", "--set", "epochs=3"], "--set epochs is given twice"),
    "a field twice, and the same": (["--set", "batch_size=64", "--set", "batch_size = 64"], "--set batch_size is given twice"),
    "one of two arms unknown": (["--arms", "plain8", "--arms", "plane8"], "unknown arm 'plane8'; did you mean plain8"),
    "one of two measures unknown": (
        ["--measure", "cost", "--measure", "acuracy"],
        "unknown measure 'acuracy'; did you mean accuracy",
    ),
    "no seeds": (["--seeds", "0"], "got 0"),
    "a negative number of seeds": (["--seeds", "-3"], "got -3"),
    "a negative epoch": (["--set", "epochs=-1"], "epochs must be a number from 1 to 1e+09, got -1"),
    "a rate that is no number": (["--set", "learning_rate=nan"], "got nan"),
    "no jobs": (["--jobs", "0"], "got '0'"),
    "jobs in words": (["--jobs", "many"], "got 'many'"),
    "an unknown device": (["--device", "tpu"], "unknown device 'tpu'"),
    "data that digits do not need": (["--data", "x"], "not used by digits"),
    "a folder that is not there": (["--dataset", "imagefolder", "--data", "/no/such/folder"], "/no/such/folder is not a folder"),
    "an image folder without --data": (["--dataset", "imagefolder"], "imagefolder needs --data DIR"),
    "a missing data set": (["--dataset", "mnist", "--data", "/no/such/folder"], "name its folder with --data, or add --download"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_answered_with_exit_2_and_nothing_written(case: str, tmp_path: Path) -> None:
    arguments, words = BAD[case]
    suite = ["--suite", "depth"] if arguments and "--suite" not in arguments else []
    code, output, errors = answer(*suite, *arguments, "--out", tmp_path / "out")
    assert code == 2
    assert words in errors
    assert errors.startswith("error: ") and "Traceback" not in errors
    assert output == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_cuda_without_a_device_is_refused(tmp_path: Path) -> None:
    code, _, errors = answer("--suite", "depth", "--device", "cuda", "--out", tmp_path / "out")
    assert code == 2
    assert "--device cuda" in errors and "use --device cpu or auto" in errors
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_clusters_gpus_need_not_be_here_but_what_depends_on_them_is_asked_for(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install -e '.[ray]'")
    there = (
        "--suite",
        "depth",
        "--device",
        "cuda",
        "--executor",
        "ray",
        "--ray-address",
        "127.0.0.1:1",
        "--out",
        tmp_path / "out",
    )
    code, _, errors = answer(*there, "--recipe", "short")
    assert code == 2 and "add --set precision=bf16 or fp32" in errors
    code, _, errors = answer(*there, "--dry-run")
    assert code == 2 and "use --device cpu or auto" in errors
    assert not (tmp_path / "out").exists()
    code, _, errors = answer(*there)
    assert code == 1 and "no Ray cluster at 127.0.0.1:1" in errors


def test_without_ray_its_executor_is_refused_in_a_line_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # as if it were not there
    code, output, errors = answer("--suite", "depth", "--executor", "ray", "--out", tmp_path / "out")
    assert (code, output) == (2, "") and not (tmp_path / "out").exists()
    assert errors == "error: --executor ray needs Ray: pip install -e '.[ray]'\n"


def test_a_folder_that_cannot_be_written_is_told_before_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, _, errors = answer("--suite", "depth", "--out", tmp_path / "file" / "out")
    assert code == 2
    assert "cannot be written to" in errors and "--out" in errors


def test_the_plan_is_printed_and_nothing_written(tmp_path: Path) -> None:
    code, output, _ = answer(
        "--suite", "depth", "--arms", "*8", "--rates", "recipe", "--seeds", "3", "--dry-run", "--out", tmp_path / "out"
    )
    assert code == 0
    assert "6 trials, 0 of them done" in output
    assert "747,146" in output  # MACs of 8 layers on 8x8 pixels
    assert not (tmp_path / "out").exists()


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
    advice, *lines = first.stderr.splitlines()  # the advice comes before training
    assert advice.startswith("warning: depth: no claim can be decided from only plain8: there will be no verdict")
    trained = [line.split()[0] for line in lines if not line.startswith("page so far")]  # which a slow machine writes
    assert trained == [f"{number}/6" for number in range(1, 7)]
    (answered,) = json.loads(first.stdout)
    assert (answered["suite"], answered["dataset"], answered["recipe"]) == ("depth", "digits", "quick:epochs=1")
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
def test_a_recorded_trial_runs_again_to_the_same_bits_and_writes_nothing(tmp_path: Path) -> None:
    shorter = ("--set", "epochs=1", "--set", "batch_size=256")
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
    assert {row["outcome"] for row in answered["verdicts"]} == {"untested"}  # every claim is about two networks
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
    assert "14 probes of the trained networks follow." in " ".join(output.split())
    code, _, errors = answer("--suite", "vgg", "--recipe", "quick", "--dry-run", "--out", out)
    assert code == 2 and "does not train on images of 1x8x8: " in errors


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
    parts = [
        answer("--suite", "depth", "--arms", "plain8", "--seeds", "1", "--shard", f"{number}/2", "--dry-run") for number in (1, 2)
    ]
    assert sorted("plain8" in output for _, output, _ in parts) == [False, True]
    empty = next(number for number, (_, output, _) in enumerate(parts, start=1) if "plain8" not in output)
    asked = ("--suite", "depth", "--arms", "plain8", "--seeds", "1", "--shard", f"{empty}/2", "--out", tmp_path)
    code, _, errors = answer(*asked)
    assert code == 0 and "this part has no trials" in errors


def test_a_run_that_keeps_weights_says_at_its_end_how_much_they_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "trials").mkdir()
    (tmp_path / "trials" / "kept.safetensors").write_bytes(bytes(2_500_000))
    monkeypatch.setattr("benchmarks.cli.answer.run_all", lambda *given, **options: [])  # as if all were done before
    words = (
        f"{tmp_path} holds 2.5 MB of weights (1 file) for later probes; delete them with: python -m benchmarks.prune {tmp_path}"
    )
    for suite, as_json, said in (
        ("function_class", (), f"{words}\n"),
        ("function_class", ("--json",), f"{words}\n"),
        ("depth", (), ""),  # which asks no probe, and keeps none
    ):
        code, output, errors = answer("--suite", suite, *as_json, "--out", tmp_path)
        assert (code, output, errors) == (0, "[]\n" if as_json else "", said)


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
    code, output, _ = answer(*asked, "--measure", "accuracy,throughput", "--seeds", "1", "--set", "epochs=1")
    (answered,) = json.loads(output)
    assert code == 0 and answered["trials"] == 1
    assert "was timed twice" in Path(answered["report"]).read_text()
    assert len(list((tmp_path / "timings").iterdir())) == 2  # one session of its own, one of the study
