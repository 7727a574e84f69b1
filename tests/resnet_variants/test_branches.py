"""Gains, constant factors and dropped branches, and blocks of one and three convolutions, against their formulas."""

import math
from collections import Counter

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import stochastic_depth

from resnet_variants import Architecture, create, name_of, parse
from resnet_variants.blocks import ResidualBlock, Shape, block
from resnet_variants.complexity import complexity_of
from resnet_variants.dropout import draw_from
from resnet_variants.gains import DropPath, LearnedGain
from resnet_variants.residual import kept_share

KEPT = Shape(in_channels=4, inner_channels=4, out_channels=4)
L = 3  # blocks of an 8-layer network


def a_block(spelled: str, place: int = 2) -> ResidualBlock:
    architecture = parse(f"resnet8:width=4,{spelled}")
    assert isinstance(architecture, Architecture)
    torch.manual_seed(0)
    built = block(architecture, KEPT, place=place)
    assert isinstance(built, ResidualBlock)
    return built


def layers(module: nn.Module, kind: type[nn.Module]) -> list[nn.Module]:
    return [layer for layer in module.modules() if isinstance(layer, kind)]


def obvious_branch(built: ResidualBlock, x_NCHW: Tensor) -> Tensor:
    """A basic block's branch with its own convolutions and norms, in training mode."""
    convolutions, norms = layers(built.branch, nn.Conv2d), layers(built.branch, nn.BatchNorm2d)
    for place, (convolution, norm) in enumerate(zip(convolutions, norms, strict=True)):
        x_NCHW = F.relu(x_NCHW) if place else x_NCHW
        x_NCHW = F.batch_norm(F.conv2d(x_NCHW, convolution.weight, padding=1), None, None, norm.weight, norm.bias, training=True)
    return x_NCHW


@pytest.mark.parametrize(
    ("spelled", "factor"),
    [
        ("branch_gain=skipinit", 0.0),
        ("branch_gain=rezero", 0.0),
        ("branch_gain=skipinit-sqrt", L**-0.5),
        ("branch_gain=layerscale", 0.1),
        ("branch_gain=layerscale-1e-4", 1e-4),
        ("branch_scale=1/sqrtL", L**-0.5),
        ("branch_scale=1/L", 1 / L),
        ("branch_scale=0.5", 0.5),
        ("branch_scale=1/L,branch_gain=layerscale", 0.1 / L),
    ],
)
def test_a_branch_is_multiplied_by_its_factor(spelled: str, factor: float) -> None:
    built, x_NCHW = a_block(spelled), torch.randn(3, 4, 5, 5)
    expected = F.relu(factor * obvious_branch(built, x_NCHW) + x_NCHW)
    torch.testing.assert_close(built(x_NCHW), expected, atol=1e-6, rtol=1e-5)


def test_learned_gains_are_multiplied_channel_by_channel_and_get_the_formulas_gradient() -> None:
    built, x_NCHW = a_block("branch_gain=layerscale"), torch.randn(3, 4, 5, 5)
    (gain,) = [module.weight for module in built.modules() if isinstance(module, LearnedGain)]
    with torch.no_grad():
        gain.copy_(torch.tensor([0.5, -1.0, 2.0, 0.0]))
    out_NCHW = built(x_NCHW)
    out_NCHW.square().sum().backward()
    branch_NCHW = obvious_branch(built, x_NCHW)
    expected = F.relu(gain.detach().view(1, 4, 1, 1) * branch_NCHW + x_NCHW)
    torch.testing.assert_close(out_NCHW, expected)
    assert gain.grad is not None
    torch.testing.assert_close(gain.grad, (2 * expected * branch_NCHW).sum((0, 2, 3)), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("spelled", "more"),
    [("branch_gain=skipinit", 9), ("branch_gain=layerscale", 3 * (16 + 32 + 64)), ("branch_scale=1/L", 0), ("drop_path=0.5", 0)],
)
def test_gains_cost_a_parameter_a_block_or_a_channel(spelled: str, more: int) -> None:
    usual, changed = complexity_of(parse("resnet20")), complexity_of(parse(f"resnet20:{spelled}"))
    assert (changed.params - usual.params, changed.macs, changed.activations) == (more, usual.macs, usual.activations)


