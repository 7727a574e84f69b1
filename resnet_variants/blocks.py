"""Blocks, plain and residual, of every ordering and shortcut: one class, put together from words and paths.

Axes: N images, C channels, H rows, W columns.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from resnet_variants.architecture import BLOCKS
from resnet_variants.choices import choose
from resnet_variants.orderings import Ordering
from resnet_variants.shortcuts import Shortcut


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """What a word of an ordering stands for: a module for so many channels. What normalises stands behind a projection too."""

    make: Callable[[int], nn.Module]
    normalises: bool = False


WORDS: dict[str, Word] = {
    "bn": Word(make=nn.BatchNorm2d, normalises=True),
    "relu": Word(make=lambda channels: nn.ReLU()),  # not in place: a shortcut may read the same tensor
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """What a block reads and puts out, in channels, and its stride in pixels."""

    in_channels: int
    out_channels: int
    stride: int

    @property
    def is_kept(self) -> bool:
        """Whether the output has the input's shape."""
        return self.stride == 1 and self.in_channels == self.out_channels


class ZeroPad(nn.Module):
    """Option A: every stride-th pixel, and zeros for the new channels (He et al. 2015, section 4.1)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.stride = shape.stride
        self.new_channels = shape.out_channels - shape.in_channels

    def forward(self, x_NCHW: Tensor) -> Tensor:
        # pooling over one pixel, not a slice: a slice's gradient leaves channels_last, and every operation after it is slow
        pixels_NCHW = F.avg_pool2d(x_NCHW, 1, self.stride)
        return F.pad(pixels_NCHW, (0, 0, 0, 0, 0, self.new_channels))


class ResidualBlock(nn.Module):
    """after(branch(x) + shortcut(x))."""

    def __init__(self, *, branch: nn.Module, shortcut: nn.Module, after: nn.Module) -> None:
        super().__init__()
        self.branch = branch
        self.shortcut = shortcut
        self.after = after

    def forward(self, x_NCHW: Tensor) -> Tensor:
        out_NCHW: Tensor = self.after(self.branch(x_NCHW) + self.shortcut(x_NCHW))
        return out_NCHW


def projection(shape: Shape, ordering: Ordering) -> nn.Module:
    """A strided 1x1 convolution, normalised where the ordering normalises the branch before the addition."""
    norms = [word for word in ordering.after if choose("word", word, WORDS).normalises]
    convolution = nn.Conv2d(shape.in_channels, shape.out_channels, 1, stride=shape.stride, bias=False)
    return nn.Sequential(convolution, *spell(norms, shape.out_channels))


PATHS: dict[str, Callable[[Shape, Ordering], nn.Module]] = {
    "identity": lambda shape, ordering: nn.Identity(),
    "zero-pad": lambda shape, ordering: ZeroPad(shape),
    "projection": projection,
}


def spell(words: Iterable[str], channels: int) -> list[nn.Module]:
    """The modules that words other than `conv` stand for, at a place `channels` wide."""
    return [choose("word", word, WORDS).make(channels) for word in words]


def conv(in_channels: int, out_channels: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    """A convolution without bias that keeps the size in pixels but for its stride."""
    return nn.Conv2d(in_channels, out_channels, kernel, stride=stride, padding=kernel // 2, bias=False)


def convolutions(kind: str, width: int, shape: Shape) -> list[nn.Conv2d]:
    """The convolutions of a block, in order; a bottleneck strides in its 3x3."""
    if kind == "basic":
        return [conv(shape.in_channels, width, 3, shape.stride), conv(width, shape.out_channels, 3)]
    return [conv(shape.in_channels, width, 1), conv(width, width, 3, shape.stride), conv(width, shape.out_channels, 1)]


def block(*, kind: str, width: int, shape: Shape, ordering: Ordering, shortcut: Shortcut, is_first: bool) -> nn.Module:
    """One block.

    The first block of a network is without the words before its first convolution: the stem does them, before the ways part (He et
    al. 2016, appendix). Where a projection stands beside the branch, both read what comes after those words.
    """
    assert shape.out_channels == width * BLOCKS[kind].expansion
    opening = [] if is_first else spell(ordering.before, shape.in_channels)
    branch: list[nn.Module] = []
    for place, convolution in enumerate(convolutions(kind, width, shape)):
        if place > 0:
            branch += spell((*ordering.after, *ordering.after_addition, *ordering.before), convolution.in_channels)
        branch.append(convolution)
    branch += spell(ordering.after, shape.out_channels)
    after = spell(ordering.after_addition, shape.out_channels)
    path = shortcut.same_shape if shape.is_kept else shortcut.new_shape
    if path is None:
        return nn.Sequential(*opening, *branch, *after)
    beside = PATHS[path](shape, ordering)
    if path == "projection":
        joined = ResidualBlock(branch=nn.Sequential(*branch), shortcut=beside, after=nn.Sequential(*after))
        return nn.Sequential(*opening, joined) if opening else joined
    return ResidualBlock(branch=nn.Sequential(*opening, *branch), shortcut=beside, after=nn.Sequential(*after))
