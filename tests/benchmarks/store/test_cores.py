"""How many cores a process may use, by made-up cgroup files of both kinds."""

import os
from pathlib import Path

import pytest

from benchmarks.cli.execution_options import ExecutionOptions
from benchmarks.cli.workers import workers_of
from benchmarks.store.cores import cpu_quota, num_cores
from benchmarks.store.environment import Checkout, describe


def process(tmp_path: Path, cgroup: str, *mounts: str) -> Path:
    """A process's own files: its groups, and where the trees are mounted (ROOT GROUP KIND OPTIONS, below `tmp_path`)."""
    lines = ["22 1 8:1 / / rw - ext4 /dev/sda rw"]
    for number, mount in enumerate(mounts):
        place, root, kind, options = mount.split()
        lines.append(f"{30 + number} 22 0:{number} {root} {tmp_path / place} rw,nosuid shared:4 - {kind} {kind} {options}")
    (tmp_path / "cgroup").write_text(cgroup + "\n")
    (tmp_path / "mountinfo").write_text("\n".join(lines) + "\n")
    return tmp_path


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n")


@pytest.mark.parametrize(
    ("inner", "outer", "quota"),
    [
        ("200000 100000", "max 100000", 2.0),
        ("max 100000", "50000 100000", 0.5),  # a limit of a group around it holds, too
        ("300000 100000", "150000 100000", 1.5),
        ("max 100000", "max 100000", None),
        ("not a quota", "max", None),
    ],
)
def test_the_smallest_quota_on_the_way_up_counts(inner: str, outer: str, quota: float | None, tmp_path: Path) -> None:
    put(tmp_path / "fs/outer/inner/cpu.max", inner)
    put(tmp_path / "fs/outer/cpu.max", outer)
    assert cpu_quota(process(tmp_path, "0::/outer/inner", "fs / cgroup2 rw,nsdelegate")) == quota


@pytest.mark.parametrize(
    ("group", "root"),
    [("/", "/"), ("/docker/abc", "/docker/abc"), ("/docker/abc", "/")],  # the last: a path outside, that is not there inside
)
def test_a_container_finds_its_own_quota_at_the_mount(group: str, root: str, tmp_path: Path) -> None:
    put(tmp_path / "fs/cpu.max", "400000 100000")
    assert cpu_quota(process(tmp_path, f"0::{group}", f"fs {root} cgroup2 rw")) == 4.0


@pytest.mark.parametrize(("number", "quota"), [("250000", 2.5), ("-1", None), ("0", None)])
def test_the_older_kind_has_its_quota_in_two_files(number: str, quota: float | None, tmp_path: Path) -> None:
    put(tmp_path / "cpu,cpuacct/job/cpu.cfs_quota_us", number)
    put(tmp_path / "cpu,cpuacct/job/cpu.cfs_period_us", "100000")
    put(tmp_path / "memory/job/cpu.cfs_quota_us", "1")  # no such file is read in another controller's tree
    groups = "5:memory:/job\n4:cpu,cpuacct:/job\n1:name=systemd:/job\n0::/"
    mounts = ("cpu,cpuacct / cgroup rw,cpu,cpuacct", "memory / cgroup rw,memory", "systemd / cgroup rw,name=systemd")
    assert cpu_quota(process(tmp_path, groups, *mounts, "unified / cgroup2 rw")) == quota


def test_cores_are_the_affinity_or_the_quota_rounded_up_whichever_is_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda who: set(range(8)), raising=False)
    own = process(tmp_path, "0::/", "fs / cgroup2 rw")
    for quota, expected in (("max 100000", 8), ("150000 100000", 2), ("1000 100000", 1), ("6400000 100000", 8)):
        put(tmp_path / "fs/cpu.max", quota)
        assert num_cores(own) == expected, quota
    assert num_cores(tmp_path / "no such process") == 8


def test_jobs_and_records_follow_the_quota(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda who: set(range(64)), raising=False)
    put(tmp_path / "fs/cpu.max", "200000 100000")
    own = process(tmp_path, "0::/", "fs / cgroup2 rw")
    monkeypatch.setattr(num_cores, "__defaults__", (own,))
    assert workers_of(ExecutionOptions(), "cpu") == 2
    assert describe(device="cpu", num_threads=1, checkout=Checkout(commit=None, is_dirty=None)).num_cores == 2
