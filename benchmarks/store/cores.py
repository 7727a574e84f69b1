"""Number of cores that this process may use.

This is a module of its own because Linux limits cores in three places: the affinity, and the CPU quotas of cgroups of
version 1 and 2.
"""

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

PROCESS = Path("/proc/self")


def num_cores(process: Path = PROCESS) -> int:
    """Return the number of cores that this process is bound to, or its CPU quota in cores, rounded up, if that is smaller."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cpu_quota(process)
    return bound if quota is None else max(1, min(bound, math.ceil(quota)))


def cpu_quota(process: Path = PROCESS) -> float | None:
    """Return the smallest CPU quota of the groups that a process is in, in cores, or None without a quota or without Linux."""
    quotas = [quota for folder in _groups(process) for quota in (_new_quota(folder), _old_quota(folder)) if quota is not None]
    return min(quotas, default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mount:
    """Mount point of a cgroup tree, the group that is its root there, and its controllers (version 1; empty for version 2)."""

    place: Path
    root: PurePosixPath
    controllers: frozenset[str]


def _groups(process: Path) -> Iterator[Path]:
    """Yield the folders of the groups that may limit a process's CPU time: its own and their parents, in each tree."""
    try:
        lines = (process / "cgroup").read_text().splitlines()
        mounts = list(_mounts((process / "mountinfo").read_text()))
    except OSError:
        return
    for line in lines:  # "0::/a/b" in version 2, "4:cpu,cpuacct:/a/b" in version 1
        controllers, _, path = line.partition(":")[2].partition(":")
        if controllers and "cpu" not in controllers.split(","):
            continue
        for mount in mounts:
            if ("cpu" in mount.controllers) if controllers else not mount.controllers:
                inner = PurePosixPath(path)
                with suppress(ValueError):  # a container sees its own group at the mount, but may see the path outside
                    inner = PurePosixPath("/") / inner.relative_to(mount.root)
                yield from (mount.place.joinpath(*group.parts[1:]) for group in (inner, *inner.parents))


def _mounts(text: str) -> Iterator[Mount]:
    """Yield the mounted trees, from lines such as "33 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu"."""
    for line in text.splitlines():
        place, _, kind = line.partition(" - ")
        fields, kinds = place.split(), kind.split()
        if len(fields) > 4 and kinds[:1] in (["cgroup2"], ["cgroup"]):
            controllers = frozenset() if kinds[0] == "cgroup2" else frozenset(kinds[-1].split(",")) | {"an old one"}
            yield Mount(place=Path(fields[4]), root=PurePosixPath(fields[3]), controllers=controllers)


def _new_quota(folder: Path) -> float | None:
    """Return the quota of a version 2 group, from "150000 100000", or None for "max 100000"."""
    return _share(*_words(folder / "cpu.max"))


def _old_quota(folder: Path) -> float | None:
    """Return the quota of a version 1 group, from two files, or None for -1."""
    return _share(*_words(folder / "cpu.cfs_quota_us"), *_words(folder / "cpu.cfs_period_us"))


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []


def _share(*words: str) -> float | None:
    """Return a quota divided by its period, or None if it is unlimited or cannot be read."""
    with suppress(ValueError, ZeroDivisionError):
        quota, period = map(int, words)
        return quota / period if quota > 0 else None
    return None
