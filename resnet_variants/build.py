"""Build the nn.Module of a variant of any kind."""

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
from resnet_variants.source import ChangedSourceError, digest, own_files
from resnet_variants.users_code import users_code
from resnet_variants.variant import FIXED, Fixed, Own, Perceptron, Unknown, Variant, check_variant


def build(variant: Variant, task: Task | None = None, *, generator: torch.Generator | None = None) -> nn.Module:
    """Return the network that a variant describes, x_NCHW -> scores_NK, with new random weights.

    It is built for the images and classes of `task` (default: those it was published for). Its weights are drawn from
    `generator` (default: torch's global one).

    Raises:
        ValueError: the variant's definition or its source is not found here, or the source has changed.
        TypeError: `variant` is a name or no variant, or `task` or `generator` has the wrong type.
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
        raise ValueError(f"network {variant.name!r} is not known here: its table or module is missing")
    if generator is None:
        return _build_as_written(variant, task)
    with torch.random.fork_rng(devices=[]):  # other people's code draws from torch's global generator
        torch.manual_seed(int(torch.randint(2**62, (), generator=generator, device="cpu")))
        return _build_as_written(variant, task)


def _build_as_written(variant: Fixed | Own, task: Task) -> nn.Module:
    """Return a network as its authors wrote it, with their initialisation."""
    if isinstance(variant, Own):
        return _build_own(variant, task)
    make = FIXED[variant.network].make
    if make is not None:
        return made_by(make, task)
    from resnet_variants import torchvision_nets  # torchvision is loaded only for its own networks

    return torchvision_nets.build(variant, task)


def _build_own(own: Own, task: Task) -> nn.Module:
    """Return a user's network, made by exactly the source that the value describes.

    Raises:
        ValueError: the source is not found here, or has another digest.
    """
    module = own.place.partition(":")[0]
    try:
        current = digest(module)
    except ValueError as error:
        raise ValueError(f"network {own.place!r} is not known here: {error}") from error
    if current != own.digest:
        words = f"network {own.place!r} has changed: its source has digest {current}, expected {own.digest or 'none'}"
        raise ChangedSourceError(words)
    if _IMPORTED.get(module) != current:  # this process may have imported an earlier version
        for name in own_files(module):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        with users_code(own_files(module)[module], is_import=True):
            import_module(module)
    network = made_by(own.place, task)
    _IMPORTED[module] = current
    return network


_IMPORTED: dict[str, str] = {}  # digest of each user's module when this process imported it


def made_by(make: str, task: Task) -> nn.Module:
    """Return the network that the function "package.module:function" makes for a task.

    Raises:
        ValueError: the function does not exist, or does not return an nn.Module.
    """
    module, _, function = make.partition(":")
    try:
        maker = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"{make!r} cannot be imported: it must be 'module:function' ({error})") from error
    network = maker(task)
    if not isinstance(network, nn.Module):
        raise ValueError(f"{make!r} returned a {type(network).__name__}: it must return an nn.Module")
    return network
