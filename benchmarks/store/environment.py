"""What a result was measured on: processor, GPU, threads, versions, commit. Torch is loaded only to ask about a GPU, where there may be one."""

import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.store.cores import num_cores

THREADS_PER_TRIAL = 1  # a trial's result must not depend on how many run beside it
PACKAGES = ("torch", "torchvision", "numpy", "scikit-learn", "fvcore")
# what `git rev-parse --local-env-vars` lists of places: git's own hooks set them
ELSEWHERE = frozenset(("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """The machine and the software of one result; `commit` is None outside a git checkout."""

    processor: str
    num_cores: int
    device: str
    gpu: str | None
    num_threads: int
    system: str
    python: str
    versions: dict[str, str]
    commit: str | None
    is_dirty: bool | None

    @property
    def machine(self) -> str:
        """Name of the GPU, or of the processor if no GPU was used."""
        return self.gpu or self.processor


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkout:
    """The state of the source that runs."""

    commit: str | None
    is_dirty: bool | None


def describe(*, device: str, num_threads: int, checkout: Checkout) -> Environment:
    """This machine, with a trial on `device`."""
    return Environment(
        processor=_processor(),
        num_cores=num_cores(),
        device=device,
        gpu=_gpu(device),
        num_threads=num_threads,
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        versions={name: found for name in PACKAGES if (found := _version(name))},
        commit=checkout.commit,
        is_dirty=checkout.is_dirty,
    )


def read_checkout() -> Checkout:
    """Return the commit of this source, and whether tracked files differ from it; None and None outside a checkout of this project.

    A repository around an installed copy is somebody else's: git is believed only where this file stands in it as in the project, tracked.
    """
    top = Path(__file__).resolve().parents[2]
    found = _git("rev-parse", "--show-toplevel")
    if found is None or Path(found).resolve() != top or _git("ls-files", "--error-unmatch", __file__) is None:
        return Checkout(commit=None, is_dirty=None)
    commit = _git("rev-parse", "HEAD")
    changes = _git("status", "--porcelain", "--untracked-files=no")
    return Checkout(commit=commit, is_dirty=None if commit is None or changes is None else bool(changes))


def utc_now() -> str:
    """Return the time in UTC, in ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _cpuinfo(*keys: str) -> str:
    """The first value of one of the keys in Linux's /proc/cpuinfo; empty elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    rows = (line.partition(":") for line in lines)
    return next((value.strip() for key, _, value in rows if key.strip() in keys), "")


def _processor() -> str:
    name = _cpuinfo("model name")
    if not name and platform.system() == "Darwin":
        name = _output("sysctl", "-n", "machdep.cpu.brand_string") or ""
    return name or platform.processor() or platform.machine()


def _gpu(device: str) -> str | None:
    if device != "cuda":
        return None
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _git(*arguments: str) -> str | None:
    return _output("git", "-C", str(Path(__file__).resolve().parent), *arguments)


def _output(*command: str) -> str | None:
    """What a command prints, or None where it is missing or fails; what points git to another repository is kept from it."""
    variables = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True, env=variables)
        return done.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
