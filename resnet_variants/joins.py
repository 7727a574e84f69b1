"""How a block joins its branch f and its shortcut's output s: by addition, or in the ways that were proposed since.

Inner products are taken in fp32 at least. Axes: N images, C channels, H rows, W columns.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPSILON = 1e-6  # as in the public code of Oh et al. 2025


class Add(nn.Module):
    """f + s."""

    def forward(self, branch_NCHW: Tensor, path_NCHW: Tensor) -> Tensor:
        return branch_NCHW + path_NCHW


class OrthogonalAdd(nn.Module):
    """s + f - (<s, f> / (<s, s> + epsilon)) s: over the channels of each pixel, or over all of an image (Oh et al. 2025, section 3)."""

    def __init__(self, *, is_global: bool) -> None:
        super().__init__()
        self.axes = (1, 2, 3) if is_global else (1,)

    def forward(self, branch_NCHW: Tensor, path_NCHW: Tensor) -> Tensor:
        return path_NCHW + self.added(branch_NCHW, path_NCHW)

    def added(self, branch_NCHW: Tensor, path_NCHW: Tensor) -> Tensor:
        """Return the part of the branch that is orthogonal to the shortcut's output."""
        path, branch = precise(path_NCHW), precise(branch_NCHW)
        share = inner(path, branch, self.axes) / (inner(path, path, self.axes) + EPSILON)
        return branch_NCHW - (share * path).to(branch_NCHW.dtype)


class WithoutDirection(nn.Module):
    """s + f - <r, f> r, with a fixed random unit vector r over the channels: the control of `OrthogonalAdd`."""

    direction_C11: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("direction_C11", torch.zeros(channels, 1, 1))

    @torch.no_grad()
    def draw(self, generator: torch.Generator | None) -> None:
        """Draw the direction."""
        self.direction_C11.normal_(generator=generator)
        self.direction_C11.div_(self.direction_C11.norm())

    def forward(self, branch_NCHW: Tensor, path_NCHW: Tensor) -> Tensor:
        direction = self.direction_C11.to(branch_NCHW.dtype)
        return path_NCHW + branch_NCHW - inner(branch_NCHW, direction, (1,)) * direction


class Delta(nn.Module):
    """s + beta (v - <k, s>) k at each pixel, with k = f/|f|: Deep Delta Learning, adapted to feature maps.

    v is a number per pixel, from a 1x1 convolution of s; beta is one per image between 0 and 2, from the means of s over
    the pixels. They start at 0 and 1, so that each block first removes what s has along k. If `is_fixed` they stay there.
    """

    def __init__(self, channels: int, *, is_fixed: bool) -> None:
        super().__init__()
        self.is_fixed = is_fixed
        if not is_fixed:
            self.value_weight = nn.Parameter(torch.zeros(1, channels, 1, 1))
            self.value_bias = nn.Parameter(torch.zeros(1))
            self.beta_weight = nn.Parameter(torch.zeros(1, channels))
            self.beta_bias = nn.Parameter(torch.zeros(1))

    def forward(self, branch_NCHW: Tensor, path_NCHW: Tensor) -> Tensor:
        branch, path = precise(branch_NCHW), precise(path_NCHW)
        direction = branch / (inner(branch, branch, (1,)) + EPSILON).sqrt()
        if self.is_fixed:
            return (path - inner(direction, path, (1,)) * direction).to(path_NCHW.dtype)
        value_N1HW = precise(F.conv2d(path_NCHW, self.value_weight, self.value_bias))
        beta_N1 = 2 * torch.sigmoid(precise(F.linear(path_NCHW.mean((2, 3)), self.beta_weight, self.beta_bias)))
        change = beta_N1[:, :, None, None] * (value_N1HW - inner(direction, path, (1,))) * direction
        return (path + change).to(path_NCHW.dtype)


def precise(x: Tensor) -> Tensor:
    """Return a tensor in fp32, or in fp64 if it is."""
    return x if x.dtype == torch.float64 else x.float()


def inner(a_NCHW: Tensor, b_NCHW: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Return the inner product over some axes, which are kept with length 1."""
    return (a_NCHW * b_NCHW).sum(axes, keepdim=True)


MODULES: dict[str, Callable[[int], nn.Module]] = {
    "add": lambda channels: Add(),
    "orthogonal": lambda channels: OrthogonalAdd(is_global=False),
    "orthogonal-global": lambda channels: OrthogonalAdd(is_global=True),
    "random-direction": WithoutDirection,
    "delta": lambda channels: Delta(channels, is_fixed=False),
    "delta-fixed": lambda channels: Delta(channels, is_fixed=True),
}