def test_a_gain_of_zero_leaves_the_branch_without_a_gradient_in_the_first_step_only() -> None:
    network = create("preresnet8:width=4,branch_gain=skipinit")
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    for step in range(2):
        optimizer.zero_grad()
        F.cross_entropy(network(torch.randn(4, 3, 8, 8)), torch.arange(4)).backward()
        branches = [block.branch for block in network.modules() if isinstance(block, ResidualBlock)]
        assert all(bool(layers(branch, nn.Conv2d)[0].weight.grad.abs().sum() > 0) == (step > 0) for branch in branches)
        assert all(list(branch.parameters())[-1].grad.abs().sum() > 0 for branch in branches)
        optimizer.step()


def test_a_dropped_branch_is_kept_or_zero_for_a_whole_batch_and_averaged_in_evaluation() -> None:
    built, x_NCHW = a_block("drop_path=0.6"), torch.randn(8, 4, 5, 5)  # block 2 of 3 is kept with probability 0.6
    branch_NCHW = obvious_branch(built, x_NCHW)
    outcomes = Counter[bool]()
    for _ in range(300):
        out_NCHW = built(x_NCHW)
        is_kept = not torch.allclose(out_NCHW, F.relu(x_NCHW))
        torch.testing.assert_close(out_NCHW, F.relu(is_kept * branch_NCHW + x_NCHW))
        outcomes[is_kept] += 1
    assert abs(outcomes[True] - 180) < 5 * math.sqrt(300 * 0.6 * 0.4)
    evaluated = built.eval()
    torch.testing.assert_close(evaluated(x_NCHW), F.relu(0.6 * built.branch[:-1](x_NCHW) + x_NCHW))


def test_dropping_is_torchvisions_up_to_its_division() -> None:
    """torchvision divides by the kept share in training, the paper multiplies by it in evaluation."""
    x_NCHW, module = torch.randn(2, 3, 4, 4), DropPath(0.75)
    torch.manual_seed(1)
    ours = [module(x_NCHW) for _ in range(50)]
    torch.manual_seed(1)
    theirs = [stochastic_depth(x_NCHW, 0.25, "batch", training=True) for _ in range(50)]
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine / 0.75, other)


@pytest.mark.parametrize(("name", "live"), [("resnet110:drop_path=0.5", 40.25), ("resnet20:drop_path=0.5", 6.5)])
def test_blocks_are_kept_less_the_later_they_are(name: str, live: float) -> None:
    """Huang et al. 2016, section 3: (3L - 1)/4 live blocks in the mean at a final rate of one half."""
    kept = [module.kept for module in create(name).modules() if isinstance(module, DropPath)]
    assert kept == pytest.approx([1 - 0.5 * place / len(kept) for place in range(1, len(kept) + 1)])
    assert sum(kept) == pytest.approx(live)
    constant = [module.kept for module in create(f"{name},drop_path_rule=constant").modules() if isinstance(module, DropPath)]
    assert constant == [0.5] * len(kept)
    assert kept_share(0.5, "linear", len(kept), len(kept)) == 0.5


def test_dropped_branches_do_not_change_the_draws_of_dropout() -> None:
    states = []
    for options in ("dropout=0.3", "dropout=0.3,drop_path=0.5"):
        network = create(f"resnet8:width=4,{options}")
        generators = {purpose: torch.Generator().manual_seed(0) for purpose in ("dropout", "drop path")}
        draw_from(network, generators)
        network(torch.randn(2, 3, 8, 8))
        states.append(generators["dropout"].get_state())
        assert torch.equal(generators["drop path"].get_state(), torch.Generator().manual_seed(0).get_state()) == (
            len(states) == 1
        )
    assert torch.equal(*states)


