"""The command of the signal check, from a name to a table, JSON and a figure, and what it refuses."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import typer
from PIL import Image
from typer.testing import CliRunner, Result

from analysis.inference.signal import FACTOR
from analysis.pages.signal import COLUMNS
from benchmarks.cli import signal as cli
from benchmarks.cli.signal import measure_all
from benchmarks.cli.signal_request import SignalRequest
from benchmarks.signal import main
from benchmarks.spec.image_choices import ImageChoices
from benchmarks.spec.images import Images, load_images
from benchmarks.spec.trial import Arm, Trial
from resnet_variants import parse

ROOT = Path(__file__).parents[3]
APP = typer.Typer()
APP.command()(main)
MY_NETS = """
import torch
from torch import nn

def network(task, scale):
    layers = [nn.Conv2d(task.image_shape[0], 4, 3, padding=1), *(nn.Conv2d(4, 4, 1, bias=False) for _ in range(8))]
    for layer in layers[1:]:
        layer.weight.data = scale * torch.eye(4)[:, :, None, None]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, task.num_classes))

def good(task): return network(task, 1.0)
def zero(task): return good(task)
def dies(task): return network(task, 0.1)
def explodes(task): return network(task, 20.0)
def nan(task): return network(task, float("nan"))
def number(task): return 3
def talks(task): return print("hello") or good(task)
def raises(task): raise KeyError("mine")
def large(task): return nn.Sequential(nn.Conv2d(task.image_shape[0], 4, 20), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, task.num_classes))
def seven(task): return nn.Sequential(nn.Flatten(), nn.Linear(64, 7))
"""


@pytest.fixture(autouse=True)
def my_nets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_a_worker: None) -> None:
    (tmp_path / "signal_nets.py").write_text(MY_NETS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    sys.modules.pop("signal_nets", None)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(APP, list(arguments))


def in_json(*arguments: str) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    values: dict[str, Any] = json.loads(result.stdout)
    return values


def test_networks_of_ones_own_are_judged_next_to_ours() -> None:
    result = run("signal_nets:dies", "signal_nets:explodes", "signal_nets:nan", "signal_nets:good", "resnet8", "--seeds", "2")
    assert result.exit_code == 0
    for sentence in (
        "signal_nets:dies: the signal dies at block 2, where",
        "signal_nets:dies: the gradient dies at block ",
        "signal_nets:explodes: the signal explodes at block 2, where",
        "signal_nets:explodes: the gradient explodes at block 5, where it is 8,000 times",
        "signal_nets:nan: the signal is not finite at block 1 (2 of 2 seeds).",
        "signal_nets:good: the signal passes:",
        "resnet8: the signal passes:",
    ):
        assert sentence in result.stdout
    assert "64 training images of digits (1x8x8), seeds 0 to 1" in result.stdout
    assert "blocks.2" in result.stdout and "±" in result.stdout


def test_the_gradient_of_a_deep_plain_network_explodes_and_that_of_a_residual_one_passes() -> None:
    plain, residual = in_json("plain56", "resnet56", "--seed", "0", "--batch-size", "32")["networks"]
    (finding,) = plain["seeds"][0]["findings"]
    assert (finding["quantity"], finding["kind"], finding["end"]) == ("gradient", "explodes", "stem") and finding[
        "end_factor"
    ] > FACTOR
    assert residual["seeds"][0]["findings"] == []


def test_the_example_of_the_document_explodes_where_it_says(tmp_path: Path) -> None:
    document = (ROOT / "docs" / "signal.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    (tmp_path / "my_nets.py").write_text(code)
    (sentence,) = in_json("my_nets:my_net")["networks"][0]["verdict"]
    assert sentence.partition(", where")[0] in document  # the factor's digits may differ on another processor
    assert f"{FACTOR:,.0f} times" in document and all(f"| {heading} |" in document for heading in list(COLUMNS.values())[2:])


def test_seeds_images_and_blocks_are_as_requested() -> None:
    found = in_json("resnet8", "--seeds", "3-4", "--batch-size", "16", "--image-size", "12")
    assert (found["seeds"], found["batch_size"], found["image_shape"]) == ([3, 4], 16, [1, 12, 12])
    first, second = found["networks"][0]["seeds"]
    assert first["blocks"][0]["variance"] != second["blocks"][0]["variance"]
    again = in_json("plain8", "resnet8", "--seed", "4", "--batch-size", "16", "--image-size", "12")["networks"][1]["seeds"]
    assert again == [second]  # neither the other networks nor the other seeds matter
    named = in_json("signal_nets:good", "--blocks", "[34]", "--seed", "0")["networks"][0]["seeds"][0]["blocks"]
    assert [block["name"] for block in named] == ["3", "4"]
    assert len(in_json("signal_nets:talks", "--seed", "0")["networks"]) == 1  # what it prints is not in the JSON
    assert len(in_json("resnet8", "ResNet-8", "--seed", "0", "--batch-size", "8")["networks"]) == 1


def test_the_images_of_a_folder_without_a_test_part_are_those_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    for label in ("cat", "dog"):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for index in range(10):
            Image.fromarray(random.integers(0, 256, (10, 12, 3), np.uint8)).save(tmp_path / "pets" / label / f"{index}.png")
    seen: list[Images] = []
    measure = cli.measure_all
    monkeypatch.setattr(
        cli, "measure_all", lambda request, variants, images: seen.append(images) or measure(request, variants, images)
    )
    result = run(
        *("resnet8", "--dataset", "imagefolder", "--data", "pets", "--batch-size", "8", "--seeds", "1", "--holdout", "20%"),
        *("--image-size", "16"),
    )
    assert result.exit_code == 0, result.output
    (images,) = seen
    of_a_run = load_images("imagefolder", Path("pets"), False, ImageChoices(holdout_pct=20, image_size=16))
    assert images.identity() == of_a_run.identity() and images.image_shape == (3, 16, 16)


def test_names_that_rich_would_read_as_pictures_or_markup_are_printed() -> None:
    assert "signal_nets:zero: the signal passes: its variance" in run("signal_nets:zero", "--seeds", "1").stdout


def test_a_network_that_needs_larger_images_says_which() -> None:
    result = run("signal_nets:large", "--seed", "0")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "fails on images of 1x8x8" in result.stderr
    assert "it can process 32x32 pixels, so enlarge the images with --image-size 32" in result.stderr


@pytest.mark.parametrize("name", ["signal.svg", "new/folder/signal.PNG"])
def test_a_figure_is_written_whole(name: str, tmp_path: Path) -> None:
    result = run("resnet8", "--seeds", "2", "--batch-size", "8", "--out", name)
    assert result.exit_code == 0 and f"figure: {name}" in result.stdout
    content = (tmp_path / name).read_bytes()
    assert b"<svg" in content if name.endswith("svg") else content[:4] == b"\x89PNG"
    assert [path.name for path in (tmp_path / name).parent.iterdir() if path.name.startswith(".part")] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["resnet9"], "depth must be 6n+2"),
        (["nope"], "unknown network 'nope'"),
        (["nope:net"], "no module 'nope'"),
        (["signal_nets:nope"], "unknown function or class 'nope'"),
        (["signal_nets:number"], "returned a int: it must return an nn.Module"),
        (["signal_nets:raises"], "line 18): KeyError: 'mine'"),
        (["signal_nets:seven"], "returned 7 scores for 10 classes"),
        (["resnet8", "--dataset", "nope"], "unknown data set 'nope'"),
        (["resnet8", "--data", "."], "is not used by digits"),
        (["resnet8", "--batch-size", "1"], "--batch-size must be at least 2"),
        (["resnet8", "--batch-size", "9999"], "--batch-size must be at most 1,297, the training images of digits, got 9999"),
        (["resnet8", "--seeds", "0"], "--seeds must be at least 1"),
        (["resnet8", "--seeds", "99999"], "--seeds must be at most 1,000"),
        (["resnet8", "--seeds", "2", "--seed", "1"], "--seed 1 cannot be combined with --seeds 2"),
        (["resnet8", "--holdout", "20"], "write --holdout 20%"),
        (["resnet8", "--holdout", "20%"], "--holdout 20%: digits has its own test images"),
        (["resnet8", "--image-size", "0"], "--image-size must be from 1 to 1,024, got 0"),
        (["signal_nets:good", "--blocks", "nope"], "signal_nets:good: unknown module 'nope'; available: 0, 1"),
        (["resnet8", "--out", "signal.pdf"], "must be a file that ends in .svg or .png, got 'signal.pdf'"),
        (["resnet8", "--out", "signal_nets.py/a.svg"], "signal_nets.py is not a folder"),
    ],
)
def test_bad_input_is_refused_with_its_reason(arguments: list[str], message: str, tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ") and message in result.stderr and "Traceback" not in result.stderr
    assert {path for path in tmp_path.iterdir() if path.name != "__pycache__"} == before


def test_images_that_are_all_alike_are_refused(tiny: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    grey = replace(tiny, train=replace(tiny.train, images_NCHW=tiny.train.images_NCHW * 0))
    monkeypatch.setattr(cli, "load_images", lambda name, root, download, choices: grey)
    result = run("resnet8")
    assert result.exit_code == 2 and "are all alike" in result.stderr


def test_the_weights_are_those_that_a_run_starts_from(tiny: Images) -> None:
    from benchmarks.measuring.signal import measure_signal
    from benchmarks.spec.recipe import RECIPES
    from benchmarks.training.batches import DeviceImages
    from benchmarks.training.generators import generator_of, subset_order
    from benchmarks.training.loop import fresh_network

    network, recipe = parse("resnet8"), RECIPES["quick"]
    check = measure_all(SignalRequest(networks=("resnet8",), seeds="5-5", batch_size=32), [network], tiny)
    images = DeviceImages(tiny, torch.device("cpu"))
    trial = Trial(architecture=Arm(architecture=network).architecture, dataset=tiny.identity(), recipe=recipe, seed=5)
    rows = subset_order(5, len(images.train))[:32]
    ((x_NCHW, labels_N),) = images.evaluation_batches(images.train.part(rows), recipe, batch_size=32)
    expected = measure_signal(fresh_network(trial, images), x_NCHW, labels_N, generator_of(5, "signal"))
    assert check.networks[0].signals == (expected,)


def test_torchs_random_state_is_left_unchanged() -> None:
    before = torch.get_rng_state()
    assert run("resnet8:shortcut=dropout", "signal_nets:good", "--seed", "1", "--batch-size", "8").exit_code == 0
    assert torch.equal(torch.get_rng_state(), before)


def test_help_states_the_rule_and_needs_no_torch(command: Callable[..., Any]) -> None:
    text = " ".join(run("--help").stdout.split())
    assert f"1/{FACTOR:,.0f} of the" in text and f"takes {FACTOR:,.0f} blocks" in text
    result = command("benchmarks.signal", "resnet9")
    assert (result.returncode, result.stdout) == (2, "")
    program = "import sys, benchmarks.signal; assert not {'torch', 'pandas', 'matplotlib'} & set(sys.modules)"
    (Path.cwd() / "no_torch.py").write_text(program)
    assert command("no_torch", PYTHONPATH=f"{Path.cwd()}:{Path(cli.__file__).parents[2]}").returncode == 0
