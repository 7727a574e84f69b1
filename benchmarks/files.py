"""Files that are written whole or not at all. Apart, since everything that is kept goes through here."""

import os
import time
from contextlib import suppress
from pathlib import Path

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

PARTIAL = ".part-"  # a file on its way
STALE_SECONDS = 3600.0  # after which nobody is at it any more
MOST_OPEN = 65_536


def write_whole(path: Path, content: str | bytes) -> None:
    """Put a text or bytes in a file, whole or not at all, with the usual rights."""
    partial = path.with_name(f"{PARTIAL}{os.getpid()}-{path.stem}")
    try:
        with partial.open("wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def clear_partials(folder: Path) -> None:
    """Remove what killed processes have left half written; a young file may be another process's, and stays."""
    for partial in folder.glob(f"{PARTIAL}*"):
        if time.time() - partial.stat().st_mtime > STALE_SECONDS:
            partial.unlink(missing_ok=True)


def allow_open_files() -> None:
    """Let this process hold as many files open as the system permits: each trial that is under way holds one, its claim."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_OPEN if hard == resource.RLIM_INFINITY else min(hard, MOST_OPEN)
    with suppress(ValueError, OSError):  # some systems permit less than they say
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
