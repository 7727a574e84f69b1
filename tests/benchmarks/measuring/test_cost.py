"""Costs: fvcore, torch's own counter and the closed form agree on every name, nothing of a network's state matters, no operator costs
a silent zero."""

import json
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.measuring.cost import cost_of, count
from resnet_variants import Architecture, create, names, parse
from resnet_variants.architecture import CIFAR
from resnet_variants.blocks import ResidualBlock
from resnet_variants.budget import AXES
from resnet_variants.build import build
from resnet_variants.complexity import complexity_of
from resnet_variants.published import PublishedCount, published_counts

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "complexity.json").read_text())


def test_every_listed_name_is_golden() -> None:
    assert set(names()) <= GOLDEN.keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", GOLDEN)
def test_three_counts_agree_with_the_golden_file(name: str) -> None:
    variant = parse(name)
    cost, closed = cost_of(variant, variant.task), complexity_of(variant)
    assert cost.counted_by == "fvcore"
    assert [cost.params, cost.macs, cost.activations] == GOLDEN[name]
    assert [closed.params, closed.macs, closed.activations] == GOLDEN[name]
    with torch.device("meta"):
        network = build(variant).eval()
        x_NCHW = torch.zeros(1, *variant.task.image_shape)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(x_NCHW)
    biases = sum(module.out_features for module in network.modules() if isinstance(module, nn.Linear) and module.bias is not None)
    assert counter.get_total_flops() // 2 == cost.macs - biases  # torch leaves the biases of linear layers out
    assert sum(weight.numel() for weight in network.parameters()) == cost.params


@pytest.mark.parametrize("count", published_counts(), ids=lambda count: f"{count.name}-{count.axis}-{count.printed}")
def test_published_counts_are_ours_or_the_difference_is_explained(count: PublishedCount) -> None:
    ours = GOLDEN.get(count.name)  # held above
    if ours is None:
        found = complexity_of(parse(count.name))
        ours = [found.params, found.macs, found.activations]
    assert count.agrees_with(ours[AXES.index(count.axis)]) != bool(count.note)
    assert count.source


def test_the_papers_counts_of_bottleneck_networks_are_those_with_the_stride_in_the_first_convolution() -> None:
    """He et al. 2015, table 1: the note beside our counts, held: moving the stride makes three 1x1 convolutions four times cheaper."""
    moved = sum(
        rows * rows * in_channels * width for rows, in_channels, width in ((56, 256, 128), (28, 512, 256), (14, 1024, 512))
    )
    for name, billions in {"resnet50": 3.86, "resnet101": 7.57, "resnet152": 11.28}.items():
        assert (GOLDEN[name][1] - moved * 3 / 4) / 1e9 == pytest.approx(billions, abs=0.005)


@pytest.mark.parametrize("name", ["resnet50", "resnet101", "resnet152", "preresnet50"])
def test_a_stride_in_the_first_convolution_is_that_of_the_paper(name: str) -> None:
    """The network whose strides are moved by hand has the layers of the one that is named."""
    named, task = parse(f"{name}:stride_in=1x1"), parse(name).task
    with torch.device("meta"):
        theirs, ours = create(name), build(named)
    for block in (module for module in theirs.modules() if isinstance(module, ResidualBlock)):
        first, middle, _ = (layer for layer in block.branch if isinstance(layer, nn.Conv2d))
        first.stride, middle.stride = middle.stride, first.stride
    strides = [[layer.stride for layer in network.modules() if isinstance(layer, nn.Conv2d)] for network in (theirs, ours)]
    assert strides[0] == strides[1]
    assert complexity_of(named).params == complexity_of(parse(name)).params
    assert complexity_of(named).macs < complexity_of(parse(name)).macs
    assert ours(torch.zeros(1, *task.image_shape, device="meta")).shape == (1, task.num_classes)


PRE_BOTTLENECKS = [
    name
    for name in names()
    if isinstance(variant := parse(name), Architecture) and (variant.block, variant.ordering) == ("bottleneck", "pre")
]


