"""How a signal passes a network before training: against slow, obvious versions, and against what is known on paper."""

import math
from copy import deepcopy
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torchvision import models

from benchmarks.measuring.largest_gain import largest_gain
from benchmarks.measuring.signal import measure_signal
from benchmarks.measuring.signal_blocks import parts_of
from benchmarks.spec.signal import BlockSignal, Signal
from resnet_variants import parse
from resnet_variants.architecture import Architecture, Task
from resnet_variants.blocks import GatedBlock, ResidualBlock
from resnet_variants.build import build
from resnet_variants.network import Network
from resnet_variants.weights import from_torchvision

TASK = Task(image_shape=(1, 8, 8), num_classes=10)
NUM_IMAGES = 16
# every kind of network: plain, residual, every ordering and kind of shortcut, gated, bottleneck, grouped, wide, perceptrons, ImageNet's
NAMES = (
    "plain20",
    "resnet20",
    "resnet20:shortcut=B",
    "resnet20:shortcut=C",
    "resnet20:shortcut=scaled",
    "resnet20:shortcut=exclusive-gate",
    "resnet20:shortcut=shortcut-gate",
    "resnet20:ordering=bn-after",
    "resnet20:ordering=relu-before",
    "resnet20:ordering=relu-only",
    "resnet20:zero_gamma=true",
    "preresnet20",
    "preresnet20:shortcut=B",
    "preresnet29bn:width=4",
    "resnext29_2x4d:width=8",
    "wrn_10_1",
    "mlp_4x32",
    "resmlp_5x32",
    "resmlp_5x32:has_norm=true",
    "resnet18:width=8",
    "plain18:width=8",
    "lecture_identity",
    "lecture_resizing",
)


def images(task: Task = TASK, number: int = NUM_IMAGES) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    x_NCHW = torch.randn(number, *task.image_shape, generator=generator)
    return x_NCHW, torch.randint(0, task.num_classes, (number,), generator=generator)


def new(name: str, seed: int = 0, task: Task = TASK) -> nn.Module:
    return build(parse(name), task, generator=torch.Generator().manual_seed(seed))


def signal_of(network: nn.Module, pattern: str | None = None, task: Task = TASK, number: int = NUM_IMAGES) -> Signal:
    return measure_signal(network, *images(task, number), torch.Generator().manual_seed(0), pattern)


def variance(y: Tensor) -> float:
    """The variance of each channel, one after the other, and their mean."""
    channels = [y.detach()[:, channel].double().flatten() for channel in range(y.shape[1])]
    return sum(float((values - values.mean()).square().mean()) for values in channels) / len(channels)


def addends(block: nn.Module, x: Tensor) -> tuple[Tensor, Tensor] | None:
    """What a block adds, branch and shortcut, from its own parts run by hand; None if it adds nothing."""
    joined = [module for module in block.modules() if isinstance(module, ResidualBlock | GatedBlock)]
    if not joined:
        return None
    if joined[0] is not block:  # words that branch and shortcut share
        assert isinstance(block, nn.Sequential)
        x = block[:-1](x)
    inner = joined[0]
    branch, shortcut = inner.branch(x), inner.shortcut(x)
    if isinstance(inner, GatedBlock):
        gate = torch.sigmoid(inner.gate(x))
        branch, shortcut = branch * gate if inner.is_exclusive else branch, shortcut * (1 - gate)
    return branch, shortcut


def obvious_signal(network: Network) -> list[BlockSignal]:
    """The same by hand: run one part after the other, keep each output and its gradient."""
    network = deepcopy(network).train()
    x, labels_N = images()
    x.requires_grad_()
    found, outputs = [], []
    parts = (
        {"stem": network.stem} | {f"blocks.{place}": block for place, block in enumerate(network.blocks)} | {"head": network.head}
    )
    for name, part in parts.items():
        with torch.no_grad():
            added = addends(part, x.clone())
        x = part(x)
        if isinstance(part, nn.Identity):
            continue
        x.retain_grad()
        outputs.append((name, part, x, added))
    F.cross_entropy(x, labels_N).backward()
    for name, part, y, added in outputs:
        weights = [weight.grad.double() for weight in part.parameters() if weight.grad is not None]
        assert y.grad is not None
        found.append(
            BlockSignal(
                name=name,
                mean=float(y.detach().double().mean()),
                variance=variance(y),
                branch_to_stream=None if added is None else math.sqrt(variance(added[0]) / variance(added[1])),
                gradient=float(y.grad.double().norm()),
                weight_gradient=float(torch.cat([weight.flatten() for weight in weights]).norm()),
            )
        )
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_of_network_gives_what_its_parts_give_by_hand(name: str) -> None:
    network = new(name)
    assert isinstance(network, Network)
    found, expected = signal_of(network), obvious_signal(network)
    assert found.ends_in_scores and [block.name for block in found.blocks] == [block.name for block in expected]
    for block, by_hand in zip(found.blocks, expected, strict=True):
        for column in ("mean", "variance", "branch_to_stream", "gradient", "weight_gradient"):
            value, other = getattr(block, column), getattr(by_hand, column)
            assert value == other is None or value == pytest.approx(other, rel=1e-3, abs=1e-6), (block.name, column)
        assert block.largest_gain is not None and block.largest_gain >= 0


