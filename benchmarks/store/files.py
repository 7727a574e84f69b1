"""Files that are written whole or not at all, and held against other processes. Apart, since everything that is kept goes through here."""

import errno
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # no such locks on Windows: two runs there may train the same trial, and one of two equal records stays
    fcntl = None  # type: ignore[assignment]

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

PARTIAL = ".part-"  # a file on its way
PARTIAL_SIGNS = 80  # of its name, the last ones: with a process's number they are no longer than the longest name
STALE_SECONDS = 3600.0  # after which nobody is at it any more
MOST_OPEN = 65_536
KEYED = re.compile(r".*-([0-9a-f]{12}(-[\w.-]+)?)\.json", re.DOTALL)  # a readable part, the key of a trial, for a probe its name
LEAST_APART = 1.0  # seconds between two listings of a folder
MOST_APART = 50.0  # times what a listing takes: two per cent of a run at most
NO_LOCKS = (errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK)  # of file systems that have none


def write_whole(path: Path, content: str | bytes) -> None:
    """Put a text or bytes in a file, whole or not at all, with the usual rights."""
    partial = path.with_name(f"{PARTIAL}{os.getpid()}-{path.stem[-PARTIAL_SIGNS:]}")
    try:
        with partial.open("wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@dataclass(kw_only=True, slots=True)
class _Listing:
    """The names of a folder's records by their keys, how long listing them took, and when it ended."""

    names: dict[str, str]
    seconds: float
    listed_at: float


_LISTINGS: dict[Path, _Listing] = {}


def keyed(folder: Path, key: str) -> Path | None:
    """Return the record in `folder` whose name ends in a key, whatever stands before it; None where there is none.

    What this process writes is known at once. For what others write, the folder is listed again, though so seldom that a folder of a hundred
    thousand records does not hold a run up. A probe's key is that of its trial, a hyphen, and the probe's name.
    """
    listing = _LISTINGS.get(folder)
    if listing is None or not (folder / listing.names.get(key, "")).is_file():
        if listing is None or time.monotonic() - listing.listed_at > max(LEAST_APART, MOST_APART * listing.seconds):
            listing = _LISTINGS[folder] = _list(folder)
        elif key in listing.names:
            del listing.names[key]
    return folder / listing.names[key] if key in listing.names else None


def note_written(path: Path) -> None:
    """Know a record by its key from now on, which this process has written."""
    match, listing = KEYED.fullmatch(path.name), _LISTINGS.get(path.parent)
    if match is not None and listing is not None:
        listing.names[match[1]] = path.name


def _list(folder: Path) -> _Listing:
    start = time.monotonic()
    names = sorted(os.listdir(folder), reverse=True) if folder.is_dir() else []  # noqa: PTH208 - the first name of a key stays
    found = {match[1]: name for name in names if (match := KEYED.fullmatch(name))}
    end = time.monotonic()
    return _Listing(names=found, seconds=end - start, listed_at=end)


@contextmanager
def made(folder: Path) -> Iterator[None]:
    """A folder that is made with those around it; where what is done inside fails, what was made is gone again."""
    new = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError:
        for place in new:
            with suppress(OSError):
                place.rmdir()
        raise


def clear_partials(folder: Path) -> None:
    """Remove what killed processes have left half written; a young file may be another process's, and stays."""
    for partial in folder.glob(f"{PARTIAL}*"):
        with suppress(FileNotFoundError):  # put in its place meanwhile
            if time.time() - partial.stat().st_mtime > STALE_SECONDS:
                partial.unlink()


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Whether no other process holds this file; while inside, none does, and afterwards it is gone."""
    if fcntl is None:
        yield True
        return
    with path.open("w") as file:
        is_ours = _lock(file) and _is_there(path, file)  # else a process that is done with it has just removed it
        try:
            yield is_ours
        finally:
            if is_ours:
                path.unlink(missing_ok=True)


def num_held(folder: Path, prefix: str) -> int:
    """How many files of a folder, whose names begin so, other processes hold."""
    number = 0
    for path in folder.glob(f"{prefix}*"):
        with held(path) as is_ours:
            number += not is_ours
    return number


def _lock(file: IO[str]) -> bool:
    """Whether nobody else holds the file; a file system without locks keeps nobody out."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
    return True


def _is_there(path: Path, file: IO[str]) -> bool:
    """Whether the open file still stands at its path."""
    with suppress(FileNotFoundError):
        return path.stat().st_ino == os.fstat(file.fileno()).st_ino
    return False


def allow_open_files() -> None:
    """Let this process hold as many files open as the system permits: each trial that is under way holds one, its claim."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_OPEN if hard == resource.RLIM_INFINITY else min(hard, MOST_OPEN)
    with suppress(ValueError, OSError):  # some systems permit less than they say
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
