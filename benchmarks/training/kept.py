"""Keep values in the user's cache, so that a plan does not measure or count them again.

A file holds the conditions that its values depend on, the source that they come from among them. Under other conditions, or after a day, it
counts as empty.
"""

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.store.files import write_whole

KEPT_SECONDS = 24 * 3600.0
ROOT = Path(__file__).parents[2]
SOURCES = (ROOT / "resnet_variants", ROOT / "benchmarks" / "training")  # what builds, counts and trains networks


def source_digest() -> str:
    """Return a digest of the project's files that determine counts and timings."""
    content = sha256()
    for folder in SOURCES:
        for path in sorted(folder.rglob("*.py")):
            source = path.read_bytes()
            content.update(f"{path.relative_to(folder.parent).as_posix()} {len(source)}\n".encode() + source)
    return content.hexdigest()


class Kept:
    """Table of JSON values by key, read when it is made and written on exit if a value was added; a context manager."""

    def __init__(self, name: str, conditions: Mapping[str, Any]) -> None:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        self.path = cache / "residual-benchmarks" / f"{name}.json"
        self.conditions = dict(conditions)
        self.since, self.values = time.time(), dict[str, Any]()
        self.num_added = 0
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):  # an unreadable file counts as empty
            found = json.loads(self.path.read_text(encoding="utf-8"))
            if found["conditions"] == self.conditions and 0 <= self.since - found["since"] < KEPT_SECONDS:
                self.since, self.values = found["since"], dict(found["values"].items())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        if not self.num_added:
            return
        content = {"conditions": self.conditions, "since": self.since, "values": self.values}
        with suppress(OSError):  # if the file cannot be written, values are measured again
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.path, json.dumps(content, indent=2) + "\n")

    def add(self, key: str, value: Any) -> None:
        """Add a value to the table."""
        self.values[key] = value
        self.num_added += 1
