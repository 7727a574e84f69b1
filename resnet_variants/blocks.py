"""Plain and residual blocks of every ordering and shortcut, assembled from words and paths.

Axes: N images, C channels, H rows, W columns.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_variants.architecture import Architecture
from resnet_variants.block_kinds import BLOCKS
from resnet_variants.dropout import Dropout
from resnet_variants.gains import LearnedGain, Scale, factors_of
from resnet_variants.joins import MODULES, Add
from resnet_variants.lookup import choose
from resnet_variants.norms import Bias, DynamicTanh, PixelLayerNorm, Shift, group_norm, layer_norm
from resnet_variants.orderings import Ordering
from resnet_variants.residual import gain_of
from resnet_variants.several import block_of_several
from resnet_variants.shortcuts import SHORTCUTS, Shortcut
from resnet_variants.words import Word, own_word

WORDS: dict[str, Word] = {
    "bn": Word(make=nn.BatchNorm2d, normalises=True),
    "relu": Word(make=lambda channels: nn.ReLU(), overwrite=lambda channels: nn.ReLU(inplace=True)),
    "gn": Word(make=group_norm, normalises=True),
    "ln": Word(make=layer_norm, normalises=True),
    "ln-pixel": Word(make=PixelLayerNorm, normalises=True),
    "dyt": Word(make=DynamicTanh, normalises=True),
    "bias": Word(make=Bias, normalises=True),  # in the place of a norm, also behind a projection
    "shift": Word(make=lambda channels: Shift()),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """Channels of a block's input, interior and output, and its stride in pixels."""

    in_channels: int
    inner_channels: int
    out_channels: int
    stride: int = 1

    @property
    def is_kept(self) -> bool:
        """Whether the output has the shape of the input."""
        return self.stride == 1 and self.in_channels == self.out_channels


class ZeroPad(nn.Module):
    """Shortcut option A: every stride-th pixel, with zeros for the new channels (He et al. 2015, section 4.1).

    The new channels follow the others, as in the paper's code; with `is_centred` half of them come before and half
    after, with any odd one after. If the output has fewer channels, channels are removed on the same sides.
    """

    def __init__(self, shape: Shape, *, is_centred: bool = False) -> None:
        super().__init__()
        self.stride = shape.stride
        new_channels = shape.out_channels - shape.in_channels
        self.before = new_channels // 2 if is_centred else 0
        self.behind = new_channels - self.before

    def forward(self, x_NCHW: Tensor) -> Tensor:
        # pooling over one pixel, not a slice: a slice's gradient is not channels_last, which slows all later operations
        pixels_NCHW = F.avg_pool2d(x_NCHW, 1, self.stride)
        return F.pad(pixels_NCHW, (0, 0, 0, 0, self.before, self.behind))


class ResidualBlock(nn.Module):
    """Block that computes after(join(branch(x), shortcut(x))); the join is usually the addition."""

    def __init__(self, *, branch: nn.Module, shortcut: nn.Module, after: nn.Module, join: nn.Module | None = None) -> None:
        super().__init__()
        self.branch = branch
        self.shortcut = shortcut
        self.join = Add() if join is None else join
        self.after = after

    def forward(self, x_NCHW: Tensor) -> Tensor:
        out_NCHW: Tensor = self.after(self.join(self.branch(x_NCHW), self.shortcut(x_NCHW)))
        return out_NCHW


class GatedBlock(nn.Module):
    """Block that computes after(branch(x) g(x) + shortcut(x) (1 - g(x))).

    The branch is multiplied by g(x) only if the gate `is_exclusive` (He et al. 2016, section 3.1).
    """

    def __init__(self, *, branch: nn.Module, shortcut: nn.Module, gate: nn.Module, after: nn.Module, is_exclusive: bool) -> None:
        super().__init__()
        self.branch = branch
        self.shortcut = shortcut
        self.gate = gate
        self.after = after
        self.is_exclusive = is_exclusive

    def forward(self, x_NCHW: Tensor) -> Tensor:
        gate_NCHW = torch.sigmoid(self.gate(x_NCHW))
        branch_NCHW = self.branch(x_NCHW)
        if self.is_exclusive:
            branch_NCHW = branch_NCHW * gate_NCHW
        out_NCHW: Tensor = self.after(branch_NCHW + self.shortcut(x_NCHW) * (1 - gate_NCHW))
        return out_NCHW


def projection(shape: Shape, ordering: Ordering) -> nn.Module:
    """Return a strided 1x1 convolution, followed by the norms that the ordering puts on the branch before the addition."""
    norms = [word for word in ordering.after if word_of(word).normalises]
    convolution = conv(shape.in_channels, shape.out_channels, 1, shape.stride)
    return nn.Sequential(convolution, *spell(norms, shape.out_channels))


PATHS: dict[str, Callable[[Shape, Ordering], nn.Module]] = {
    "identity": lambda shape, ordering: nn.Identity(),
    "zero-pad": lambda shape, ordering: ZeroPad(shape),
    "zero-pad-centred": lambda shape, ordering: ZeroPad(shape, is_centred=True),
    "projection": projection,
}
# paths that carry the block's own input; every other path is a projection of it
CARRYING = ("identity", "zero-pad", "zero-pad-centred")


def norm_types() -> tuple[type[nn.Module], ...]:
    """Return the types of the modules that normalising words make."""
    return tuple(type(word.make(64)) for word in WORDS.values() if word.normalises)


