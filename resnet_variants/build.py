"""A variant -> nn.Module, whichever kind of variant it is."""

import importlib
import sys
from importlib import import_module
from types import NoneType

import torch
from torch import nn

from resnet_variants.architecture import Architecture, Task
from resnet_variants.lookup import check_type
from resnet_variants.network import build_staged
from resnet_variants.perceptrons import build_perceptron
from resnet_variants.source import digest, own_files
from resnet_variants.variant import FIXED, Fixed, Own, Perceptron, Unknown, Variant, check_variant


def build(variant: Variant, task: Task | None = None, *, generator: torch.Generator | None = None) -> nn.Module:
    """The network that a variant describes, x_NCHW -> scores_NK, with fresh weights.

    It is built for the images and classes of `task`, those that it was published for where there is none. The weights are drawn from
    `generator`, or from torch's own.

    Raises:
        TypeError: a name instead of a variant, or a task or generator of another type.
    """
    check_variant(variant)
    check_type("task", task, (Task, NoneType), "a Task, such as parse('resnet20').task")
    check_type("generator", generator, (torch.Generator, NoneType), "a torch.Generator")
    task = task or variant.task
    if isinstance(variant, Architecture):
        return build_staged(variant, task, generator)
    if isinstance(variant, Perceptron):
        return build_perceptron(variant, task, generator)
    if isinstance(variant, Unknown):
        raise ValueError(f"network {variant.name!r} is not known here: it was trained where a table or a module had it")
    if generator is None:
        return _as_written(variant, task)
    with torch.random.fork_rng(devices=[]):  # the code of others draws from torch's own generator
        torch.manual_seed(int(torch.randint(2**62, (), generator=generator, device="cpu")))
        return _as_written(variant, task)


def _as_written(variant: Fixed | Own, task: Task) -> nn.Module:
    """A network as its authors wrote it, with their initialisation."""
    if isinstance(variant, Own):
        return _own(variant, task)
    make = FIXED[variant.network].make
    if make is not None:
        return made_by(make, task)
    from resnet_variants import torchvision_nets  # torchvision is loaded only where one of its networks is asked for

    return torchvision_nets.build(variant, task)


def _own(own: Own, task: Task) -> nn.Module:
    """A user's network, made by the source that the value speaks of and no other.

    Raises:
        ValueError: the source is not found here, or is not the value's.
    """
    module = own.place.partition(":")[0]
    try:
        found = digest(module)
    except ValueError as error:
        raise ValueError(f"network {own.place!r} is not known here: {error}") from error
    if found != own.digest:
        raise ValueError(
            f"network {own.place!r} has changed: its source has digest {found}, and {own.digest or 'none'} was asked for"
        )
    if _IMPORTED.get(module) != found:  # what this process may have imported earlier is of other source
        for name in own_files(module):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
    network = made_by(own.place, task)
    _IMPORTED[module] = found
    return network


_IMPORTED: dict[str, str] = {}  # the digest of a user's module when this process imported it


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
