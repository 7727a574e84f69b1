"""Build a network for counting and for measuring shapes: without storage if that is known to work, else as usual.

Users' code may read a number from a tensor while it builds, or keep tensors that are not weights; neither works without
storage. A user's network is therefore always built in full, and so is one of ours that contains a user's word or path.
"""

import torch
from torch import nn

from resnet_variants.architecture import Architecture, Task
from resnet_variants.build import build
from resnet_variants.variant import Perceptron, Variant
from resnet_variants.whose import is_built_here

KNOWN = ("torch", "torchvision", "resnet_variants")  # packages whose modules keep only weights and buffers


def outline(variant: Variant, task: Task) -> nn.Module:
    """Return the network on the "meta" device, which has shapes but no numbers, or on the CPU with fixed weights if it needs numbers.

    torch's global generator is left unchanged.
    """
    if not (isinstance(variant, Architecture | Perceptron) or is_built_here(variant)):
        return _build_whole(variant, task)
    try:
        with torch.device("meta"):
            network = build(variant, task)
    except (RuntimeError, NotImplementedError):  # a number was read; any other error is raised again
        return _build_whole(variant, task)
    return network if all(_is_known(module) for module in network.modules()) else _build_whole(variant, task)


def is_outline(network: nn.Module) -> bool:
    """Return whether a network has only shapes."""
    return any(weight.is_meta for weight in network.parameters())


def _build_whole(variant: Variant, task: Task) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return build(variant, task).to("cpu")


def _is_known(module: nn.Module) -> bool:
    return type(module).__module__.partition(".")[0] in KNOWN
