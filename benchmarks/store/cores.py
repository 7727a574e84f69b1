"""How many cores this process may use. Apart, since Linux says it in three places: the affinity, and the CPU quotas of both kinds of cgroups."""

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

PROCESS = Path("/proc/self")


def num_cores(process: Path = PROCESS) -> int:
    """The cores that this process may use: those it is bound to, or fewer where a quota gives it less time than theirs, rounded up."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cpu_quota(process)
    return bound if quota is None else max(1, min(bound, math.ceil(quota)))


def cpu_quota(process: Path = PROCESS) -> float | None:
    """The smallest CPU quota of the groups that a process is in, in cores; None where there is none, or no Linux."""
    quotas = [quota for folder in _groups(process) for quota in (_new_quota(folder), _old_quota(folder)) if quota is not None]
    return min(quotas, default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mount:
    """Where a tree of cgroups is mounted, which of its groups that is, and the controllers of an old tree (none: the new one)."""

    place: Path
    root: PurePosixPath
    controllers: frozenset[str]


def _groups(process: Path) -> Iterator[Path]:
    """The folders of a process's groups that may limit its CPU time: its own and those around it, in each tree."""
    try:
        lines = (process / "cgroup").read_text().splitlines()
        mounts = list(_mounts((process / "mountinfo").read_text()))
    except OSError:
        return
    for line in lines:  # "0::/a/b" in the new tree, "4:cpu,cpuacct:/a/b" in an old one
        controllers, _, path = line.partition(":")[2].partition(":")
        if controllers and "cpu" not in controllers.split(","):
            continue
        for mount in mounts:
            if ("cpu" in mount.controllers) if controllers else not mount.controllers:
                inner = PurePosixPath(path)
                with suppress(ValueError):  # a container sees its own group at the mount, and may be told its path outside
                    inner = PurePosixPath("/") / inner.relative_to(mount.root)
                yield from (mount.place.joinpath(*group.parts[1:]) for group in (inner, *inner.parents))


def _mounts(text: str) -> Iterator[Mount]:
    """The mounted trees: "33 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu"."""
    for line in text.splitlines():
        place, _, kind = line.partition(" - ")
        fields, kinds = place.split(), kind.split()
        if len(fields) > 4 and kinds[:1] in (["cgroup2"], ["cgroup"]):
            controllers = frozenset() if kinds[0] == "cgroup2" else frozenset(kinds[-1].split(",")) | {"an old one"}
            yield Mount(place=Path(fields[4]), root=PurePosixPath(fields[3]), controllers=controllers)


def _new_quota(folder: Path) -> float | None:
    """ "150000 100000", or "max 100000" where there is none."""
    return _share(*_words(folder / "cpu.max"))


def _old_quota(folder: Path) -> float | None:
    """The same in two files; -1 where there is none."""
    return _share(*_words(folder / "cpu.cfs_quota_us"), *_words(folder / "cpu.cfs_period_us"))


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []


def _share(*words: str) -> float | None:
    """A quota over its period; None where it is unlimited, or cannot be read."""
    with suppress(ValueError, ZeroDivisionError):
        quota, period = map(int, words)
        return quota / period if quota > 0 else None
    return None
