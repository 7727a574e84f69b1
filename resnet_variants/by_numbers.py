"""Count the cost of an `Architecture` or `Perceptron` from its fields, without building it and without torch.

A plan lists dozens of networks and counts them here. `complexity` counts any network by its layers, and tests compare the two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from resnet_variants.architecture import BLOCKS, Architecture, Task
from resnet_variants.orderings import ordering_of
from resnet_variants.shortcuts import SHORTCUTS
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
    ordering, expansion = ordering_of(network.ordering), BLOCKS[network.block].expansion
    in_channels, *size = task.image_shape
    channels = network.stem_width or network.width
    is_imagenet = network.template == "imagenet"
    size = _strided(size, 2 if is_imagenet else 1)
    yield _convolution(in_channels, channels, 7 if is_imagenet else 3, size)
    yield _norms((*ordering.after, *ordering.after_addition), channels)
    size = _strided(size, 2 if is_imagenet else 1)  # max-pooling
    for stage, num_blocks in enumerate(network.blocks_per_stage):
        for place in range(num_blocks):
            out_channels = network.width * expansion * 2**stage
            yield from _block(
                network, (channels, network.inner_width * 2**stage, out_channels), size, halves=stage > 0 and place == 0
            )
            size, channels = _strided(size, 2 if stage > 0 and place == 0 else 1), out_channels
    yield _norms(ordering.before, channels)
    yield _linear(channels, task.num_classes)


def _block(network: Architecture, channels: tuple[int, int, int], size: Sequence[int], *, halves: bool) -> Iterator[Complexity]:
    """Yield the costs of a block with these input, inner and output channels."""
    ordering, shortcut = ordering_of(network.ordering), SHORTCUTS[network.shortcut]
    in_channels, inner, out_channels = channels
    out_size = _strided(size, 2 if halves else 1)
    yield _norms(ordering.before, in_channels)
    if network.block == "basic":
        yield _convolution(in_channels, inner, 3, out_size)
        yield _convolution(inner, out_channels, 3, out_size)
    else:
        yield _convolution(in_channels, inner, 1, size if network.stride_in == "3x3" else out_size)
        yield _convolution(inner, inner, 3, out_size, groups=network.groups)
        yield _convolution(inner, out_channels, 1, out_size)
    for _ in range(BLOCKS[network.block].convolutions - 1):
        yield _norms((*ordering.after, *ordering.after_addition, *ordering.before), inner)
    yield _norms((*ordering.after, *ordering.after_addition), out_channels)
    is_kept = not halves and in_channels == out_channels
    path = shortcut.same_shape if is_kept else shortcut.new_shape
    if path == "projection":
        yield _convolution(in_channels, out_channels, 1, out_size)
        yield _norms(ordering.after, out_channels)
    if path is not None and shortcut.gate is not None:
        yield _convolution(in_channels, out_channels, 1, out_size, has_bias=True)


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
    return Complexity(params=2 * channels * words.count("bn"), macs=0, activations=0)


def _strided(size: Sequence[int], stride: int) -> list[int]:
    return [-(-side // stride) for side in size]
