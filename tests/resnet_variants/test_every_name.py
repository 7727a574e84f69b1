"""Every listed name builds the network that it says, trains, and gives the same outputs in channels_last and compiled."""

import re
import shutil
import sys

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_variants import Architecture, Variant, names, parse
from resnet_variants.architecture import Task
from resnet_variants.build import build
from resnet_variants.complexity import complexity_of

SMALLER = {32: 16, 224: 64, 299: 96}  # sizes at which the networks do the same, sooner
ONE_OF_EACH_KIND = [
    "plain8",
    "preresnet8",
    "resnet11bn",
    "wrn_16_4",
    "resnext29_32x4d",
    "resnet18",
    "resmlp_3x2048",
    "lecture_two_stage",
]
OPTIONS = [
    "shortcut=scaled-both",
    "shortcut=exclusive-gate,gate_bias=-6",
    "shortcut=shortcut-gate",
    "shortcut=C,dropout=0.1",
    "zero_gamma=true",
    "branch_gain=layerscale,branch_scale=1/sqrtL",
    "drop_path=0.3",
    "norm=none,branch_gain=skipinit-sqrt",
    "norm=gn,join=orthogonal",
    "norm=ln-pixel,join=random-direction",
    "norm=dyt,join=delta",
    "block=single,join=orthogonal-global",
    "streams=2,mixing=hc",
]


# 1,200 plain layers either forget the image (norms at their start) or are chaos that no arithmetic repeats (norms at the
# images' statistics: differences grow tenfold every 15 layers). It must run, in one graph, to finite scores; plain110 is compared.
INCOMPARABLE = ("plain1202",)


def seeded(variant: Variant) -> tuple[nn.Module, Tensor]:
    """A network in evaluation mode and two images for it, in fp64.

    Its norms hold the statistics of those images: fresh ones change nothing, and deep networks' scores then hardly depend on the image.
    """
    generator = torch.Generator().manual_seed(0)
    channels, rows, columns = variant.task.image_shape
    shape = (channels, SMALLER.get(rows, rows), SMALLER.get(columns, columns))
    network = build(variant, Task(image_shape=shape, num_classes=variant.task.num_classes), generator=generator).double()
    x_NCHW = torch.randn(2, *shape, generator=generator, dtype=torch.float64)
    for norm in network.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.momentum = 1.0
    with torch.no_grad():
        network(x_NCHW)
    return network.eval(), x_NCHW


def scores(network: nn.Module, x_NCHW: Tensor) -> Tensor:
    with torch.no_grad():
        scores_NK: Tensor = network(x_NCHW)
    assert scores_NK.isfinite().all()
    return scores_NK


def assert_equal_outputs(name: str, found_NK: Tensor, expected_NK: Tensor) -> None:
    """Equal to a millionth of what tells the two images apart, which must be some of the scores: a constant would not pass."""
    if name in INCOMPARABLE:
        return
    apart = (expected_NK[0] - expected_NK[1]).norm()
    assert apart > 0.01 * expected_NK.norm()
    assert (found_NK - expected_NK).norm() < 1e-6 * apart


@pytest.mark.parametrize("name", names())
def test_every_name_takes_a_gradient_step_on_its_own_input(name: str) -> None:
    """Large networks on the meta device, where shapes are computed and numbers are not."""
    variant = parse(name)
    device = "cpu" if variant.task.image_shape[1] <= 32 and complexity_of(variant).macs < 400e6 else "meta"
    with torch.device(device):
        network = build(variant)
        x_NCHW = torch.rand(2, *variant.task.image_shape)
        labels_N = torch.zeros(2, dtype=torch.long)
    before = {where: weight.detach().clone() for where, weight in network.named_parameters()}
    F.cross_entropy(network(x_NCHW), labels_N).backward()
    assert [where for where, weight in network.named_parameters() if weight.grad is None] == []
    torch.optim.SGD(network.parameters(), lr=0.1).step()
    if device == "cpu":
        after = dict(network.named_parameters())
        assert all(weight.isfinite().all() for weight in after.values())
        assert any(not torch.equal(after[where], weight) for where, weight in before.items())


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_channels_last_gives_the_same_outputs(name: str) -> None:
    network, x_NCHW = seeded(parse(name))
    expected = scores(network, x_NCHW)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    found = scores(network, x_NCHW.contiguous(memory_format=torch.channels_last))
    assert_equal_outputs(name, found, expected)


@pytest.mark.parametrize("name", [*ONE_OF_EACH_KIND, *(f"resnet8:{options}" for options in OPTIONS)])
def test_one_of_each_kind_survives_compilation(name: str) -> None:
    compiles(name, backend="eager")


@pytest.mark.hour
@pytest.mark.parametrize("name", [name for name in names() if name not in ONE_OF_EACH_KIND])
def test_every_name_survives_compilation(name: str) -> None:
    compiles(name, backend="eager")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler here, which inductor needs")
@pytest.mark.parametrize("name", ONE_OF_EACH_KIND)
def test_inductor_gives_the_same_outputs(name: str) -> None:
    compiles(name, backend="inductor")


@pytest.mark.hour
@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler here, which inductor needs")
@pytest.mark.parametrize("name", [name for name in names() if name not in ONE_OF_EACH_KIND])
def test_inductor_gives_the_same_outputs_for_every_name(name: str) -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)  # inductor follows a chain of a thousand layers by recursion
    try:
        compiles(name, backend="inductor")
    finally:
        sys.setrecursionlimit(limit)


def compiles(name: str, backend: str) -> None:
    """One graph, no breaks, equal outputs."""
    network, x_NCHW = seeded(parse(name))
    expected = scores(network, x_NCHW)
    torch._dynamo.reset()
    found = scores(torch.compile(network, backend=backend, fullgraph=True), x_NCHW)  # type: ignore[arg-type]
    assert_equal_outputs(name, found, expected)


# googlenet and inception_v3: their authors count the longest way, not the layers
@pytest.mark.parametrize("name", [name for name in names() if name not in ("googlenet", "inception_v3")])
def test_the_depth_of_a_name_is_that_of_its_network(name: str) -> None:
    """Convolutions and linear layers in the trunk and the branches; what stands beside a branch is not counted."""
    variant = parse(name)
    with torch.device("meta"):
        network = build(variant)
    layers = [
        where
        for where, module in network.named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear) and not {"shortcut", "gate"} & set(where.split("."))
    ]
    assert len(layers) == variant.depth
    if isinstance(variant, Architecture):
        said = int(re.findall("[0-9]+", name)[0])
        assert said - len(layers) == (2 if name.startswith("wrn") else 0)
