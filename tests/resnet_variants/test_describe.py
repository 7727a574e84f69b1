"""`python -m resnet_variants` lists names and describes networks."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from resnet_variants import names
from resnet_variants.__main__ import app


@dataclass
class Answer:
    exit_code: int
    stdout: str
    stderr: str


Ask = Callable[..., Answer]


@pytest.fixture
def answer_to(capsys: pytest.CaptureFixture[str]) -> Ask:
    """What the command line says to these arguments, asked in this process."""

    def ask(*arguments: str) -> Answer:
        with pytest.raises(SystemExit) as ended:
            app(list(arguments))
        captured = capsys.readouterr()
        return Answer(exit_code=int(ended.value.code or 0), stdout=captured.out, stderr=captured.err)

    return ask


def test_names_are_listed_one_a_line(answer_to: Ask, command: "Callable[..., subprocess.CompletedProcess[str]]") -> None:
    found = command("resnet_variants", "list", "resnext*")
    assert found.returncode == 0
    assert found.stdout.splitlines() == names("resnext*")
    assert json.loads(answer_to("list", "--json").stdout) == names()


def test_a_list_needs_no_torch() -> None:
    program = "import sys, resnet_variants.__main__ as m; m.list_names('wrn*'); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_network_is_described_layer_by_layer(answer_to: Ask) -> None:
    found = answer_to("describe", "ResNet-56:shortcut=B", "--input", "3x32x32")
    lines = found.stdout.splitlines()
    assert lines[0] == "resnet56:shortcut=B: 56 layers, images of 3x32x32, 10 classes"
    assert lines[2] == "ordering and shortcut: conv bn | relu; identity or projection"
    assert lines[4].split() == ["layer", "kind", "kernel", "stride", "output", "parameters", "MACs", "activations"]
    assert lines[5].split() == ["stem.0", "Conv2d", "3x3", "1x1", "16x32x32", "432", "442,368", "16,384"]
    (total,) = (line for line in lines if line.startswith("total"))
    assert total.split() == ["total", "855,770", "125,747,850", "544,778"]
    assert lines[-1] == "published: 125,747,850 MACs (facebookresearch/pycls, dev/model_complexity.json): ours is the same"


def kinds(answer_to: Ask, name: str, *arguments: str) -> list[tuple[str, str]]:
    """The layers of a network in order, each with its name and its kind."""
    layers = json.loads(answer_to("describe", name, "--json", *arguments).stdout)["layers"]
    return [(layer["name"], layer["kind"]) for layer in layers]


@pytest.mark.parametrize(
    ("name", "block"),
    [  # He et al. 2016 (1603.05027), figure 4: (a), (c) and (e)
        ("resnet8", "Conv2d BatchNorm2d ReLU Conv2d BatchNorm2d addition ReLU"),
        ("resnet8:ordering=relu-before", "Conv2d BatchNorm2d ReLU Conv2d BatchNorm2d ReLU addition"),
        ("preresnet8", "BatchNorm2d ReLU Conv2d BatchNorm2d ReLU Conv2d addition"),
        ("plain8", "Conv2d BatchNorm2d ReLU Conv2d BatchNorm2d ReLU"),
    ],
)
def test_a_description_shows_where_a_block_normalises_activates_and_adds(name: str, block: str, answer_to: Ask) -> None:
    """The second block of the network, which begins with a pre-activation before its branch and ends after its addition."""
    found = [kind for place, kind in kinds(answer_to, name) if place.startswith("blocks.1.") and "shortcut" not in place]
    assert " ".join(found) == block


@pytest.mark.slow
def test_additions_and_activations_without_a_module_are_shown_too(answer_to: Ask) -> None:
    found = kinds(answer_to, "googlenet")
    assert ("conv1", "ReLU") in found and ("inception3a", "concatenation") in found  # F.relu, and torch.cat


def test_kernels_and_strides_are_those_of_the_paper(answer_to: Ask) -> None:
    """He et al. 2015 (1512.03385), section 4.2: 3x3 convolutions, the first of a stage with stride 2; option B projects by 1x1 with stride 2."""
    layers = json.loads(answer_to("describe", "resnet8:shortcut=B", "--json").stdout)["layers"]
    shapes = {layer["name"]: (layer["kernel"], layer["stride"]) for layer in layers if layer["kind"] == "Conv2d"}
    assert shapes["blocks.1.branch.0"] == ([3, 3], [2, 2]) and shapes["blocks.1.branch.3"] == ([3, 3], [1, 1])
    assert shapes["blocks.1.shortcut.0"] == ([1, 1], [2, 2])
    assert all(not layer["kernel"] for layer in layers if layer["kind"] in ("ReLU", "addition", "Linear", "BatchNorm2d"))


def test_a_description_is_a_markdown_table_or_csv(answer_to: Ask) -> None:
    described = json.loads(answer_to("describe", "resnet8", "--json").stdout)
    heading, *lines = answer_to("describe", "resnet8", "--format", "markdown").stdout.splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert heading == "## resnet8: 8 layers, images of 3x32x32, 10 classes"
    assert {line.count("|") for line in table} == {9} and len(table) == len(described["layers"]) + 3
    assert table[2] == "| stem.0 | Conv2d | 3x3 | 1x1 | 16x32x32 | 432 | 442,368 | 16,384 |"
    assert table[-1].startswith("| **total** |") and "**75,290**" in table[-1]
    rows = list(csv.DictReader(io.StringIO(answer_to("describe", "resnet8", "--format", "csv").stdout)))
    assert [row["layer"] for row in rows] == [layer["name"] for layer in described["layers"]]
    for name in ("params", "macs", "activations"):
        assert sum(int(row[name]) for row in rows) == described["total"][name]


def test_a_difference_from_the_published_count_is_explained(answer_to: Ask) -> None:
    found = answer_to("describe", "inception_v3")
    assert (
        "published: 27,161,264 parameters (torchvision, weights.meta num_params): ours is 23,834,568; the published one is counted with"
        in found.stdout
    )


def test_the_stride_of_the_authors_code_is_noted(answer_to: Ask) -> None:
    """By arithmetic: the first 1x1 of two blocks works on a quarter of the pixels, 3/4 of 64 x 32 x 32 x 32 and of 128 x 64 x 16 x 16 less."""
    found = answer_to("describe", "preresnet164bn").stdout
    assert "published: 1,703,258 parameters (szagoruyko/wide-residual-networks, logs): ours is the same" in found
    assert (
        "published: 244,501,002 MACs (KaimingHe/resnet-1k-layers, counted from the code): ours is 247,646,730; the published one"
        in found
    )
    assert "stride 2 in the first 1x1 convolution of a block, as its authors' code has it: -1.3% at the same parameters" in found


def test_a_description_is_json_for_programs(answer_to: Ask) -> None:
    found = json.loads(answer_to("describe", "wrn_16_4", "--input", "1x8x8", "--classes", "5", "--json").stdout)
    assert (found["name"], found["image_shape"], found["num_classes"]) == ("wrn_16_4", [1, 8, 8], 5)
    assert sum(layer["params"] for layer in found["layers"]) == found["total"]["params"]
    assert found["layers"][-1]["output_shape"] == [5]
    assert found["published"] == []  # they are of other images


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (("list", "nothing*"), "no listed name matches 'nothing*'"),
        (("describe", "resnet8", "--format", "xml"), "unknown format 'xml'; available: text, markdown, csv"),
        (("describe", "resnet8", "--format", "csv", "--json"), "--json cannot be combined with --format csv: omit one of them"),
        (("describe", "resnet57"), "6n+2 with basic blocks, such as 56 or 62, got 57"),
        (("describe", "rsnet56"), "did you mean resnet56"),
        (("describe", "resnet56", "--input", "32"), "got '32'"),
        (("describe", "resnet56", "--input", "0x32x32"), "in_channels must be at least 1, got 0"),
        (("describe", "resnet56", "--classes", "0"), "num_classes must be at least 1, got 0"),
        (("describe", "resnet56", "--input", "3x32x99999999999"), "must be at most 1,048,576, got 99999999999"),
        (("describe", "mlp_1x99999999999999999999"), "must be at most 1,048,576, got 99999999999999999999"),
        (("describe", "resnet56:width=99999999999999999999"), "must be at most 1,048,576, got 99999999999999999999"),
        (("describe", "resnet6000000000000002"), "depth must be at most 10,240, got 6000000000000002"),
        (("describe", "mlp_1000000x8"), "hidden_layers must be at most 10,240, got 1000000"),
        (("describe", "inception_v3", "--input", "3x32x32"), "this network cannot process images of 3x32x32"),
    ],
)
def test_a_wrong_request_is_answered_in_one_line(answer_to: Ask, arguments: tuple[str, ...], answer: str) -> None:
    found = answer_to(*arguments)
    assert found.exit_code == 2
    assert found.stdout == ""
    assert found.stderr.startswith("error: ") and found.stderr.count("\n") == 1
    assert answer in found.stderr