@pytest.mark.parametrize("name", ["resnet8:width=2", "preresnet8:width=2", "plain8:width=2", "resmlp_3x12", "mlp_3x12"])
def test_the_largest_gain_is_the_largest_singular_value_of_the_jacobian(name: str) -> None:
    task = Task(image_shape=(1, 4, 4), num_classes=3)
    network = new(name, task=task).train()
    x_NCHW, labels_N = images(task, 4)
    found = measure_signal(network, x_NCHW, labels_N, torch.Generator().manual_seed(0))
    x = x_NCHW
    assert isinstance(network, Network)
    for block, part in zip(found.blocks, [network.stem, *network.blocks, network.head], strict=True):
        jacobian = torch.autograd.functional.jacobian(part, x)
        x = part(x).detach()
        largest = float(torch.linalg.matrix_norm(jacobian.reshape(x.numel(), -1), 2))
        assert 0.9 * largest <= (block.largest_gain or 0) <= 1.001 * largest, block.name


@given(rows=st.integers(1, 12), columns=st.integers(1, 12), scale=st.sampled_from([1e-9, 1.0, 1e9]), seed=st.integers(0, 10**6))
@settings(max_examples=50)
@example(rows=12, columns=12, scale=1e-9, seed=105672)  # it rests for a step at 0.87 of the norm
def test_the_largest_gain_of_a_matrix_is_its_norm(rows: int, columns: int, scale: float, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    matrix = scale * torch.randn(rows, columns, generator=generator, dtype=torch.float64)
    x = torch.randn(columns, generator=generator, dtype=torch.float64, requires_grad=True)
    found = largest_gain(x, matrix @ x, generator)
    assert found is not None and 0.97 <= found / float(torch.linalg.matrix_norm(matrix, 2)) <= 1 + 1e-9  # from below


def test_a_gain_is_none_without_a_way_from_input_to_output_and_zero_for_a_constant_one() -> None:
    x, other = torch.randn(3, requires_grad=True), torch.randn(3, requires_grad=True)
    generator = torch.Generator()
    assert largest_gain(x, other * 2, generator) is None
    assert largest_gain(x, x * 0, generator) == 0
    assert math.isnan(largest_gain(x, x * math.nan, generator) or 0)


def first_stage(name: str, width: int) -> Network:
    """A pre-activation network of one width: its stem, the blocks of its first stage, and a head."""
    network = new(name)
    assert isinstance(network, Network)
    network.blocks = network.blocks[: network.blocks_per_stage[0]]
    network.head = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10))
    return network


def test_with_batch_norm_a_residual_stream_grows_linearly_and_the_branch_falls_as_one_over_its_root() -> None:
    """De and Smith 2020, section 2: each branch starts at its own norm, and adds the same variance to the stream."""
    stream = signal_of(first_stage("preresnet110:width=16", 16)).stream
    variances = [block.variance for block in stream]
    steps = [after - before for before, after in pairwise(variances)]
    mean_step = (variances[-1] - variances[0]) / len(steps)
    assert all(0.6 * mean_step < step < 1.5 * mean_step for step in steps)
    shares = [(block.branch_to_stream or 0) * math.sqrt(place) for place, block in enumerate(stream[1:], start=1)]
    late = shares[4:]  # by then the variance of the stem no longer counts
    assert max(late) < 1.25 * min(late)


def test_zero_blocks_pass_the_signal_and_its_gradient_unchanged() -> None:
    network = first_stage("preresnet20:width=4", 4)
    for weight in network.blocks.parameters():
        nn.init.zeros_(weight)
    stem, *blocks = signal_of(network).stream
    assert len(blocks) == 3
    for block in blocks:
        assert (block.mean, block.variance, block.gradient) == (stem.mean, stem.variance, stem.gradient)
        assert (block.branch_to_stream, block.weight_gradient) == (0, 0)
        assert block.largest_gain == pytest.approx(1)


