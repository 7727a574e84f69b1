"""What is wrong on the command line is answered with exit code 2 and a line, and nothing is written."""

import sys
from pathlib import Path

import pytest
import torch
import typer
from typer.testing import CliRunner

from benchmarks import run

app = typer.Typer(add_completion=False)
app.command()(run.main)


def answer(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200", "TERM": "dumb"})
    return result.exit_code, result.stdout, result.stderr


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
        "name a suite with --suite: branch, cardinality, constructions, depth, function_class, function_map, gradients, join, lectures, "
        "lesions, norm, ordering, perceptron, recipes, responses, separation, shortcut, streams, surface, "
        "vgg, width, imagenet, on_paper, throughput, all",
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
    "digits with another test part": (["--holdout", "20%"], "--holdout 20%: digits-splits has its own test images and size"),
    "no pixels": (["--image-size", "0"], "--image-size must be one number of pixels per side from 8 to 512, such as 64, got '0'"),
    "too few pixels": (["--image-size", "7"], "got '7': of smaller images the last stage of a network sees next to nothing"),
    "digits of another size": (["--image-size", "16"], "--image-size 16: digits-splits has its own test images and size"),
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
