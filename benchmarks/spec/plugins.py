"""Load the files that users add or name (suites, surveys, data sets, probes, figures) by name.

This is a module of its own so that an error in such a file names the file, with the lines of the user's code where they are to blame.
"""

import ast
import sys
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from benchmarks.spec.named import UsersFile, loading, named, shipped
from resnet_variants.lookup import choose
from resnet_variants.users_code import described, is_raised_on_purpose, users_code

T = TypeVar("T")


def names_in(package: str) -> list[str]:
    """Return the names of a package's files in order, then those of users' files of its kind, without importing them."""
    return list(dict.fromkeys([*shipped(package), *named(package)]))


def load_value(kind: str, package: str, name: str, constant: str, of: type[T]) -> T:
    """Return the value of a constant in the file called `name`.

    Raises:
        ValueError: the file does not exist, fails, or lacks that value; the message names its path.
    """
    module = load_module(kind, package, name)
    file = named(package).get(name)
    constant = file.attribute if file and file.attribute else constant
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
    file = named(package).get(name)
    if file is not None:
        return _import_users(file, f"{package}.{name}")
    try:
        return import_module(f"{package}.{name}")
    except Exception as error:  # a user's file may raise anything
        problem = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        raise ValueError(f"{path_of(package, name)}: {problem}") from error


def _import_users(file: UsersFile, name: str) -> ModuleType:
    """Import a user's file once per process, as a module of this name; an entry point's under its own."""
    if name not in sys.modules:
        file.refuse_changed()
    if file.module:
        with users_code(file.place, is_import=True), loading(file):
            return import_module(file.module)
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_file_location(name, file.path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module  # as an import does: its dataclasses look for it
    try:
        with users_code(file.place, is_import=True), loading(file):
            spec.loader.exec_module(module)
    except ValueError:
        del sys.modules[name]
        raise
    return module


def call(package: str, name: str, function: Callable[[], T]) -> T:
    """Return what a function of a plug-in returns; what it prints goes to standard error.

    Raises:
        ValueError: it fails; the message has its path, unless the function raised a ValueError on purpose, which names the remedy.
    """
    try:
        with redirect_stdout(sys.stderr):
            return function()
    except Exception as error:  # a user's code may raise anything
        is_users = name in named(package)
        if isinstance(error, ValueError) and (not is_users or is_raised_on_purpose(error)):
            raise
        place = path_of(package, name)
        raise ValueError(described(error, place) if is_users else f"{place}: {type(error).__name__}: {error}") from error


def check_file(kind: str, package: str, name: str, constants: tuple[str, ...]) -> None:
    """Check that a file compiles and binds all `constants`; it is not imported, as it may need torch or pandas.

    Raises:
        ValueError: the file does not exist, or is wrong; the message names its path and the reason.
    """
    choose(kind, name, dict.fromkeys(names_in(package)))
    path = _file_of(package, name)
    if path is None:
        return  # a package or a compiled file: errors appear on import
    try:
        bound = names_bound(path)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"{path_of(package, name)}: {type(error).__name__}: {error}") from error
    missing = [constant for constant in constants if constant not in bound and "*" not in bound]
    if missing:
        raise ValueError(f"{path_of(package, name)}: it has no {missing[0]}: a {kind} must have {', '.join(constants)}")


def _file_of(package: str, name: str) -> Path | None:
    """Return the path of a plug-in's source; None for a package or a compiled file."""
    file = named(package).get(name)
    if file is not None:
        return file.path
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    return next((path for folder in folders or () if (path := Path(folder, f"{name}.py")).is_file()), None)


def names_bound(path: Path) -> frozenset[str]:
    """Return the names that a file binds outside functions and classes, without importing it.

    Raises:
        SyntaxError, ValueError: the file is not valid Python.
    """
    changed = path.stat()
    return _bound_names(path, changed.st_mtime_ns, changed.st_size)


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
    """Return the file's path, relative to the project's folder, or as a user names it."""
    file = named(package).get(name)
    if file is not None:
        return Path(file.place)
    return Path(*package.split("."), f"{name}.py")