class Scaled(nn.Module):
    """A stem, blocks that multiply by a constant, and scores."""

    def __init__(self, scale: float, num_blocks: int = 6) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 3, padding=1)
        self.blocks = nn.ModuleList(nn.Conv2d(4, 4, 1, bias=False) for _ in range(num_blocks))
        for block in self.blocks:
            assert isinstance(block, nn.Conv2d)
            block.weight.data = scale * torch.eye(4)[:, :, None, None]
        self.scores = nn.Linear(4, 10)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        x_NCHW = self.stem(x_NCHW)
        for block in self.blocks:
            x_NCHW = block(x_NCHW)
        scores_NK: Tensor = self.scores(x_NCHW.mean((2, 3)))
        return scores_NK


@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
def test_a_block_that_scales_multiplies_variance_and_gradient_exactly(scale: float) -> None:
    stem, *blocks = signal_of(Scaled(scale)).stream
    for place, block in enumerate(blocks, start=1):
        assert block.variance == pytest.approx(stem.variance * scale ** (2 * place), rel=1e-4)
        assert block.gradient == pytest.approx((stem.gradient or 0) / scale**place, rel=1e-4)
        assert block.largest_gain == pytest.approx(scale, rel=1e-4) and block.branch_to_stream is None


def test_the_blocks_of_torchvisions_network_are_those_of_ours_with_the_same_weights() -> None:
    """Its blocks add in place, and neither they nor its network know of branch or stream."""
    architecture = parse("resnet18")
    assert isinstance(architecture, Architecture)
    task = Task(image_shape=(3, 16, 16), num_classes=1000)
    with torch.random.fork_rng(devices=[]):
        theirs = models.resnet18(weights=None)
    ours = new("resnet18", task=task)
    ours.load_state_dict(from_torchvision(theirs.state_dict(), architecture))
    found, expected = (signal_of(network, task=task, number=4) for network in (theirs, ours))
    assert [block.name for block in found.blocks] == [
        "conv1",
        *(f"layer{stage}.{place}" for stage in (1, 2, 3, 4) for place in (0, 1)),
        "fc",
    ]
    for block, other in zip(found.stream[1:], expected.stream[1:], strict=True):
        for column in ("mean", "variance", "branch_to_stream", "gradient", "weight_gradient"):
            assert getattr(block, column) == pytest.approx(getattr(other, column), rel=1e-3), (block.name, column)


class Outside(Scaled):
    """The network adds what a block returns, not the block."""

    def forward(self, x_NCHW: Tensor) -> Tensor:
        x_NCHW = self.stem(x_NCHW)
        for block in self.blocks:
            x_NCHW = x_NCHW + F.relu(block(x_NCHW))
        scores_NK: Tensor = self.scores(x_NCHW.mean((2, 3)))
        return scores_NK


def test_an_addition_in_the_network_itself_counts_to_the_block_before_it() -> None:
    network = Outside(1.0)
    _, *blocks = signal_of(network).stream
    x = network.stem(images()[0])
    for block in blocks:
        branch = F.relu(x)  # the block is the identity
        assert block.branch_to_stream == pytest.approx(math.sqrt(variance(branch) / variance(x)), rel=1e-4)
        x = x + branch
        assert block.variance == pytest.approx(variance(x), rel=1e-4)


class Unit(nn.Module):
    """A block of two layers, which have parts of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(Layer(), Layer())

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.inner(x)
        return out


class Layer(nn.Module):
    """A linear layer and its norm."""

    def __init__(self) -> None:
        super().__init__()
        self.linear, self.norm = nn.Linear(8, 8), nn.BatchNorm1d(8)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.norm(self.linear(x))
        return out


class Body(nn.Module):
    """A stack of blocks in a module of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.units = nn.ModuleList([Unit(), Unit(), Unit()])

    def forward(self, x: Tensor) -> Tensor:
        for unit in self.units:
            x = unit(x)
        return x


def in_rows(network: nn.Module, pattern: str | None = None) -> list[str]:
    return [part.name for part in parts_of(network, pattern) if part.begins]


