"""Find the source of a user's code and digest it, without running any of it.

A user's own network is defined by its source: its module and the user's own modules that this one imports. A module is
a user's own if it is outside the standard library, site-packages and this project, or of the same package as the named
one. Imports are read from the syntax tree, so torch is never loaded. Imports by a computed name, and files that the
code reads, are not seen.
"""

import ast
import sys
import sysconfig
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib import invalidate_caches
from importlib.machinery import ModuleSpec
from importlib.util import resolve_name
from pathlib import Path

DIGEST_DIGITS = 12
INSTALLED = ("site-packages", "dist-packages")
STANDARD = tuple({Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")})
OURS = ("resnet_variants", "benchmarks", "analysis")
PROJECT = tuple(Path(__file__).resolve().parents[1] / name for name in OURS)


_SEARCHED: list[str] = []  # folders of files that a user named by path


class UnusableSourceError(ValueError):
    """A user's code cannot be used: it is not found, or fails or hangs while it is imported."""


class ChangedSourceError(UnusableSourceError):
    """A user's code is not the code that was named: it has changed since."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Import:
    """A module that a file imports, the line, and whether the file fails without it."""

    module: str
    line: int
    is_needed: bool


def search(folders: Iterable[str]) -> None:
    """Search these folders for modules from now on, after all others, so that they hide nothing."""
    for folder in folders:
        if folder not in sys.path:
            sys.path.append(folder)
            invalidate_caches()
        if folder not in _SEARCHED:
            _SEARCHED.append(folder)


def refuse_hidden(module: str, folder: Path) -> None:
    """Raise ValueError if a module of a folder is hidden by another one of its name, which is found first.

    The names of this project's packages mean these packages, also beside folders of the same names.
    """
    name = module.partition(".")[0]
    if name in OURS:
        return
    beside = next((path for path in (folder / f"{name}.py", folder / name / "__init__.py") if path.is_file()), None)
    found = find(name) if beside else None
    if beside and found and found.origin and Path(found.origin).resolve() != beside.resolve():
        raise ValueError(
            f"{beside.resolve()} is hidden by another module {name!r} ({found.origin}): rename it, or run in its folder"
        )


def searched() -> tuple[str, ...]:
    """Return the folders that `search` was given, for a worker that finds modules where this process does."""
    return tuple(_SEARCHED)


def digest(module: str) -> str:
    """Return 12 hex digits of the source of a module and of the user's own modules that it imports, directly or not.

    Raises:
        ValueError: the module, or one that it needs, is not found, or a file is not valid Python.
    """
    return _digest_of(own_files(module))


def digest_of_places(*places: str) -> str:
    """Return 12 hex digits of the source behind locations such as "my_nets:my_net": of their modules and those that these import.

    Raises:
        ValueError: a module is not found, or a file is not valid Python.
    """
    files: dict[str, Path] = {}
    for place in places:
        files |= own_files(place.partition(":")[0])
    return _digest_of(files)


def digest_of_file(path: Path) -> str:
    """Return 12 hex digits of the source of a file, which need not be found as a module, and of the user's own modules that it imports.

    Raises:
        ValueError: a module that it needs is not found, or one beside it is hidden by another, or a file is not valid Python.
    """
    files = {path.stem: path}
    for imported in imports_of(parse_file(path), path, ""):
        refuse_hidden(imported.module, path.parent)
        spec = find(imported.module)
        if spec is not None and is_own(spec) and spec.origin is not None and Path(spec.origin).resolve() != path.resolve():
            files |= own_files(imported.module)
    return _digest_of(files)


def _digest_of(files: Mapping[str, Path]) -> str:
    content = sha256()
    for name, path in sorted(files.items()):
        source = path.read_bytes()
        content.update(f"{name} {len(source)}\n".encode() + source)
    return content.hexdigest()[:DIGEST_DIGITS]


def own_files(module: str) -> dict[str, Path]:
    """Return the file of a module and those of the user's own modules that it imports, by module name.

    Raises:
        ValueError: the module, or one that it needs, is not found, or a file is not valid Python.
    """
    files: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        spec = find(name)
        if name == module and (spec is None or spec.origin is None or not spec.has_location):
            raise ValueError(f"no module {name!r} with a file is found from {Path.cwd()}: run in its folder, or set PYTHONPATH")
        is_beside = name.partition(".")[0] == module.partition(".")[0]  # an installed package is a user's own if it is named
        if name in files or spec is None or spec.origin is None or not ((is_beside and spec.has_location) or is_own(spec)):
            continue
        files[name] = Path(spec.origin)
        parents = [name.rsplit(".", count)[0] for count in range(1, name.count(".") + 1)]
        waiting += [*parents, *_modules_of(files[name], name, spec)]
    return files


def find(module: str) -> ModuleSpec | None:
    """Return the spec of a module as Python would find it, or None, without importing the packages around it."""
    parts = module.split(".")
    folders: list[str] | None = None  # sys.path
    spec = None
    for length in range(1, len(parts) + 1):
        spec = _find_in(".".join(parts[:length]), folders)
        if spec is None or (spec.submodule_search_locations is None and length < len(parts)):
            return None
        folders = None if spec.submodule_search_locations is None else list(spec.submodule_search_locations)
    return spec


def is_own(spec: ModuleSpec) -> bool:
    """Return whether a module is a user's own and has a file."""
    if spec.origin is None or not spec.has_location:
        return False
    path = Path(spec.origin).resolve()
    if any(part in INSTALLED for part in path.parts):
        return False
    return not any(path.is_relative_to(folder) for folder in (*STANDARD, *PROJECT))


def parse_file(path: Path) -> ast.Module:
    """Return the syntax tree of a file.

    Raises:
        ValueError: the file is not valid Python; the message names the file and the line.
    """
    try:
        return ast.parse(path.read_bytes(), filename=str(path))
    except (SyntaxError, ValueError) as error:
        where = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        lines = traceback.format_exception_only(error)[:-1] if where else []
        raise ValueError(f"{path}{where}: {type(error).__name__}: {error.args[0]}\n{''.join(lines)}".rstrip()) from error


def _find_in(module: str, folders: list[str] | None) -> ModuleSpec | None:
    for finder in sys.meta_path:
        try:
            spec = finder.find_spec(module, folders, None)
        except KeyError:  # a package without a file, inside another: Python looks up the outer one, which is not imported
            spec = ModuleSpec(module, None, is_package=True)
            spec.submodule_search_locations = [str(Path(folder, module.rpartition(".")[2])) for folder in folders or sys.path]
        if spec is not None:
            return spec
    return None


def _modules_of(path: Path, module: str, spec: ModuleSpec) -> Iterator[str]:
    """Yield the modules that a file imports and that exist.

    Raises:
        ValueError: a needed module is missing.
    """
    if path.suffix != ".py":  # of a user's compiled extension only the bytes count
        return
    package = module if spec.submodule_search_locations is not None else module.rpartition(".")[0]
    for imported in imports_of(parse_file(path), path, package):
        if find(imported.module) is not None:
            yield imported.module
        elif imported.is_needed and imported.module.partition(".")[0] not in sys.stdlib_module_names:
            raise ValueError(
                f"{path}, line {imported.line}: no module {imported.module!r} is found: install it, run in its folder, or set PYTHONPATH"
            )


def imports_of(tree: ast.AST, path: Path, package: str, *, is_needed: bool = True) -> Iterator[Import]:
    """Yield the imports anywhere in a file of a package; those in a `try` or for type checkers are not needed.

    Raises:
        ValueError: a relative import leads out of the package.
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (Import(module=alias.name, line=node.lineno, is_needed=is_needed) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            try:
                base = resolve_name("." * node.level + (node.module or ""), package or None) if node.level else node.module or ""
            except ImportError as error:
                raise ValueError(f"{path}, line {node.lineno}: {error}") from error
            yield Import(module=base, line=node.lineno, is_needed=is_needed)
            # an imported name may also be a module of the package
            yield from (Import(module=f"{base}.{alias.name}", line=node.lineno, is_needed=False) for alias in node.names)
        else:
            yield from imports_of(node, path, package, is_needed=is_needed and not _may_fail(node))


def _may_fail(node: ast.AST) -> bool:
    """Return whether a file keeps running if an import in this statement fails or is skipped."""
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    return isinstance(node, ast.Try) and any(
        handler.type is None
        or any(name in ast.unparse(handler.type) for name in ("ImportError", "ModuleNotFoundError", "Exception"))
        for handler in node.handlers
    )
