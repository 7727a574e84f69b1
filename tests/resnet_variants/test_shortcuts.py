"""Every row of He et al. 2016, table 1, and the options of blocks, against obvious versions."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from resnet_variants import Architecture, create, name_of, parse
from resnet_variants.blocks import GatedBlock, ResidualBlock, Shape, ZeroPad, block
from resnet_variants.build import build
from resnet_variants.complexity import complexity_of
from resnet_variants.orderings import ORDERINGS

KEPT = Shape(in_channels=4, inner_channels=4, out_channels=4)
CHANGED = Shape(in_channels=4, inner_channels=8, out_channels=8, stride=2)


def a_block(shortcut: str, shape: Shape, **fields: float) -> nn.Module:
    torch.manual_seed(0)
    return block(Architecture(depth=8, width=4, shortcut=shortcut, gate_bias=fields.get("gate_bias", 0.0)), shape, place=2)


def obvious_shortcut(x_NCHW: Tensor, shape: Shape, *, is_centred: bool = False) -> Tensor:
    """Option A: as it is, or every second pixel with zeros behind, or half of them before and half behind."""
    if shape.is_kept:
        return x_NCHW
    pixels_NCHW = x_NCHW[:, :, ::2, ::2]
    zeros_NCHW = torch.zeros_like(pixels_NCHW)
    if is_centred:
        before_NCHW, behind_NCHW = zeros_NCHW.chunk(2, dim=1)
        return torch.cat([before_NCHW, pixels_NCHW, behind_NCHW], dim=1)
    return torch.cat([pixels_NCHW, zeros_NCHW], dim=1)


@pytest.mark.parametrize("shape", [KEPT, CHANGED], ids=["kept", "changed"])
@pytest.mark.parametrize("row", ["A", "A-centred", "scaled", "scaled-both", "exclusive-gate", "shortcut-gate"])
def test_a_shortcut_of_table_1_does_what_the_paper_says(row: str, shape: Shape) -> None:
    built = a_block(row, shape)
    assert isinstance(built, ResidualBlock | GatedBlock)
    x_NCHW = torch.randn(3, 4, 6, 6)
    convolutions = [module for module in built.branch if isinstance(module, nn.Conv2d)]
    norms = [module for module in built.branch if isinstance(module, nn.BatchNorm2d)]
    branch_NCHW = norms[1](convolutions[1](F.relu(norms[0](convolutions[0](x_NCHW)))))
    shortcut_NCHW = obvious_shortcut(x_NCHW, shape, is_centred=row == "A-centred")
    if "gate" in row:
        gate = built.get_submodule("gate")
        logits_NCHW = F.conv2d(x_NCHW, gate.weight, gate.bias, stride=shape.stride)
        gate_NCHW = 1 / (1 + torch.exp(-logits_NCHW))
        shortcut_NCHW = (1 - gate_NCHW) * shortcut_NCHW
        branch_NCHW = gate_NCHW * branch_NCHW if row == "exclusive-gate" else branch_NCHW
    elif row.startswith("scaled"):
        shortcut_NCHW = 0.5 * shortcut_NCHW
        branch_NCHW = 0.5 * branch_NCHW if row == "scaled-both" else branch_NCHW
    torch.testing.assert_close(built(x_NCHW), F.relu(branch_NCHW + shortcut_NCHW))


@given(in_channels=st.integers(1, 9), new_channels=st.integers(0, 9), stride=st.integers(1, 2))
def test_centred_zeros_stand_half_before_and_half_behind_and_an_odd_one_behind(
    in_channels: int, new_channels: int, stride: int
) -> None:
    shape = Shape(in_channels=in_channels, inner_channels=1, out_channels=in_channels + new_channels, stride=stride)
    x_NCHW = torch.rand(2, in_channels, 5, 4) + 1
    out_NCHW = ZeroPad(shape, is_centred=True)(x_NCHW)
    before = new_channels // 2
    assert torch.equal(out_NCHW[:, before : before + in_channels], x_NCHW[:, :, ::stride, ::stride])
    rest = [*range(before), *range(before + in_channels, in_channels + new_channels)]
    assert len(rest) == new_channels and (out_NCHW[:, rest] == 0).all()
    assert new_channels - 2 * before == new_channels % 2  # of an odd number, one more behind


@pytest.mark.parametrize("name", ["resnet20", "preresnet11bn:width=5", "resnet8:width=3,stem_width=8", "resnet34"])
def test_centred_zeros_cost_what_zeros_behind_cost(name: str) -> None:
    behind, centred = (parse(f"{name}{',' if ':' in name else ':'}shortcut={shortcut}") for shortcut in ("A", "a-CENTRED"))
    assert name_of(centred).endswith("shortcut=A-centred") or "shortcut=A-centred," in name_of(centred)
    assert complexity_of(behind) == complexity_of(centred)


def test_gates_start_at_their_bias_and_survive_initialisation() -> None:
    network = create("resnet20:shortcut=exclusive-gate,gate_bias=-6")
    gates = [module.gate for module in network.modules() if isinstance(module, GatedBlock)]
    assert len(gates) == 9
    assert all((gate.bias == -6).all() and gate.kernel_size == (1, 1) for gate in gates)


def test_a_shut_gate_leaves_the_identity() -> None:
    """The paper's reason for a bias of -6: 1 - g is near 1, so that shortcut-only gating starts near the original."""
    x_NCHW = torch.randn(2, 4, 6, 6)
    shut, plain = a_block("shortcut-gate", KEPT, gate_bias=-30), a_block("A", KEPT)
    plain.load_state_dict(shut.state_dict(), strict=False)
    torch.testing.assert_close(shut(x_NCHW), plain(x_NCHW))