def obvious_fixup(built: ResidualBlock, x_NCHW: Tensor) -> Tensor:
    """Zhang et al. 2019, figure 1: ReLU(x + a W2(ReLU(W1(x + b1) + b2) + b3) + b4)."""
    first, second = layers(built.branch, nn.Conv2d)
    b1, b2, b3, a, b4 = [weight for weight in built.branch.parameters() if weight.shape == (1,)]
    hidden = F.relu(F.conv2d(x_NCHW + b1, first.weight, padding=1) + b2)
    return F.relu(x_NCHW + a * F.conv2d(hidden + b3, second.weight, padding=1) + b4)


def test_a_block_of_fixup_is_that_of_its_figure() -> None:
    built, x_NCHW = a_block("branch_gain=fixup,norm=none"), torch.randn(3, 4, 5, 5)
    torch.testing.assert_close(built(x_NCHW), obvious_fixup(built, x_NCHW))
    with torch.no_grad():
        for weight in built.parameters():
            weight.add_(0.1 * torch.randn(weight.shape))
    torch.testing.assert_close(built(x_NCHW), obvious_fixup(built, x_NCHW))


@pytest.mark.parametrize(("name", "blocks", "scalars"), [("resnet20", 9, 5), ("resnet164bn", 54, 7)])
def test_fixup_starts_as_its_paper_says(name: str, blocks: int, scalars: int) -> None:
    network = create(f"{name}:branch_gain=fixup,norm=none,shortcut=A")
    assert (network.head[-1].weight == 0).all() and (network.head[-1].bias == 0).all()
    assert (
        sum(weight.shape == (1,) for weight in network.parameters()) == scalars * blocks + 2
    )  # and behind the stem, before the classifier
    joined = [module for module in network.modules() if isinstance(module, ResidualBlock)]
    assert len(joined) == blocks
    for built in joined[-3:]:
        *earlier, last = layers(built.branch, nn.Conv2d)
        assert (last.weight == 0).all()
        exponent = -1 / (2 * len(earlier))
        for convolution in earlier:
            fan_out = convolution.weight[0, 0].numel() * convolution.out_channels
            assert convolution.weight.std().item() == pytest.approx(blocks**exponent * (2 / fan_out) ** 0.5, rel=0.1)


@pytest.mark.parametrize(("block_kind", "num_layers"), [("single", 1), ("triple", 3)])
def test_a_block_of_one_or_three_convolutions_spans_them_with_its_shortcut(block_kind: str, num_layers: int) -> None:
    architecture = parse(f"resnet20:width=4,block={block_kind}")
    assert isinstance(architecture, Architecture)
    built = block(architecture, KEPT, place=2)
    assert isinstance(built, ResidualBlock) and len(layers(built.branch, nn.Conv2d)) == num_layers
    x_NCHW = torch.randn(3, 4, 5, 5)
    torch.testing.assert_close(built(x_NCHW), F.relu(obvious_branch(built, x_NCHW) + x_NCHW))


@pytest.mark.parametrize(("depth", "single", "triple"), [(20, 6, 2), (56, 18, 6), (110, 36, 12)])
def test_only_the_places_of_the_additions_differ(depth: int, single: int, triple: int) -> None:
    basic = parse(f"resnet{depth}")
    for kind, per_stage in (("single", single), ("triple", triple)):
        other = parse(f"resnet{depth}:block={kind}")
        assert isinstance(other, Architecture) and other.blocks_per_stage == (per_stage,) * 3
        assert complexity_of(other) == complexity_of(basic)
        shapes = [[weight.shape for weight in create(name_of(one)).parameters()] for one in (basic, other)]
        assert shapes[0] == shapes[1]


@pytest.mark.parametrize("name", ["cifar_resnet50:block=single", "resnet11:block=single", "preresnet29:block=triple"])
def test_depths_that_only_such_blocks_have_get_a_name(name: str) -> None:
    assert name_of(parse(name)) == name
