"""Keep the records of one kind in a folder, one strict JSON file each.

It stands apart because trials, probes and timing sessions are kept alike. Up to a thousand records stay in memory until their files change, so
that a run, which looks for its records many times and ends with a report on them, parses each once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from pydantic import TypeAdapter

from benchmarks.store.files import note_written, write_whole
from benchmarks.store.strict_json import NewerSchemaError, T, read_strictly

FileState = tuple[int, int, int]
MOST_PARSED = 1000  # records that are kept: a run of a hundred thousand must not hold them all
_PARSED: dict[Path, tuple[FileState, Any]] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class JsonStore(Generic[T]):
    """The records in a folder, read by an adapter; `ending` is what the name of a record must end in, "" where any name will do."""

    folder: Path
    adapter: TypeAdapter[T]
    ending: Callable[[T], str] = lambda record: ""

    def write(self, path: Path, text: str) -> None:
        """Write a record, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
        note_written(path)
        _PARSED.pop(path, None)

    def read(self, path: Path) -> T:
        """Return one record.

        Raises:
            FileNotFoundError: there is no such file.
            NewerSchemaError: a later release wrote it.
            ValueError: it is no record; names the file and the reason.
        """
        found = path.stat()
        state = found.st_mtime_ns, found.st_size, found.st_ino
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
        """Return one record, or None where it is missing or cannot be read.

        Raises:
            NewerSchemaError: a later release wrote it.
        """
        try:
            return self.read(path)
        except FileNotFoundError:
            return None
        except NewerSchemaError:
            raise
        except ValueError:
            return None

    def read_all(self) -> tuple[dict[Path, T], list[str]]:
        """Return every readable record by its file, in the order of names, and a line for each that is not.

        Raises:
            NewerSchemaError: a later release wrote one.
        """
        records, unreadable = {}, []
        for path in sorted(self.folder.glob("*.json")):
            try:
                records[path] = self.read(path)
            except NewerSchemaError:
                raise
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
