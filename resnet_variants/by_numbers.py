"""Count the cost of an `Architecture` or `Perceptron` from its fields, without building it and without torch.

A plan lists dozens of networks and counts them here. `complexity` counts any network by its layers, and tests compare the two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod

from resnet_variants.architecture import Architecture, Task
from resnet_variants.block_kinds import BLOCKS
from resnet_variants.residual import gain_of
from resnet_variants.shortcuts import SHORTCUTS
from resnet_variants.trunks import num_sources
from resnet_variants.variant import Perceptron, Variant


@dataclass(frozen=True, kw_only=True, slots=True)
class Complexity:
    """Number of parameters, and multiply-adds and activations per image; all are exact unless `is_lower_bound`."""

    params: int
    macs: int
    activations: int
    is_lower_bound: bool = False


def complexity_by_numbers(variant: Variant, task: Task) -> Complexity | None:
    """Return the cost of a variant for a task, or None if its layers must be counted: a fixed network, a user's network, word or path."""
    if isinstance(variant, Perceptron):
        layers = list(_perceptron(variant, task))
    elif isinstance(variant, Architecture) and not variant.users_parts:
        layers = list(_staged(variant, task))
    else:
        return None
    return Complexity(
        params=sum(layer.params for layer in layers),
        macs=sum(layer.macs for layer in layers),
        activations=sum(layer.activations for layer in layers),
    )


def _staged(network: Architecture, task: Task) -> Iterator[Complexity]:
    """Yield the costs of the stem, the blocks of each stage and the head, in the order in which `network.build_staged` assembles them."""
    ordering = network.words
    in_channels, *size = task.image_shape
    channels = network.stem_width or network.width
    is_imagenet = network.template == "imagenet"
    size = _strided(size, 2 if is_imagenet else 1)
    yield _convolution(in_channels, channels, 7 if is_imagenet else 3, size)
    yield _norms((*ordering.after, *ordering.after_addition), channels)
    size = _strided(size, 2 if is_imagenet else 1)  # max-pooling
    for place in range(1, network.num_blocks + 1):
        stage, out_channels = network.stage_of(place), network.out_channels(place)
        halves = stage > network.stage_of(place - 1)
        yield from _block(network, (channels, network.inner_width * 2**stage, out_channels), size, halves=halves)
        yield from _mixing(network, (channels, out_channels), size, halves=halves)
        yield from _reading(network, place, channels, size)
        size, channels = _strided(size, 2 if halves else 1), out_channels
    yield from _reading(network, network.num_blocks + 1, channels, size)
    yield _norms(ordering.before, channels)
    yield _linear(channels, task.num_classes)


def _block(network: Architecture, channels: tuple[int, int, int], size: Sequence[int], *, halves: bool) -> Iterator[Complexity]:
    """Yield the costs of a block with these input, inner and output channels."""
    ordering, shortcut = network.words, SHORTCUTS[network.shortcut]
    in_channels, inner, out_channels = channels
    out_size = _strided(size, 2 if halves else 1)
    yield _norms(ordering.before, in_channels)
    num_inner = BLOCKS[network.block].convolutions - 1
    if network.block == "bottleneck":
        yield _convolution(in_channels, inner, 1, size if network.stride_in == "3x3" else out_size)
        yield _convolution(inner, inner, 3, out_size, groups=network.groups)
        yield _convolution(inner, out_channels, 1, out_size)
    else:
        for before, behind in pairwise([in_channels, *[inner] * num_inner, out_channels]):
            yield _convolution(before, behind, 3, out_size)
    for _ in range(num_inner):
        yield _norms((*ordering.after, *ordering.after_addition, *ordering.before), inner)
    yield _norms((*ordering.after, *ordering.after_addition), out_channels)
    yield from _residual_options(network, out_channels, out_size)
    is_kept = not halves and in_channels == out_channels
    path = shortcut.same_shape if is_kept else shortcut.new_shape
    if path == "projection":
        yield _times(_convolution(in_channels, out_channels, 1, out_size), network.streams)
        yield _norms([word for word in ordering.after if word != "shift"], out_channels)  # only words that normalise
    if path is not None and shortcut.gate is not None:
        yield _convolution(in_channels, out_channels, 1, out_size, has_bias=True)


