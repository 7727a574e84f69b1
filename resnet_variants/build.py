"""Build the nn.Module of a variant of any kind."""

import importlib
import sys
from importlib import import_module
from types import NoneType

import torch
from torch import nn

from resnet_variants.architecture import Architecture, Task
from resnet_variants.layout import within_memory
from resnet_variants.lookup import check_type
from resnet_variants.network import build_staged
from resnet_variants.orderings import ordering_of
from resnet_variants.perceptrons import build_perceptron
from resnet_variants.registry import name_of
from resnet_variants.source import ChangedSourceError, UnusableSourceError, digest_of_places, own_files
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
    return within_memory(_build(variant, task or variant.task, generator))


def _build(variant: Variant, task: Task, generator: torch.Generator | None) -> nn.Module:
    """Return the network of a variant of any kind, or say that its definition is missing."""
    if isinstance(variant, Architecture):
        return _build_staged(variant, task, generator)
    if isinstance(variant, Perceptron):
        return build_perceptron(variant, task, generator)
    if isinstance(variant, Unknown):
        raise ValueError(f"network {variant.name!r} is not known here: its table or module is missing")
    if generator is None:
        return _build_as_written(variant, task)
    with torch.random.fork_rng(devices=[]):  # other people's code draws from torch's global generator
        torch.manual_seed(int(torch.randint(2**62, (), generator=generator, device="cpu")))
        return _build_as_written(variant, task)


def _build_staged(architecture: Architecture, task: Task, generator: torch.Generator | None) -> nn.Module:
    """Return a network of blocks; the random numbers of a user's words follow from the generator's seed, and take none of its own."""
    own = ordering_of(architecture.ordering).own_words
    if not own:
        return build_staged(architecture, task, generator)
    import_own(name_of(architecture), list(dict.fromkeys(word.partition(":")[0] for word in own)), architecture.digest)
    if generator is None:
        return build_staged(architecture, task, generator)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(generator.initial_seed())
        return build_staged(architecture, task, generator)


def _build_as_written(variant: Fixed | Own, task: Task) -> nn.Module:
    """Return a network as its authors wrote it, with their initialisation."""
    if isinstance(variant, Own):
        import_own(variant.place, [variant.place.partition(":")[0]], variant.digest)
        return made_by(variant.place, task)
    make = FIXED[variant.network].make
    if make is not None:
        return made_by(make, task)
    from resnet_variants import torchvision_nets  # torchvision is loaded only for its own networks

    return torchvision_nets.build(variant, task)


def import_own(what: str, modules: list[str], expected: str) -> None:
    """Import a user's modules if their source has the expected digest; forget earlier versions of them.

    Raises:
        UnusableSourceError: the source is not found here, has another digest, or fails.
    """
    try:
        current = digest_of_places(*modules)
    except ValueError as error:
        raise UnusableSourceError(f"network {what!r} is not known here: {error}") from error
    if current != expected:
        words = f"network {what!r} has changed: its source has digest {current}, expected {expected or 'none'}"
        raise ChangedSourceError(words)
    for module in modules:
        if _IMPORTED.get(module) != current:  # this process may have imported an earlier version
            for name in own_files(module):
                sys.modules.pop(name, None)
    importlib.invalidate_caches()
    for module in modules:
        if _IMPORTED.get(module) != current:
            with users_code(own_files(module)[module], is_import=True):
                import_module(module)
            _IMPORTED[module] = current


_IMPORTED: dict[str, str] = {}  # digest with which this process imported each user's module


def made_by(make: str, task: Task) -> nn.Module:
    """Return the network that the function "package.module:function" makes for a task.

    Raises:
        ValueError: the function does not exist, is none, or does not return an nn.Module.
    """
    module, _, function = make.partition(":")
    try:
        maker = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"{make!r} cannot be imported: it must be 'module:function' ({error})") from error
    if not callable(maker):
        raise ValueError(f"{make!r} must be a function or class that makes a network for a task, got {maker!r}")
    network = maker(task)
    if not isinstance(network, nn.Module):
        raise ValueError(f"{make!r} returned a {type(network).__name__}: it must return an nn.Module")
    return network
