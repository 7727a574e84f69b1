"""Store the records of one kind in a folder, one strict JSON file each.

Trials, probes and timing sessions share this code. Up to a thousand records stay in memory until their files change, so
that a run, which looks records up many times and ends with a report on them, parses each only once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from pydantic import TypeAdapter

from benchmarks.store.files import note_written, write_whole
from benchmarks.store.strict_json import NewerSchemaError, T, read_strictly

FileState = tuple[int, int, int]
MOST_PARSED = 1000  # records kept in memory: a run of a hundred thousand must not hold them all
_PARSED: dict[Path, tuple[FileState, Any]] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class JsonStore(Generic[T]):
    """Records in a folder, read by an adapter; `ending` gives what the name of a record must end in, "" for any name."""

    folder: Path
    adapter: TypeAdapter[T]
    ending: Callable[[T], str] = lambda record: ""

    def write(self, path: Path, text: str) -> None:
        """Write a record atomically."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
        note_written(path)
        _PARSED.pop(path, None)

    def read(self, path: Path) -> T:
        """Return one record.

        Raises:
            FileNotFoundError: the file does not exist.
            NewerSchemaError: a later release wrote the record.
            ValueError: the file is not a record; the message names the file and the reason.
        """
        status = path.stat()
        state = status.st_mtime_ns, status.st_size, status.st_ino
        known = _PARSED.get(path)
        if known is not None and known[0] == state:
            record: T = known[1]
            return record
        record = self._parse(path)
        if len(_PARSED) >= MOST_PARSED:
            _PARSED.pop(next(iter(_PARSED)))
        _PARSED[path] = state, record
        return record

    def find(self, path: Path) -> T | None:
        """Return one record, or None if it is missing or unreadable.

        Raises:
            NewerSchemaError: a later release wrote the record.
        """
        try:
            return self.read(path)
        except FileNotFoundError:
            return None
        except ValueError:
            return None

    def read_all(self) -> tuple[dict[Path, T], list[str]]:
        """Return all readable records by file, in the order of names, and a line for each unreadable one.

        Raises:
            NewerSchemaError: a later release wrote a record.
        """
        records, unreadable = {}, []
        for path in sorted(self.folder.glob("*.json")):
            try:
                records[path] = self.read(path)
            except ValueError as error:
                unreadable.append(str(error))
        return records, unreadable

    def _parse(self, path: Path) -> T:
        try:
            record = read_strictly(path.read_text(encoding="utf-8"), self.adapter)
        except NewerSchemaError as error:
            raise NewerSchemaError(f"{path}: {error}") from error
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}: not a record: {error}") from error
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
        ending = self.ending(record)
        if not path.stem.endswith(ending):
            raise ValueError(f"{path}: not a record: its name must end in {ending}.json")
        return record
