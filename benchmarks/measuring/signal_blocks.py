"""Which modules of a network are its blocks, for a signal check.

Networks of this project consist of a stem, blocks and a head. In any other network, modules that only hold others
(Sequential, ModuleList, ModuleDict) are opened; each module with a matrix of weights then begins a block. Modules without
one belong to the block before them; norms and activations after a single layer change what that block returns, pooling
does not, nor does anything after a block with parts of its own. If that gives no more than three blocks, such as stem,
body and head, the module with the most weights is opened as well, as long as it holds, at some depth, two or more modules
that have parts of their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from torch import nn

from resnet_variants.lookup import no_such
from resnet_variants.network import Network

Named = tuple[str, nn.Module]
FEWEST = 4  # blocks of another network below which its largest module is opened


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A module of a network, and whether it begins a block or belongs to the block before it."""

    name: str
    module: nn.Module
    begins: bool


def parts_of(network: nn.Module, pattern: str | None = None) -> list[Part]:
    """Return the modules that make up a network; with a `pattern`, the outermost modules of another's network that match it.

    Raises:
        ValueError: no module matches the pattern.
    """
    if isinstance(network, Network):
        blocks = [(f"blocks.{number}", block) for number, block in enumerate(network.blocks)]
        return _as_parts([("stem", network.stem), *blocks, ("head", network.head)])
    if pattern is not None:
        return [Part(name=name, module=module, begins=True) for name, module in _matching(network, pattern)]
    return _as_parts(_find(network))


def _as_parts(found: list[Named]) -> list[Part]:
    return [Part(name=name, module=module, begins=_has_matrix(module)) for name, module in found]


def _find(network: nn.Module) -> list[Named]:
    """Return the modules of another's network: those that begin blocks, and those in between."""
    found = list(_open("", network)) or [("network", network)]
    while sum(_has_matrix(module) for _, module in found) < FEWEST:
        stacks = [place for place, (_, module) in enumerate(found) if _is_stack(module)]
        if not stacks:
            break
        place = max(stacks, key=lambda place: _num_weights(found[place][1]))
        found[place : place + 1] = _open(*found[place])
    return found


def _matching(network: nn.Module, pattern: str) -> list[Named]:
    modules = {name: module for name, module in network.named_modules() if name}
    found: dict[str, nn.Module] = {}
    for name, module in modules.items():
        is_inside = any(name.startswith(f"{outer}.") for outer in found)
        if fnmatchcase(name, pattern) and not is_inside and _runs(module):
            found[name] = module
    if not found:
        raise ValueError(no_such("module", pattern, modules))
    return list(found.items())


def _open(name: str, module: nn.Module) -> Iterator[Named]:
    """Yield a module's children, with the children of those that only hold others in their place."""
    for key, child in module.named_children():
        path = f"{name}.{key}" if name else key
        if _only_holds(child):
            yield from _open(path, child)
        else:
            yield path, child


def _only_holds(module: nn.Module) -> bool:
    """Return whether a module does nothing but hold others, or run them in order."""
    return type(module).forward is nn.Sequential.forward or not _runs(module)


def _runs(module: nn.Module) -> bool:
    """Return whether a module can be called; a ModuleList cannot."""
    return type(module).forward is not nn.Module.forward


def _is_stack(module: nn.Module) -> bool:
    """Return whether a module holds, at some depth, two or more modules with a matrix of weights that have parts of their own."""
    inner = [child for _, child in _open("", module) if _has_matrix(child) and any(True for _ in child.children())]
    return len(inner) > 1 or any(map(_is_stack, inner))


def _has_matrix(module: nn.Module) -> bool:
    """Return whether a module has a matrix of weights."""
    return any(weight.ndim > 1 for weight in module.parameters())


def _num_weights(module: nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())