@pytest.mark.parametrize("name", PRE_BOTTLENECKS)
def test_a_pre_activation_network_of_bottlenecks_has_a_note_on_where_it_strides(name: str) -> None:
    """The count in the note is that of the network built here, with the strides moved to where it says."""
    with torch.device("meta"):
        network = create(name).eval()
        x_NCHW = torch.zeros(1, *parse(name).task.image_shape)
    moved = 0
    for module in network.modules():
        if isinstance(module, ResidualBlock):
            first, middle, _ = (layer for layer in module.branch if isinstance(layer, nn.Conv2d))
            assert (first.kernel_size, first.stride, middle.kernel_size) == ((1, 1), (1, 1), (3, 3))
            moved += middle.stride == (2, 2)
            first.stride, middle.stride = middle.stride, first.stride
    assert moved == (2 if parse(name).task == CIFAR else 3)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(x_NCHW)
    classes = parse(name).task.num_classes  # biases, which torch leaves out
    (noted,) = (count for count in published_counts(name) if "stride 2 in the first 1x1" in count.note)
    assert (noted.axis, noted.printed) == ("macs", str(counter.get_total_flops() // 2 + classes))
    assert f": {100 * (int(noted.printed) / GOLDEN[name][1] - 1):.1f}% at the same parameters" in noted.note
    assert sum(weight.numel() for weight in network.parameters()) == GOLDEN[name][0]


def test_the_auxiliary_classifier_is_the_whole_difference_of_inception() -> None:
    from torchvision.models import inception_v3

    with torch.device("meta"):
        theirs = inception_v3(init_weights=False)
    auxiliary = sum(weight.numel() for weight in theirs.AuxLogits.parameters())
    assert GOLDEN["inception_v3"][0] + auxiliary == 27_161_264


def test_the_papers_count_of_the_deepest_network_is_without_batch_norms() -> None:
    with torch.device("meta"):
        network = create("preresnet1001bn")
    norms = sum(
        weight.numel() for module in network.modules() if isinstance(module, nn.BatchNorm2d) for weight in module.parameters()
    )
    assert round((GOLDEN["preresnet1001bn"][0] - norms) / 1e6, 2) == 10.18


def test_batch_mode_and_state_do_not_matter_and_are_left_as_they_were() -> None:
    network = create("resnet8:shortcut=B,dropout=0.5")
    expected = count(network, torch.zeros(1, 3, 32, 32))
    network.train()
    network.blocks[1].eval()  # a frozen part
    with torch.no_grad():
        for weight in network.parameters():
            weight.fill_(float("nan"))
    modes = [module.training for module in network.modules()]
    state = {name: value.clone() for name, value in network.state_dict().items()}
    x_NCHW = torch.randn(7, 3, 32, 32)
    random_state = torch.get_rng_state()
    assert count(network, x_NCHW) == expected == cost_of(parse("resnet8:shortcut=B"), CIFAR)
    assert torch.equal(random_state, torch.get_rng_state())
    assert [module.training for module in network.modules()] == modes
    assert all(torch.equal(value, state[name]) or value.isnan().all() for name, value in network.state_dict().items())


class Attention(nn.Module):
    """A block with an operator that fvcore does not know."""

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(8, 24)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        query_NTC, key_NTC, value_NTC = self.project(x_NCHW.flatten(2).transpose(1, 2)).chunk(3, -1)
        return F.scaled_dot_product_attention(query_NTC, key_NTC, value_NTC)


def test_an_operator_that_fvcore_does_not_know_is_counted_by_torch_and_the_count_says_so() -> None:
    cost = count(Attention(), torch.randn(2, 8, 4, 4))
    tokens = 16
    assert cost.macs == tokens * (8 + 1) * 24 + 2 * tokens * tokens * 8  # projection with its bias, two products of tokens
    assert cost.activations == tokens * 24 + tokens * 8
    assert cost.counted_by == "torch (fvcore does not know aten::scaled_dot_product_attention)"


class Untraceable(nn.Module):
    """A network whose output a tracer refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 8, 3, groups=2, bias=False)

    def forward(self, x_NCHW: Tensor) -> dict[str, object]:
        return {"scores": self.conv(x_NCHW), "name": [1, "two"]}


def test_a_network_that_fvcore_cannot_trace_is_counted_by_torch_and_the_count_says_so() -> None:
    cost = count(Untraceable(), torch.zeros(1, 4, 6, 6))
    assert (cost.macs, cost.activations) == (8 * 16 * 2 * 9, 8 * 16)
    assert cost.counted_by.startswith("torch (fvcore cannot trace it")
