"""Files that each hold one value (suites, surveys, data sets), found by their names; what is wrong with one is said with its path.

It stands apart because whoever adds such a file is to read the file's name in the error, and not a traceback.
"""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import TypeVar

from resnet_variants.choices import choose

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
    choose(kind, name, dict.fromkeys(names_in(package)))
    try:
        module = import_module(f"{package}.{name}")
    except Exception as error:  # whatever a file under way may raise
        said = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        raise ValueError(f"{path_of(package, name)}: {said}") from error
    found = getattr(module, constant, None)
    if not isinstance(found, of):
        said = f"its {constant} is a {type(found).__name__}" if hasattr(module, constant) else f"it has no {constant}"
        raise ValueError(f"{path_of(package, name)}: {said}: it must hold one {constant}, a {of.__name__}")
    return found


def path_of(package: str, name: str) -> Path:
    """Where the file is, from the project's folder."""
    return Path(*package.split("."), f"{name}.py")