def _residual_options(network: Architecture, channels: int, size: Sequence[int]) -> Iterator[Complexity]:
    """Yield the costs of a block's learned gain, and of a join with weights."""
    gain = gain_of(network.branch_gain, network.num_blocks)
    if gain is not None:
        yield Complexity(params=channels if gain.per_channel else 1, macs=0, activations=0)
    if network.join == "delta":
        yield _convolution(channels, 1, 1, size, has_bias=True)
        yield _linear(channels, 1)


def _mixing(network: Architecture, channels: tuple[int, int], size: Sequence[int], *, halves: bool) -> Iterator[Complexity]:
    """Yield the costs of reading, mixing and writing a block's streams: weights, matrix products, and how the weights are computed."""
    streams, out_size = network.streams, _strided(size, 2 if halves else 1)
    if streams == 1:
        return
    values, out_values = channels[0] * prod(size), channels[1] * prod(out_size)
    yield Complexity(params=2 * streams, macs=streams * values, activations=values)
    yield Complexity(params=0, macs=streams * out_values, activations=streams * out_values)
    if network.mixing != "identity":
        yield Complexity(params=streams**2, macs=streams**2 * out_values, activations=streams * out_values)
    if network.mixing == "hc":
        yield Complexity(params=2, macs=0, activations=0)
        yield _times(_linear(channels[0], streams + 2, has_bias=False), streams)
    if network.mixing == "mhc":
        yield Complexity(params=3, macs=0, activations=0)
        yield _linear(streams * channels[0], streams * (streams + 2), has_bias=False)


def _reading(network: Architecture, place: int, channels: int, size: Sequence[int]) -> Iterator[Complexity]:
    """Yield the cost of attention to the sources of the block at `place`, from 1, or of the head: a convolution to one channel for each."""
    if network.aggregate.startswith("attention"):
        yield _times(_convolution(channels, 1, 1, size), num_sources(network, place))


def _times(layer: Complexity, number: int) -> Complexity:
    """Return the cost of a layer that is applied a number of times."""
    return Complexity(params=layer.params, macs=layer.macs * number, activations=layer.activations * number)


def _perceptron(network: Perceptron, task: Task) -> Iterator[Complexity]:
    channels, rows, columns = task.image_shape
    for place in range(network.hidden_layers):
        yield _linear(network.width if place else channels * rows * columns, network.width, has_bias=not network.has_norm)
        yield _norms(("bn",) if network.has_norm else (), network.width)
    yield _linear(network.width, task.num_classes)


def _convolution(
    in_channels: int, out_channels: int, kernel: int, size: Sequence[int], *, groups: int = 1, has_bias: bool = False
) -> Complexity:
    rows, columns = size
    weights = out_channels * (in_channels // groups) * kernel**2
    return Complexity(
        params=weights + has_bias * out_channels, macs=weights * rows * columns, activations=out_channels * rows * columns
    )


def _linear(in_features: int, out_features: int, *, has_bias: bool = True) -> Complexity:
    weights = (in_features + has_bias) * out_features
    return Complexity(params=weights, macs=weights, activations=out_features)


def _norms(words: Sequence[str], channels: int) -> Complexity:
    return Complexity(params=sum(params_of_word(word, channels) for word in words), macs=0, activations=0)


def params_of_word(word: str, channels: int) -> int:
    """Return the number of parameters of a word of this project's on a number of channels."""
    per_channel = {"bn": 2, "gn": 2, "ln": 2, "ln-pixel": 2, "dyt": 2, "bias": 1}
    return per_channel.get(word, 0) * channels + (word in ("dyt", "shift"))


def _strided(size: Sequence[int], stride: int) -> list[int]:
    return [-(-side // stride) for side in size]
