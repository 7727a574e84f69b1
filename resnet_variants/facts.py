"""Read what a user's module states about a network or a word of theirs, from its source without running it.

The facts are attributes of a function that makes it (`my_net.depth = 20`) or of a class (`depth = 20` in its body). Their names are
those of `FACTS`; all are optional.
"""

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from resnet_variants.lookup import no_such
from resnet_variants.source import find, parse_file

PLACE = re.compile(r"(?P<place>[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*)(:(?P<options>.*))?")
# facts that a module may state about its network, and what their values must be
FACTS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "depth": ("a whole number of at least 1", lambda value: _is_count(value)),
    "is_residual": ("True or False", lambda value: isinstance(value, bool)),
    "image_shape": (
        "channels, rows and columns, as in (3, 32, 32)",
        lambda value: isinstance(value, tuple) and len(value) == 3 and all(map(_is_count, value)),
    ),
    "num_classes": ("a whole number of at least 1", lambda value: _is_count(value)),
}


def facts_at(place: str) -> dict[str, Any] | None:
    """Return the facts that a module states about what it defines at "module:name"; None if the module is not found.

    Raises:
        ValueError: the module is not valid Python or does not define the name, or a fact has an impossible value.
    """
    module, _, name = place.partition(":")
    spec = find(module)
    if spec is None or spec.origin is None or not spec.has_location:
        return None
    path = Path(spec.origin)
    return _facts(parse_file(path), name, path) if path.suffix == ".py" else {}


def _facts(tree: ast.Module, name: str, path: Path) -> dict[str, Any]:
    """Return the facts that a file states about the function or class called `name`."""
    names: set[str] = set()
    imported: set[str] = set()
    facts: dict[str, Any] = {}
    has_star = False
    for node in tree.body:
        names |= _names_bound(node)
        imported |= _names_bound(node) if isinstance(node, ast.Import | ast.ImportFrom) else set()
        has_star = has_star or (isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names))
        if isinstance(node, ast.ClassDef) and node.name == name:
            facts |= _check_facts([(_target(statement), statement) for statement in node.body], path)
        else:
            owner, _, fact = _target(node).partition(".")
            facts |= _check_facts([(fact, node)], path) if owner == name else {}
    if name not in names and not has_star:
        raise ValueError(f"{path}: {no_such('function or class', name, sorted(names - imported) or sorted(names))}")
    return facts


def _check_facts(assigned: list[tuple[str, ast.stmt]], path: Path) -> dict[str, Any]:
    """Return the facts among these assignments, after checking them."""
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
    """Return what a statement assigns to, such as "depth" or "my_net.depth", or "" if it is not a simple assignment."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        return ast.unparse(node.targets[0])
    return ast.unparse(node.target) if isinstance(node, ast.AnnAssign) else ""


def _names_bound(node: ast.stmt) -> set[str]:
    """Return the names that a statement binds in a module, also inside `if`, `try` or `with`."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    bound = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    inner = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
    return bound.union(*map(_names_bound, inner))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