def test_blocks_of_others_networks_are_found_by_the_rule() -> None:
    stem, head = nn.Sequential(nn.Flatten(), nn.Linear(64, 8)), nn.Linear(8, 10)
    with torch.device("meta"):
        vgg = in_rows(models.vgg16_bn())
    assert len(vgg) == 16 and vgg[:3] == ["features.0", "features.3", "features.7"]  # its layers with weights
    assert in_rows(nn.Sequential(stem, Unit(), Unit(), head)) == ["0.1", "1", "2", "3"]
    stacked = nn.Sequential(stem, Body(), head)
    assert in_rows(stacked) == ["0.1", "1.units.0", "1.units.1", "1.units.2", "2"]
    assert in_rows(nn.Sequential(stacked)) == ["0.0.1", "0.1.units.0", "0.1.units.1", "0.1.units.2", "0.2"]
    assert in_rows(nn.Linear(64, 10)) == ["network"]


def test_a_pattern_names_the_outermost_modules_that_can_run() -> None:
    stacked = nn.Sequential(nn.Sequential(nn.Flatten(), nn.Linear(64, 8)), Body(), nn.Linear(8, 10))
    assert in_rows(stacked, "1*") == ["1"]
    assert in_rows(stacked, "1.units*") == ["1.units.0", "1.units.1", "1.units.2"]  # a ModuleList cannot be called
    assert [block.name for block in signal_of(stacked, "*.inner.0").blocks] == [f"1.units.{place}.inner.0" for place in range(3)]
    with pytest.raises(ValueError, match=r"unknown module 'nope'; available: 0, 0\.0"):
        parts_of(stacked, "nope")
    with pytest.raises(ValueError, match="none of the modules that count as its blocks runs"):
        signal_of(Unused(), "unused")
    assert in_rows(new("resnet8"), "nope")[0] == "stem"  # a pattern is for others' networks


class Unused(Scaled):
    """A network with a module that it never calls."""

    def __init__(self) -> None:
        super().__init__(1.0)
        self.unused = nn.Linear(3, 3)


class Repeated(nn.Module):
    """One block that is called three times, and a layer that gives more than a tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.block, self.recurrent, self.scores = nn.Linear(64, 8), Unit(), nn.GRU(8, 8), nn.Linear(8, 10)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        x = self.stem(x_NCHW.flatten(1))
        for _ in range(3):
            x = self.block(x)
        scores_NK: Tensor = self.scores(self.recurrent(x)[0])
        return scores_NK


def test_every_call_of_a_block_is_a_row() -> None:
    found = signal_of(Repeated())
    assert [block.name for block in found.blocks] == ["stem", "block", "block (call 2)", "block (call 3)", "recurrent", "scores"]
    assert len({block.weight_gradient for block in found.blocks[1:4]}) == 1  # they share weights
    assert found.blocks[1].branch_to_stream is not None


def test_nothing_is_changed_by_a_check_whether_it_succeeds_or_fails() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5), nn.Flatten(), nn.Linear(4 * 36, 10)).eval()
    network[1].train()
    network[0].weight.requires_grad_(False)
    before, random = deepcopy(network.state_dict()), torch.get_rng_state()

    def check_unchanged() -> None:
        assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
        assert torch.equal(torch.get_rng_state(), random)
        assert [module.training for module in network] == [False, True, False, False, False]
        assert all(weight.grad is None for weight in network.parameters())
        assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
        assert not network[0].weight.requires_grad

    x_NCHW, labels_N = images()
    found = [measure_signal(network, x_NCHW, labels_N, torch.Generator().manual_seed(3)) for _ in range(2)]
    assert found[0] == found[1]
    assert torch.equal(x_NCHW, images()[0]) and x_NCHW.grad is None
    check_unchanged()
    with pytest.raises(RuntimeError):
        measure_signal(network, x_NCHW[:, :, 1:], labels_N, torch.Generator())
    check_unchanged()


def test_a_frozen_block_has_no_gradient_at_its_weights_and_a_cut_one_none_at_all() -> None:
    network = Scaled(1.0)
    network.blocks[3].requires_grad_(False)
    assert signal_of(network).blocks[4].weight_gradient is None
    network.blocks[3].register_forward_hook(lambda module, inputs, out: out.detach())
    cut = signal_of(network).blocks
    assert cut[3].gradient is None and cut[3].weight_gradient is None and cut[4].largest_gain is None
    assert cut[5].gradient is not None


def test_values_that_are_not_finite_are_kept_where_they_arise() -> None:
    network = Scaled(1.0)
    nn.init.constant_(network.blocks[2].weight, math.nan)  # type: ignore[arg-type]
    found = signal_of(network).blocks
    assert [math.isfinite(block.variance) for block in found] == [True] * 3 + [False] * 5
    assert math.isnan(found[3].largest_gain or 0)
