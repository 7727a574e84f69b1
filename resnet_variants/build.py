"""A variant -> nn.Module, whichever kind of variant it is."""

from importlib import import_module

import torch
from torch import nn

from resnet_variants.architecture import Architecture, Task
from resnet_variants.network import build_staged
from resnet_variants.perceptrons import build_perceptron
from resnet_variants.variant import FIXED, Fixed, Perceptron, Variant


def build(variant: Variant, task: Task | None = None, *, generator: torch.Generator | None = None) -> nn.Module:
    """The network that a variant describes, x_NCHW -> scores_NK, with fresh weights.

    It is built for the images and classes of `task`, those that it was published for where there is none. The weights are drawn from
    `generator`, or from torch's own.
    """
    task = task or variant.task
    if isinstance(variant, Architecture):
        return build_staged(variant, task, generator)
    if isinstance(variant, Perceptron):
        return build_perceptron(variant, task, generator)
    return build_fixed(variant, task, generator)


def build_fixed(fixed: Fixed, task: Task, generator: torch.Generator | None) -> nn.Module:
    """A network as its authors wrote it, with their initialisation."""
    if generator is not None:  # they draw from torch's own generator
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(torch.randint(2**62, (), generator=generator, device="cpu")))
            return build_fixed(fixed, task, None)
    make = FIXED[fixed.network].make
    if make is not None:
        return made_by(make, task)
    from resnet_variants import comparisons  # torchvision is loaded only where one of its networks is asked for

    return comparisons.build(fixed, task)


def made_by(make: str, task: Task) -> nn.Module:
    """The network that a function makes, which is named as "package.module:function".

    Raises:
        ValueError: there is no such function, or it makes something else.
    """
    module, _, function = make.partition(":")
    try:
        found = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"there is no {make!r} to make the network: it must be 'module:function' ({error})") from error
    network = found(task)
    if not isinstance(network, nn.Module):
        raise ValueError(f"{make!r} made a {type(network).__name__}: it must return an nn.Module")
    return network
