"""Keep decoded images for the user, by the hash of what they were made from; without it they are decoded again."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray


def cached(key: str, names: tuple[str, ...]) -> dict[str, NDArray[Any]] | None:
    """Return the arrays with these names under a key, or None if their file is missing or unreadable."""
    try:
        with _file(key).open("rb") as file, np.load(file) as arrays:
            return {name: arrays[name] for name in names}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None


def keep(key: str, arrays: dict[str, NDArray[Any]]) -> None:
    """Write arrays under a key atomically; if writing fails, nothing is kept."""
    path, partial = _file(key), None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            partial = Path(file.name)
            np.savez(file, **arrays)  # type: ignore[arg-type]  # numpy's stub takes the names for its own flags
        partial.replace(path)
    except OSError:
        if partial is not None:
            partial.unlink(missing_ok=True)


def _file(key: str) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "residual-benchmarks" / f"imagefolder-{key}.npz"
