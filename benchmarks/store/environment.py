"""Environment of a result: processor, GPU, threads, versions, commit. Torch is loaded only to query a GPU."""

import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.store.cores import num_cores

THREADS_PER_TRIAL = 1  # a trial's result must not depend on how many run at once
PACKAGES = ("torch", "torchvision", "numpy", "scikit-learn", "fvcore")
INSTRUCTIONS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "sve", "bf16")  # of x86 and Arm, as Linux names them
# variables that redirect git (from `git rev-parse --local-env-vars`); git's hooks set them
ELSEWHERE = frozenset(("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """Machine and software of one result; `commit` is None outside a git checkout.

    `instructions` are those of the processor's vectors, such as "avx2 avx512f": a virtual machine often hides its processor's model, and results
    differ in their last bits. Empty in records of before schema 7, and where the system does not tell.
    """

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
    instructions: str = ""

    @property
    def machine(self) -> str:
        """Name of the GPU, or of the processor if no GPU was used."""
        return self.gpu or self.processor


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkout:
    """Commit of the running source, and whether tracked files differ from it."""

    commit: str | None
    is_dirty: bool | None


def describe(*, device: str, num_threads: int, checkout: Checkout) -> Environment:
    """Return the environment of a trial on this machine's `device`."""
    return Environment(
        processor=_processor(),
        num_cores=num_cores(),
        device=device,
        gpu=_gpu(device),
        num_threads=num_threads,
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        versions=versions(),
        commit=checkout.commit,
        is_dirty=checkout.is_dirty,
        instructions=instructions(),
    )


def instructions() -> str:
    """Return the instructions for vectors and matrices that decide which kernels run; empty where the system does not tell."""
    known = _cpuinfo("flags", "Features").split()
    return " ".join(name for name in INSTRUCTIONS if name in known)


def versions() -> dict[str, str]:
    """Return the versions of the packages that a result depends on, as far as they are installed; none of them is loaded."""
    return {name: found for name in PACKAGES if (found := _version(name))}


def read_checkout() -> Checkout:
    """Return the commit of this source and whether tracked files differ from it, or None for both outside a checkout.

    A repository around an installed copy is somebody else's, so git's answer counts only if this file is tracked at its
    place in the project.
    """
    top = Path(__file__).resolve().parents[2]
    root = _git("rev-parse", "--show-toplevel")
    if root is None or Path(root).resolve() != top or _git("ls-files", "--error-unmatch", __file__) is None:
        return Checkout(commit=None, is_dirty=None)
    commit = _git("rev-parse", "HEAD")
    changes = _git("status", "--porcelain", "--untracked-files=no")
    return Checkout(commit=commit, is_dirty=None if commit is None or changes is None else bool(changes))


def utc_now() -> str:
    """Return the time in UTC, in ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _cpuinfo(*keys: str) -> str:
    """Return the first value of one of the keys in Linux's /proc/cpuinfo, or an empty text."""
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
    """Return the output of a command, or None if it is missing or fails; it does not see variables that redirect git."""
    variables = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True, env=variables)
        return done.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