def word_of(name: str) -> Word:
    """Return the word of the table, or the one of a user that a location such as "my_words:gelu" names.

    Raises:
        ValueError: the word is unknown, or the location names something else.
    """
    return own_word(name) if ":" in name else choose("word", name, WORDS)


def spell(words: Iterable[str], channels: int, *, owns_input: bool = False) -> list[nn.Module]:
    """Return the modules for words other than `conv`, on tensors of `channels` channels.

    An operation may run in place on a norm's output, and on the first input if `owns_input` (no shortcut reads it).
    """
    modules, may_overwrite = [], owns_input
    for name in words:
        word = word_of(name)
        modules.append(word.overwrite(channels) if may_overwrite and word.overwrite else word.make(channels))
        may_overwrite = word.normalises
    return modules


def conv(in_channels: int, out_channels: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """Return a convolution without bias, padded so that only its stride changes the size in pixels."""
    return nn.Conv2d(in_channels, out_channels, kernel, stride, padding=kernel // 2, groups=groups, bias=False)


def convolutions(architecture: Architecture, shape: Shape) -> list[nn.Conv2d]:
    """Return a block's convolutions in order; in a bottleneck, the 3x3 has the groups, and the stride unless the first 1x1 has it."""
    inner = shape.inner_channels
    if architecture.block == "bottleneck":
        strides = (1, shape.stride) if architecture.stride_in == "3x3" else (shape.stride, 1)
        reduce, middle = conv(shape.in_channels, inner, 1, strides[0]), conv(inner, inner, 3, strides[1], architecture.groups)
        return [reduce, middle, conv(inner, shape.out_channels, 1)]
    channels = [shape.in_channels, *[inner] * (BLOCKS[architecture.block].convolutions - 1), shape.out_channels]
    return [conv(before, behind, 3, 1 if place else shape.stride) for place, (before, behind) in enumerate(pairwise(channels))]


def block(architecture: Architecture, shape: Shape, *, place: int) -> nn.Module:
    """Return the block at `place`, from 1.

    The first block of a network lacks the words before its first convolution: the stem applies them, before branch and
    shortcut part (He et al. 2016, appendix). If the shortcut's path does not carry the block's own input, as a
    projection does not, branch and shortcut both read the output of those words.
    """
    ordering, shortcut = architecture.words, SHORTCUTS[architecture.shortcut]
    opening = [] if place == 1 else spell(ordering.before, shape.in_channels)
    branch = branch_after_opening(architecture, shape, ordering)
    path = shortcut.same_shape if shape.is_kept else shortcut.new_shape
    after = spell(ordering.after_addition, shape.out_channels, owns_input=path is not None)
    if path is None:
        return nn.Sequential(*opening, *branch, *after)
    make_path, is_shared = choose("path", path, PATHS), path not in CARRYING
    if not is_shared:
        branch = opening + branch
    if shortcut.branch_scale != 1:
        branch.append(Scale(shortcut.branch_scale))
    branch += factors_of(architecture, place, shape.out_channels)
    shortcut_path = alter(make_path(shape, ordering), shortcut)
    inner, outer = nn.Sequential(*branch), nn.Sequential(*after)
    joined: nn.Module
    if architecture.passes_several:
        joined = block_of_several(architecture, shape.in_channels, place, branch=inner, shortcut=shortcut_path, after=outer)
    elif shortcut.gate is None:
        join = MODULES[architecture.join](shape.out_channels)
        joined = ResidualBlock(branch=inner, shortcut=shortcut_path, join=join, after=outer)
    else:
        joined = GatedBlock(
            branch=inner,
            shortcut=shortcut_path,
            gate=gate(shape, architecture.gate_bias),
            after=outer,
            is_exclusive=shortcut.gate == "exclusive",
        )
    return nn.Sequential(*opening, joined) if is_shared and opening else joined


def branch_after_opening(architecture: Architecture, shape: Shape, ordering: Ordering) -> list[nn.Module]:
    """Return a block's branch from its first convolution on; dropout precedes the last (Zagoruyko and Komodakis 2016, section 2.4)."""
    modules: list[nn.Module] = []
    layers = convolutions(architecture, shape)
    for place, convolution in enumerate(layers):
        if place > 0:
            modules += spell((*ordering.after, *ordering.after_addition, *ordering.before), convolution.in_channels)
        if place == len(layers) - 1 and architecture.dropout > 0:
            modules.append(Dropout(architecture.dropout))
        modules.append(convolution)
    gain = gain_of(architecture.branch_gain, architecture.num_blocks)
    if gain is not None and architecture.branch_gain == "fixup":  # before the last scalar, as in the paper
        modules.append(LearnedGain(gain, shape.out_channels))
    return modules + spell(ordering.after, shape.out_channels)


def alter(path: nn.Module, shortcut: Shortcut) -> nn.Module:
    """Return the path with the shortcut's scale and dropout applied."""
    if shortcut.scale != 1:
        path = nn.Sequential(path, Scale(shortcut.scale))
    if shortcut.dropout > 0:
        path = nn.Sequential(path, Dropout(shortcut.dropout))
    return path


def gate(shape: Shape, bias: float) -> nn.Conv2d:
    """Return a gate's 1x1 convolution, whose output has the shape of the block's, with its initial bias."""
    convolution = nn.Conv2d(shape.in_channels, shape.out_channels, 1, shape.stride)
    assert convolution.bias is not None
    nn.init.constant_(convolution.bias, bias)
    return convolution
