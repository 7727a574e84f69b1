"""Other norms in the place of batch norm, against their formulas."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_variants import Architecture, create, name_of, parse
from resnet_variants.blocks import WORDS, ResidualBlock
from resnet_variants.complexity import complexity_of
from resnet_variants.norms import Bias, DynamicTanh, PixelLayerNorm, group_norm
from resnet_variants.residual import NORMS


def standardised(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    mean, variance = x.mean(axes, keepdim=True), x.var(axes, keepdim=True, correction=0)
    return (x - mean) / (variance + 1e-5).sqrt()


def obvious(norm: str, x_NCHW: Tensor) -> Tensor:
    """The formulas at gamma 1 and beta 0 (Wu and He 2018, equation 1; Zhu et al. 2025, section 4)."""
    if norm == "gn":
        channels = x_NCHW.shape[1]
        return torch.cat([standardised(part, (1, 2, 3)) for part in x_NCHW.split(channels // 4 if channels == 16 else 4, 1)], 1)
    by_axes = {"bn": (0, 2, 3), "ln": (1, 2, 3), "ln-pixel": (1,)}
    if norm in by_axes:
        return standardised(x_NCHW, by_axes[norm])
    return torch.tanh(0.5 * x_NCHW) if norm == "dyt" else x_NCHW


@pytest.mark.parametrize("norm", NORMS)
def test_a_norm_is_its_formula(norm: str) -> None:
    torch.manual_seed(0)
    module, x_NCHW = WORDS[NORMS[norm]].make(16), torch.randn(3, 16, 5, 4) * 2 + 1
    torch.testing.assert_close(module(x_NCHW), obvious(norm, x_NCHW), atol=1e-5, rtol=1e-5)
    scale, shift = torch.randn(16), torch.randn(16)
    for name, value in (("weight", scale), ("bias", shift)):
        if hasattr(module, name):
            getattr(module, name).data.copy_(value)
    gamma_11 = scale[:, None, None] if hasattr(module, "weight") else 1
    torch.testing.assert_close(module(x_NCHW), gamma_11 * obvious(norm, x_NCHW) + shift[:, None, None], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("channels", "groups"), [(16, 4), (32, 8), (64, 16), (128, 32), (256, 32), (3, 1), (6, 1), (10, 2), (54, 9)]
)
def test_a_group_has_at_least_four_channels_and_there_are_at_most_32(channels: int, groups: int) -> None:
    assert group_norm(channels).num_groups == groups


@pytest.mark.parametrize("base", ["resnet20", "preresnet20:shortcut=B", "resnet29bn", "plain20", "resnet18"])
@pytest.mark.parametrize("norm", NORMS)
def test_a_norm_takes_the_place_of_every_batch_norm(base: str, norm: str) -> None:
    """Behind projections, too; a bias per channel where there is none."""
    separator = "," if ":" in base else ":"
    name = f"{base}{separator}norm={norm}"
    usual, changed = parse(base), parse(name)
    assert isinstance(changed, Architecture)
    with torch.device("meta"):
        networks = [create(name_of(variant)) for variant in (usual, changed)]
    kind = type(WORDS[NORMS[norm]].make(16))
    places = [
        [where for where, module in network.named_modules() if type(module) is one]
        for network, one in zip(networks, (nn.BatchNorm2d, kind), strict=True)
    ]
    assert places[0] == places[1] and places[0]
    channels = sum(network.weight.numel() for network in networks[0].modules() if isinstance(network, nn.BatchNorm2d))
    more = {"dyt": len(places[0]), "none": -channels}.get(norm, 0)
    assert complexity_of(changed).params - complexity_of(usual).params == more


def test_one_network_has_one_name_with_another_norm() -> None:
    for line, name in (
        ("gn relu conv |", "preresnet20:norm=gn"),
        ("conv dyt | relu", "resnet20:norm=dyt"),
        ("conv | bias relu", "resnet20:ordering=bn-after,norm=none"),
    ):
        assert name_of(parse(f"resnet20:ordering={line}")) == name
    assert name_of(parse("resnet20:ordering=conv gn | bn relu")) == "resnet20:ordering=conv gn | bn relu"


@pytest.mark.parametrize("ordering", ["post", "pre", "bn-after", "relu-only"])
def test_zero_gamma_leaves_the_slope_of_a_dynamic_tanh_so_that_gamma_learns(ordering: str) -> None:
    network = create(f"resnet8:width=4,norm=dyt,zero_gamma=true,ordering={ordering}")
    assert all((module.alpha == 0.5).all() for module in network.modules() if isinstance(module, DynamicTanh))
    network(torch.randn(4, 3, 8, 8)).square().sum().backward()
    for built in network.modules():
        if isinstance(built, ResidualBlock):
            assert any(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in built.branch.parameters())


def test_a_layer_norm_of_pixels_is_torchs_over_the_last_axis() -> None:
    x_NCHW = torch.randn(2, 6, 3, 3)
    expected = F.layer_norm(x_NCHW.movedim(1, -1), (6,)).movedim(-1, 1)
    torch.testing.assert_close(PixelLayerNorm(6)(x_NCHW), expected)


def test_a_network_without_norms_has_a_bias_where_they_were() -> None:
    network = create("preresnet20:norm=none")
    assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    assert sum(isinstance(module, Bias) for module in network.modules()) == 19
