"""Insert a block into a trained network: one that changes nothing, changes little, or is newly initialised.

This is separate from `network`, which builds untrained networks. Axes: N images, C channels, H rows, W columns.
"""

import math
from collections.abc import Callable
from copy import deepcopy
from types import NoneType
from typing import Literal

import torch
from torch import Tensor, nn

from resnet_variants.architecture import Architecture
from resnet_variants.block_kinds import BLOCKS
from resnet_variants.blocks import GatedBlock, ResidualBlock, Shape, block
from resnet_variants.lookup import check_type, whole_number
from resnet_variants.network import Network, initialise
from resnet_variants.variant import Variant, check_variant

Init = Literal["zero", "zero-branch", "identity"] | float


def insert(
    network: Network,
    stage: int,
    init: Init,
    *,
    x_NCHW: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> Network:
    """Return a copy of the network with one more block at the end of a stage, counted from 0.

    With `init` "zero", every weight of the block is 0, also in its norms; with "zero-branch", norms after the addition
    are the identity instead, in evaluation mode. With "identity", its convolutions are Dirac's and its norms cancel
    their own effect, so that a plain block passes on non-negative inputs. With a number, the block gets He
    initialisation, and that number is the gamma of the branch's last norm (of the block's if it has no shortcut). Given
    images `x_NCHW`, the block's norms get the running statistics of these images; with "identity" they also cancel them.

    Raises:
        ValueError: the stage does not exist, the network has no stages, the block cannot be the identity or has no
            branch, or the network cannot process the images.
        TypeError: an argument has the wrong type.
    """
    architecture = _architecture_of(network)
    whole_number("stage", stage)
    check_type("x_NCHW", x_NCHW, (Tensor, NoneType), "a tensor of images")
    check_type("generator", generator, (torch.Generator, NoneType), "a torch.Generator")
    if not 0 <= stage < len(network.blocks_per_stage):
        raise ValueError(f"stage must be from 0 to {len(network.blocks_per_stage) - 1}, got {stage}")
    is_number = isinstance(init, float | int) and not isinstance(init, bool) and math.isfinite(init)
    if not (isinstance(init, str) and init in ("zero", "zero-branch", "identity")) and not is_number:
        raise ValueError(f"init must be 'zero', 'zero-branch', 'identity' or a number, got {init!r}")
    grown = deepcopy(network)
    place = sum(network.blocks_per_stage[: stage + 1])
    weight = next(network.parameters())
    new = _initialised(architecture, stage, init, generator).to(weight.device, weight.dtype)
    new.train(network.training)
    grown.blocks.insert(place, new)
    grown.blocks_per_stage = tuple(count + (at == stage) for at, count in enumerate(network.blocks_per_stage))
    if x_NCHW is not None:
        _set_running_statistics(grown, new, x_NCHW, undo=init == "identity")
    return grown


def insert_everywhere(
    network: Network, init: Init, *, x_NCHW: Tensor | None = None, generator: torch.Generator | None = None
) -> Network:
    """Return a copy with one more block at the end of every stage."""
    _architecture_of(network)
    for stage in range(len(network.blocks_per_stage)):
        network = insert(network, stage, init, x_NCHW=x_NCHW, generator=generator)
    return network


def can_be_identity(architecture: Variant) -> bool:
    """Return whether Dirac convolutions make a block the identity: a plain block of two convolutions on non-negative inputs."""
    check_variant(architecture)
    return (
        isinstance(architecture, Architecture)
        and not architecture.is_residual
        and architecture.block == "basic"
        and architecture.words.before == ()
    )


def _architecture_of(network: Network) -> Architecture:
    check_type("network", network, nn.Module, "a network, such as create('resnet20')")
    if not isinstance(network, Network) or network.architecture is None:
        raise ValueError(
            f"a block can be inserted only into a network with stages, such as create('resnet20'), got {type(network).__name__}"
        )
    if network.architecture.passes_several:
        raise ValueError(
            "a block cannot be inserted into a network of several streams or sources: its weights would have to fit the others"
        )
    return network.architecture


def _kept_shape(architecture: Architecture, stage: int) -> Shape:
    channels = architecture.width * BLOCKS[architecture.block].expansion * 2**stage
    return Shape(in_channels=channels, inner_channels=architecture.inner_width * 2**stage, out_channels=channels)


@torch.no_grad()
def _initialised(architecture: Architecture, stage: int, init: Init, generator: torch.Generator | None) -> nn.Module:
    """Return a new block for the end of a stage, as the last one there is built."""
    new = block(architecture, _kept_shape(architecture, stage), place=sum(architecture.blocks_per_stage[: stage + 1]))
    if init == "zero" or init == "zero-branch":  # mypy narrows this
        for weight in new.parameters():
            nn.init.zeros_(weight)
        if init == "zero-branch":
            _open_norms_after_addition(architecture, new)
    elif init == "identity":
        if not can_be_identity(architecture):
            raise ValueError(
                "only a plain block of two convolutions with non-negative inputs can be the identity: "
                "use 'zero' for a residual block, which makes it the identity"
            )
        for module in new.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.dirac_(module.weight)
            elif isinstance(module, nn.BatchNorm2d):
                module.weight.fill_(math.sqrt(1 + module.eps))  # cancels the division by sqrt(1 + eps)
    else:
        initialise(new, generator)
        _last_norm(new).weight.fill_(init)
    return new


def _open_norms_after_addition(architecture: Architecture, new: nn.Module) -> None:
    """Make the norms after the addition the identity in evaluation mode, to the last bit."""
    if not architecture.is_residual:
        raise ValueError("only a block with a shortcut has a branch that can be zero: use 'zero' for a plain block")
    (joined,) = [module for module in new.modules() if isinstance(module, ResidualBlock | GatedBlock)]
    for norm in joined.after.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.eps = 0.0  # else sqrt(1 + eps) is rounded
            nn.init.ones_(norm.weight)


def _last_norm(new: nn.Module) -> nn.BatchNorm2d:
    """Return the last norm of the branch, or of the whole block if it has no shortcut."""
    joined = [module for module in new.modules() if isinstance(module, ResidualBlock | GatedBlock)]
    norms = [module for module in (joined[0].branch if joined else new).modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        raise ValueError("a number sets the gamma of a batch norm, and this block has none: use 'zero' or 'zero-branch'")
    return norms[-1]


@torch.no_grad()
def _set_running_statistics(network: Network, new: nn.Module, x_NCHW: Tensor, *, undo: bool) -> None:
    """Set the running statistics of a block's norms from these images, one norm after the other."""
    norms = [module for module in new.modules() if isinstance(module, nn.BatchNorm2d)]
    was_training = network.training
    network.eval()
    for norm in norms:
        norm.register_forward_pre_hook(_take_statistics(undo=undo))
    try:
        network(x_NCHW)
    except (RuntimeError, ValueError) as error:  # raised by a convolution or a norm
        shape = "x".join(str(size) for size in x_NCHW.shape)
        raise ValueError(
            f"this network cannot process x_NCHW of shape {shape} and type {x_NCHW.dtype}: {str(error).splitlines()[0]}"
        ) from error
    for norm in norms:
        norm._forward_pre_hooks.clear()
    network.train(was_training)


def _take_statistics(*, undo: bool) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
    def hook(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(norm, nn.BatchNorm2d) and norm.running_mean is not None and norm.running_var is not None
        variance_C, mean_C = torch.var_mean(inputs[0].float(), dim=(0, 2, 3), correction=0)
        norm.running_mean.copy_(mean_C)
        norm.running_var.copy_(variance_C)
        if undo:
            norm.weight.copy_((variance_C + norm.eps).sqrt())
            norm.bias.copy_(mean_C)

    return hook
