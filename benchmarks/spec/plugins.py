"""Load the files that users add (suites, surveys, data sets, probes, figures) by name.

This is a module of its own so that an error in such a file names the file, instead of showing a traceback.
"""

import ast
import warnings
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import TypeVar

from resnet_variants.lookup import choose

T = TypeVar("T")


def names_in(package: str) -> list[str]:
    """Return the sorted names of a package's files, except those that begin with an underscore, without importing them."""
    spec = find_spec(package)
    folders = None if spec is None else spec.submodule_search_locations
    return sorted(module.name for module in iter_modules(folders) if not module.name.startswith("_")) if folders else []


def load_value(kind: str, package: str, name: str, constant: str, of: type[T]) -> T:
    """Return the value of a constant in the file called `name`.

    Raises:
        ValueError: the file does not exist, fails, or lacks that value; the message names its path.
    """
    module = load_module(kind, package, name)
    value = getattr(module, constant, None)
    if not isinstance(value, of):
        problem = f"its {constant} is a {type(value).__name__}" if hasattr(module, constant) else f"it has no {constant}"
        raise ValueError(f"{path_of(package, name)}: {problem}: it must hold one {constant}, a {of.__name__}")
    return value


def load_module(kind: str, package: str, name: str) -> ModuleType:
    """Import the file called `name`.

    Raises:
        ValueError: the file does not exist or fails; the message names its path.
    """
    choose(kind, name, dict.fromkeys(names_in(package)))
    try:
        return import_module(f"{package}.{name}")
    except Exception as error:  # a user's file may raise anything
        problem = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        raise ValueError(f"{path_of(package, name)}: {problem}") from error


def check_file(kind: str, package: str, name: str, constants: tuple[str, ...]) -> None:
    """Check that a file compiles and binds all `constants`; it is not imported, as it may need torch or pandas.

    Raises:
        ValueError: the file does not exist, or is wrong; the message names its path and the reason.
    """
    choose(kind, name, dict.fromkeys(names_in(package)))
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    paths = [path for folder in folders or () if (path := Path(folder, f"{name}.py")).is_file()]
    if not paths:
        return  # a package or a compiled file: errors appear on import
    changed = paths[0].stat()
    try:
        bound = _bound_names(paths[0], changed.st_mtime_ns, changed.st_size)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"{path_of(package, name)}: {type(error).__name__}: {error}") from error
    missing = [constant for constant in constants if constant not in bound and "*" not in bound]
    if missing:
        raise ValueError(f"{path_of(package, name)}: it has no {missing[0]}: a {kind} must have {', '.join(constants)}")


@lru_cache(maxsize=1000)
def _bound_names(path: Path, changed_ns: int, size: int) -> frozenset[str]:
    """Return the names that a file binds outside functions and classes; the file is read again only if it has changed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they appear on import
        tree = ast.parse(path.read_bytes(), path.name)
        compile(tree, path.name, "exec")  # some syntax errors appear only here
    names, waiting = set(), list[ast.AST](tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        waiting += ast.iter_child_nodes(node)
    return frozenset(names)


def path_of(package: str, name: str) -> Path:
    """Return the file's path, relative to the project's folder."""
    return Path(*package.split("."), f"{name}.py")
