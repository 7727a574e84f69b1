"""What takes the place of the addition, against its geometry."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from resnet_variants import create
from resnet_variants.blocks import ResidualBlock
from resnet_variants.build import build
from resnet_variants.joins import Delta, OrthogonalAdd, WithoutDirection
from resnet_variants.registry import parse


def two_maps(seed: int, shape: tuple[int, ...] = (2, 5, 3, 4)) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    branch, path = (torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2))
    return branch, path


@given(seed=st.integers(0, 10**6))
def test_what_is_added_is_orthogonal_at_every_pixel(seed: int) -> None:
    """Pixel by pixel in loops: |x'|^2 is |s|^2 + |added|^2, as Pythagoras says."""
    branch, path = two_maps(seed)
    out = OrthogonalAdd(is_global=False)(branch, path)
    for image in range(2):
        for row in range(3):
            for column in range(4):
                f, s, x = (maps[image, :, row, column] for maps in (branch, path, out))
                added = f - (s @ f) / (s @ s + 1e-6) * s
                torch.testing.assert_close(x, s + added)
                assert abs(s @ added) <= 1e-5 * s.norm() * f.norm()
                torch.testing.assert_close(x @ x, s @ s + added @ added, rtol=1e-5, atol=1e-5)


@given(seed=st.integers(0, 10**6))
def test_globally_it_is_orthogonal_over_the_whole_image(seed: int) -> None:
    branch, path = two_maps(seed)
    out = OrthogonalAdd(is_global=True)(branch, path)
    for f, s, x in zip(branch.flatten(1), path.flatten(1), out.flatten(1), strict=True):
        torch.testing.assert_close(x, s + f - (s @ f) / (s @ s + 1e-6) * s)


def test_where_the_shortcut_brings_nothing_the_branch_is_added_whole() -> None:
    branch, path = two_maps(0)
    path[:, :, 0, 0] = 0
    out = OrthogonalAdd(is_global=False)(branch, path)
    assert torch.equal(out[:, :, 0, 0], branch[:, :, 0, 0]) and out.isfinite().all()


def test_inner_products_are_taken_in_fp32_under_bf16() -> None:
    branch, path = (maps.to(torch.bfloat16) for maps in two_maps(0, (2, 64, 4, 4)))
    out = OrthogonalAdd(is_global=False)(branch, path)
    assert out.dtype == torch.bfloat16
    expected = OrthogonalAdd(is_global=False)(branch.double(), path.double())
    torch.testing.assert_close(out.double(), expected, rtol=0.02, atol=0.02)


def test_the_control_removes_the_part_along_a_fixed_direction() -> None:
    join = WithoutDirection(5)
    join.draw(torch.Generator().manual_seed(0))
    direction = join.direction_C11.flatten().double()
    assert direction.norm().item() == pytest.approx(1, abs=1e-6)
    branch, path = two_maps(1)
    added = join(branch, path) - path
    torch.testing.assert_close(torch.einsum("nchw,c->nhw", added, direction), torch.zeros(2, 3, 4).double(), atol=1e-6, rtol=0)
    along = torch.einsum("nchw,c->nhw", branch, direction)
    torch.testing.assert_close(added + along[:, None] * direction[:, None, None], branch, atol=1e-6, rtol=1e-6)


def test_directions_follow_the_generator_and_leave_the_weights_as_they_were() -> None:
    usual, first, again = (
        build(parse(name), generator=torch.Generator().manual_seed(7)).state_dict()
        for name in ("resnet8:width=4", *["resnet8:width=4,join=random-direction"] * 2)
    )
    assert all(torch.equal(first[name], value) for name, value in usual.items())
    assert all(torch.equal(first[name], again[name]) for name in first)
    directions = [value for name, value in first.items() if name.endswith("direction_C11")]
    assert len(directions) == 3 and not torch.equal(directions[0], torch.zeros_like(directions[0]))


@pytest.mark.parametrize(("beta", "kept"), [(0.0, 1.0), (1.0, 0.0), (2.0, -1.0)])
def test_delta_keeps_projects_or_reflects(beta: float, kept: float) -> None:
    """Deep Delta Learning, section 2: at v = 0 the part along k is multiplied by 1 - beta, the rest stays."""
    join = Delta(5, is_fixed=False).double()
    with torch.no_grad():
        join.beta_bias.fill_({0.0: -40.0, 1.0: 0.0, 2.0: 40.0}[beta])
    branch, path = two_maps(2)
    out = join(branch, path)
    k = branch / branch.norm(dim=1, keepdim=True)
    along, along_out = (path * k).sum(1), (out * k).sum(1)
    torch.testing.assert_close(along_out, kept * along, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(out - along_out[:, None] * k, path - along[:, None] * k, atol=1e-4, rtol=1e-4)


def test_delta_writes_a_number_along_the_branch_that_depends_on_the_shortcut() -> None:
    join = Delta(5, is_fixed=False).double()
    with torch.no_grad():
        for weight in join.parameters():
            weight.copy_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(0)))
    branch, path = two_maps(3)
    out = join(branch, path)
    for image in range(2):
        beta = 2 / (1 + torch.exp(-(join.beta_weight[0] @ path[image].mean((1, 2)) + join.beta_bias)))
        for row in range(3):
            for column in range(4):
                s, f = path[image, :, row, column], branch[image, :, row, column]
                v, k = join.value_weight.flatten() @ s + join.value_bias, f / (f @ f + 1e-6).sqrt()
                torch.testing.assert_close(out[image, :, row, column], s + beta * (v - k @ s) * k)


def test_delta_starts_as_its_control_and_learns() -> None:
    branch, path = two_maps(4)
    join = Delta(5, is_fixed=False).double()
    torch.testing.assert_close(join(branch, path), Delta(5, is_fixed=True)(branch, path))
    join(branch, path).square().sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in join.parameters())


@pytest.mark.parametrize("join", ["orthogonal", "orthogonal-global", "random-direction", "delta", "delta-fixed"])
@pytest.mark.parametrize(
    "base", ["resnet8:width=4,", "preresnet8:width=4,", "resnet11bn:width=4,", "preresnet8:width=4,shortcut=C,"]
)
def test_every_block_joins_so(base: str, join: str) -> None:
    network = create(f"{base}join={join}")
    blocks = [module for module in network.modules() if isinstance(module, ResidualBlock)]
    kinds = {type(module.join) for module in blocks}
    assert len(kinds) == 1 and kinds <= {OrthogonalAdd, WithoutDirection, Delta}
    network(torch.randn(2, 3, 8, 8)).square().sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters())
