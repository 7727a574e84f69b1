"""Make commands load the packages of this installation, even if the current folder contains packages of the same names.

Python searches the current folder first, and some modules are loaded late: the report is made at the end.
"""

import sys
from importlib import invalidate_caches
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
PACKAGES = ("resnet_variants", "benchmarks", "analysis")


def prefer_own_packages(home: Path = HOME) -> None:
    """Put this project first on the module path if other packages of the same names come before it; workers inherit the path.

    Raises:
        ValueError: a package is missing, or another one of its name is loaded already; names both.
    """
    if any(_locate(name) and not _is_ours(name, home) for name in PACKAGES):
        sys.path.insert(0, str(home))
        invalidate_caches()
    for name in PACKAGES:
        places = _locate(name)
        if not places:
            raise ValueError(f"the package {name} is missing next to {home / 'benchmarks'}: install this project again")
        if not _is_ours(name, home):
            raise ValueError(
                f"{places[0]} hides this project's package {name}, which is {home / name}: rename it, or start elsewhere"
            )


def hidden_by(folder: Path, home: Path = HOME) -> list[str]:
    """Return the names of this project's packages that packages in `folder` hide, if it is searched first."""
    specs = {name: PathFinder.find_spec(name, [str(folder)]) for name in PACKAGES}
    return [name for name, spec in specs.items() if spec is not None and home / name not in map(_resolved, _places(spec))]


def _locate(name: str) -> list[str]:
    """Return the folders and the file of the package that Python would load."""
    spec = find_spec(name)
    return [] if spec is None else _places(spec)


def _places(spec: ModuleSpec) -> list[str]:
    return [*(spec.submodule_search_locations or ()), *([spec.origin] if spec.origin else [])]


def _resolved(place: str) -> Path:
    return Path(place).resolve()


def _is_ours(name: str, home: Path) -> bool:
    return bool({home / name, home / name / "__init__.py"} & set(map(_resolved, _locate(name))))
