"""Files that users add (suites, surveys, data sets, probes, figures), found by their names; what is wrong with one is said with its path.

It stands apart because whoever adds such a file is to read the file's name in the error, and not a traceback.
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
    """The files of a package, without those that begin with an underscore; the package's own file alone is loaded."""
    spec = find_spec(package)
    folders = None if spec is None else spec.submodule_search_locations
    return sorted(module.name for module in iter_modules(folders) if not module.name.startswith("_")) if folders else []


def load_value(kind: str, package: str, name: str, constant: str, of: type[T]) -> T:
    """The value that the file called `name` holds under the name of a constant.

    Raises:
        ValueError: there is no such file; or it fails, or holds no such value, which is said with its path.
    """
    module = load_module(kind, package, name)
    found = getattr(module, constant, None)
    if not isinstance(found, of):
        said = f"its {constant} is a {type(found).__name__}" if hasattr(module, constant) else f"it has no {constant}"
        raise ValueError(f"{path_of(package, name)}: {said}: it must hold one {constant}, a {of.__name__}")
    return found


def load_module(kind: str, package: str, name: str) -> ModuleType:
    """Import the file called `name`.

    Raises:
        ValueError: there is no such file; or it fails, which is said with its path.
    """
    choose(kind, name, dict.fromkeys(names_in(package)))
    try:
        return import_module(f"{package}.{name}")
    except Exception as error:  # whatever a file under way may raise
        said = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        raise ValueError(f"{path_of(package, name)}: {said}") from error


def check_file(kind: str, package: str, name: str, constants: tuple[str, ...]) -> None:
    """Refuse a file that cannot be compiled or binds not all of these names; it is read and not imported, as it may need torch or pandas.

    Raises:
        ValueError: there is no such file; or what is wrong with it, with its path.
    """
    choose(kind, name, dict.fromkeys(names_in(package)))
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    paths = [path for folder in folders or () if (path := Path(folder, f"{name}.py")).is_file()]
    if not paths:
        return  # a package or a compiled file: found out when it is imported
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
    """The names that a file binds outside of functions and classes; read again when it has changed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are given when it is imported
        tree = ast.parse(path.read_bytes(), path.name)
        compile(tree, path.name, "exec")  # some errors of syntax are found only here
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
    """Where the file is, from the project's folder."""
    return Path(*package.split("."), f"{name}.py")
