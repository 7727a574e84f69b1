"""Atomic writes, and locks against other processes.

This is a module of its own because everything that is kept is written here.
"""

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

PARTIAL = ".part-"  # prefix of an unfinished file
PARTIAL_SIGNS = 80  # last characters of the name that it keeps; with a process id they fit into the longest name
STALE_SECONDS = 3600.0  # age at which an unfinished file counts as abandoned
MOST_OPEN = 65_536
KEYED = re.compile(r".*-([0-9a-f]{12}(-[\w.-]+)?)\.json", re.DOTALL)  # a readable part, the trial's key, and a probe's name
LEAST_APART = 1.0  # seconds between two listings of a folder
MOST_APART = 50.0  # gap between two listings, in durations of a listing: at most 2% of a run
NO_LOCKS = (errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK)  # errors of file systems without locks


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a text or bytes to a file atomically, with the usual permissions."""
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
    """Names of a folder's records by key, how long listing them took, and when it ended."""

    names: dict[str, str]
    seconds: float
    listed_at: float


_LISTINGS: dict[Path, _Listing] = {}


def keyed(folder: Path, key: str) -> Path | None:
    """Return the record in `folder` whose name ends in a key, or None.

    Records that this process writes are known at once. To find those of other processes, the folder is listed again,
    but so seldom that a folder of a hundred thousand records does not slow a run down. A probe's key is that of its
    trial, a hyphen, and the probe's name.
    """
    listing = _LISTINGS.get(folder)
    if listing is None or not (folder / listing.names.get(key, "")).is_file():
        if listing is None or time.monotonic() - listing.listed_at > max(LEAST_APART, MOST_APART * listing.seconds):
            listing = _LISTINGS[folder] = _list(folder)
        elif key in listing.names:
            del listing.names[key]
    return folder / listing.names[key] if key in listing.names else None


def note_written(path: Path) -> None:
    """Remember the key of a record that this process has written."""
    match, listing = KEYED.fullmatch(path.name), _LISTINGS.get(path.parent)
    if match is not None and listing is not None:
        listing.names[match[1]] = path.name


def _list(folder: Path) -> _Listing:
    start = time.monotonic()
    names = sorted(os.listdir(folder), reverse=True) if folder.is_dir() else []  # noqa: PTH208 - the first name of a key stays
    keys = {match[1]: name for name in names if (match := KEYED.fullmatch(name))}
    end = time.monotonic()
    return _Listing(names=keys, seconds=end - start, listed_at=end)


@contextmanager
def made(folder: Path) -> Iterator[None]:
    """Create a folder and its parents; remove the new ones again if the code inside raises an OSError."""
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
    """Remove unfinished files of killed processes; a recent one may belong to a running process and is kept."""
    for partial in folder.glob(f"{PARTIAL}*"):
        with suppress(FileNotFoundError):  # completed in the meantime
            if time.time() - partial.stat().st_mtime > STALE_SECONDS:
                partial.unlink()


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Try to lock `path`; yield whether this process holds it, and delete it on exit."""
    if fcntl is None:
        yield True
        return
    with path.open("w") as file:
        is_ours = _lock(file) and _is_at_path(path, file)  # False if a process that is done with it has just removed it
        try:
            yield is_ours
        finally:
            if is_ours:
                path.unlink(missing_ok=True)


def num_held(folder: Path, prefix: str) -> int:
    """Return how many files in a folder, whose names begin with `prefix`, other processes hold."""
    count = 0
    for path in folder.glob(f"{prefix}*"):
        with held(path) as is_ours:
            count += not is_ours
    return count


def _lock(file: IO[str]) -> bool:
    """Try to lock the file and return whether no other process holds it; a file system without locks counts as success."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
    return True


def _is_at_path(path: Path, file: IO[str]) -> bool:
    """Return whether the open file is still the one at its path."""
    with suppress(FileNotFoundError):
        return path.stat().st_ino == os.fstat(file.fileno()).st_ino
    return False


def allow_open_files() -> None:
    """Raise this process's limit of open files as far as the system permits; each running trial holds one open, its lease."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_OPEN if hard == resource.RLIM_INFINITY else min(hard, MOST_OPEN)
    with suppress(ValueError, OSError):  # some systems permit less than they report
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