def test_dropout_on_the_shortcut_drops_half_in_training_alone() -> None:
    built = a_block("dropout", KEPT)
    assert isinstance(built, ResidualBlock)
    ones_NCHW = torch.ones(8, 4, 32, 32)
    shares = built.shortcut(ones_NCHW)
    assert set(shares.unique().tolist()) == {0.0, 2.0}  # what stays is doubled, so that the mean is kept
    assert shares.mean().item() == pytest.approx(1, abs=0.05)
    assert torch.equal(built.eval().shortcut(ones_NCHW), ones_NCHW)


def test_option_c_is_the_1x1_convolution_of_table_1() -> None:
    assert parse("resnet110:shortcut=conv1x1") == parse("resnet110:shortcut=C")
    network = create("resnet20:shortcut=C")
    shortcuts = [module.shortcut for module in network.modules() if isinstance(module, ResidualBlock)]
    assert [shortcut[0].kernel_size for shortcut in shortcuts] == [(1, 1)] * 9


@pytest.mark.parametrize("name", ["wrn_16_4:dropout=0.3", "resnet8:dropout=0.3", "resnet11bn:dropout=0.3", "plain8:dropout=0.3"])
def test_dropout_stands_before_the_last_convolution_of_a_block(name: str) -> None:
    network = create(name)
    modules = list(network.get_submodule("blocks").modules())
    places = [place for place, module in enumerate(modules) if isinstance(module, nn.Dropout)]
    assert len(places) == len(network.get_submodule("blocks"))
    assert all(isinstance(modules[place + 1], nn.Conv2d) and isinstance(modules[place - 1], nn.ReLU) for place in places)
    assert {module.p for module in modules if isinstance(module, nn.Dropout)} == {0.3}


@pytest.mark.parametrize("ordering", [name for name in ORDERINGS if name != "relu-before"])
@pytest.mark.parametrize("base", ["resnet8", "resnet11bn"])
def test_with_zero_gamma_a_block_starts_as_its_shortcut_and_learns(base: str, ordering: str) -> None:
    network = create(f"{base}:ordering={ordering},zero_gamma=true")
    for module in network.modules():
        if isinstance(module, ResidualBlock):
            reads = next(layer for layer in module.branch.modules() if isinstance(layer, nn.Conv2d | nn.BatchNorm2d))
            channels = reads.in_channels if isinstance(reads, nn.Conv2d) else reads.num_features
            assert (module.branch(torch.randn(2, channels, 8, 8)) == 0).all()
    network(torch.randn(4, 3, 16, 16)).square().sum().backward()
    ends = [list(module.branch.parameters()) for module in network.modules() if isinstance(module, ResidualBlock)]
    assert all(any(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in end) for end in ends)


def test_a_residual_perceptron_starts_as_a_shallow_one_with_zero_gamma() -> None:
    deep = create("resmlp_7x32:zero_gamma=true", input_size=4).eval()
    x_NCHW = torch.randn(3, 1, 4, 4)
    hidden_NC = F.relu(deep.stem[1](x_NCHW.flatten(1)))
    assert torch.equal(deep(x_NCHW), deep.head(hidden_NC))


@given(
    width=st.integers(1, 6),
    groups=st.integers(1, 4),
    channels=st.integers(1, 5),
    ordering=st.sampled_from(list(ORDERINGS)),
    shortcut=st.sampled_from(["none", "A", "A-centred", "B", "C"]),
)
def test_grouped_bottlenecks_are_sums_over_groups(width: int, groups: int, channels: int, ordering: str, shortcut: str) -> None:
    """Xie et al. 2017, figure 3: each group's 3x3 convolution reads and writes its own channels alone."""
    architecture = Architecture(
        depth=11, width=width, block="bottleneck", groups=groups, width_per_group=channels, ordering=ordering, shortcut=shortcut
    )
    network = build(architecture)
    middle = next(
        module
        for module in network.get_submodule("blocks").modules()
        if isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3)
    )
    assert (middle.in_channels, middle.out_channels, middle.groups) == (groups * channels, groups * channels, groups)
    x_NCHW = torch.randn(2, groups * channels, 4, 4)
    parts = zip(x_NCHW.chunk(groups, 1), middle.weight.chunk(groups, 0), strict=True)
    expected = torch.cat([F.conv2d(part, weight, padding=1) for part, weight in parts], dim=1)
    torch.testing.assert_close(middle(x_NCHW), expected)
    assert network(torch.randn(2, 3, 8, 8)).shape == (2, 10)
