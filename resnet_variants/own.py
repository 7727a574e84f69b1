"""A user's own network, by where it is: `my_nets:my_net` -> Own, read off its source without running it.

The module says what is known of the network without building it, all of it optional: as attributes of a function that makes it
(`my_net.depth = 20`) or of a class (`depth = 20` in its body). The names are those of `FACTS`.
"""

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from resnet_variants.lookup import no_such
from resnet_variants.source import digest, find, parse_file
from resnet_variants.variant import Own

PLACE = re.compile(r"(?P<place>[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*)(:(?P<options>.*))?")
# what a module may say of its network, and what the value must be
FACTS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "depth": ("a whole number from 1 on", lambda value: _is_count(value)),
    "is_residual": ("True or False", lambda value: isinstance(value, bool)),
    "image_shape": (
        "channels, rows and columns, as in (3, 32, 32)",
        lambda value: isinstance(value, tuple) and len(value) == 3 and all(map(_is_count, value)),
    ),
    "num_classes": ("a whole number from 1 on", lambda value: _is_count(value)),
}


def read_own(place: str, **given: Any) -> Own:
    """Return the network at "module:name" with what its module says of it, and what is `given` beside it.

    A module that is not found gives a network without a digest: its records can be reported, but it cannot be built or trained.

    Raises:
        ValueError: the module's source, or that of a module it imports, is broken or incomplete; it has no such name; or it says something
            impossible of the network.
    """
    module, _, name = place.partition(":")
    spec = find(module)
    if spec is None or spec.origin is None or not spec.has_location:
        return Own(place=place, digest="", **given)
    path = Path(spec.origin)
    said = _facts(parse_file(path), name, path) if path.suffix == ".py" else {}
    return Own(place=place, digest=digest(module), **(said | given))


def _facts(tree: ast.Module, name: str, path: Path) -> dict[str, Any]:
    """What a file says of the function or class that has this name."""
    names: set[str] = set()
    facts: dict[str, Any] = {}
    has_star = False
    for node in tree.body:
        names |= _names_bound(node)
        has_star = has_star or (isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names))
        if isinstance(node, ast.ClassDef) and node.name == name:
            facts |= _said([(_target(one), one) for one in node.body], path)
        else:
            owner, _, fact = _target(node).partition(".")
            facts |= _said([(fact, node)], path) if owner == name else {}
    if name not in names and not has_star:
        raise ValueError(f"{path}: {no_such('function or class', name, sorted(names))}")
    return facts


def _said(assigned: list[tuple[str, ast.stmt]], path: Path) -> dict[str, Any]:
    """The facts among these assignments, checked."""
    facts = {}
    for fact, node in assigned:
        if fact not in FACTS or not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        words, is_possible = FACTS[fact]
        try:
            value = ast.literal_eval(node.value)
        except ValueError:
            value = None
        if not is_possible(value):
            raise ValueError(f"{path}, line {node.lineno}: {fact} must be {words}, got {ast.unparse(node.value)}")
        facts[fact] = value
    return facts


def _target(node: ast.stmt) -> str:
    """What a statement assigns to, as it is written: "depth", "my_net.depth"; empty where it is no simple assignment."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        return ast.unparse(node.targets[0])
    return ast.unparse(node.target) if isinstance(node, ast.AnnAssign) else ""


def _names_bound(node: ast.stmt) -> set[str]:
    """The names that a statement gives a module, also inside an `if`, a `try` or a `with`."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    bound = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    inner = [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.stmt)]
    return bound.union(*map(_names_bound, inner))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
