"""A variant -> the network to count, and to measure shapes on: without storage where that is known to work, else as it builds itself.

The code of others may read a number from a tensor while it builds, or keep tensors that are no weights, and neither works without storage.
So a user's network is always built whole, and one of ours wherever a user's word or path is among its modules.
"""

import torch
from torch import nn

from resnet_variants.architecture import Architecture, Task
from resnet_variants.build import build
from resnet_variants.variant import TORCHVISION, Fixed, Perceptron, Variant

KNOWN = ("torch", "torchvision", "resnet_variants")  # packages whose modules keep no tensors but weights and buffers


def outline(variant: Variant, task: Task) -> nn.Module:
    """The network on the "meta" device, which has shapes and no numbers; on the CPU, with the same weights every time, where it needs them.

    torch's own generator is left as it was.
    """
    is_ours = isinstance(variant, Architecture | Perceptron) or (isinstance(variant, Fixed) and variant.network in TORCHVISION)
    if not is_ours:
        return _whole(variant, task)
    try:
        with torch.device("meta"):
            network = build(variant, task)
    except (RuntimeError, NotImplementedError):  # a number was read; whatever else is wrong is raised again
        return _whole(variant, task)
    return network if all(_is_known(module) for module in network.modules()) else _whole(variant, task)


def is_outline(network: nn.Module) -> bool:
    """Whether a network has shapes only."""
    return any(weight.is_meta for weight in network.parameters())


def _whole(variant: Variant, task: Task) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return build(variant, task).to("cpu")


def _is_known(module: nn.Module) -> bool:
    return type(module).__module__.partition(".")[0] in KNOWN
