"""What a result was measured on: processor, GPU, threads, versions, commit. Torch is loaded only to ask about a GPU, where there may be one."""

import ctypes
import os
import platform
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.cores import num_cores

THREADS_PER_TRIAL = 1  # a trial's result must not depend on how many run beside it
PACKAGES = ("torch", "torchvision", "numpy", "scikit-learn", "fvcore")
OTHER_DRIVERS = (Path("/dev/kfd"), Path("/dev/dxg"))  # AMD's, and Windows' where Linux runs in it
# what `git rev-parse --local-env-vars` lists of places: git's own hooks set them
ELSEWHERE = frozenset(("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX"))
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})  # x86 and Arm, as Linux spells them


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
    top = Path(__file__).resolve().parents[1]
    found = _git("rev-parse", "--show-toplevel")
    if found is None or Path(found).resolve() != top or _git("ls-files", "--error-unmatch", __file__) is None:
        return Checkout(commit=None, is_dirty=None)
    commit = _git("rev-parse", "HEAD")
    changes = _git("status", "--porcelain", "--untracked-files=no")
    return Checkout(commit=commit, is_dirty=None if commit is None or changes is None else bool(changes))


def utc_now() -> str:
    """Return the time in UTC, in ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class Others:
    """What other programs take of the machine from here on."""

    def __init__(self) -> None:
        self.start = self._now()

    def share(self) -> float | None:
        """The share of all cores' time that was spent outside this process; None where the system does not tell."""
        now = self._now()
        if now is None or self.start is None:
            return None
        busy, total, own = (after - before for after, before in zip(now, self.start, strict=True))
        return min(1.0, max(0.0, (busy - own) / total)) if total > 0 else None

    @staticmethod
    def _now() -> tuple[float, float, float] | None:
        """Seconds that all cores were busy, that they were there, and that this process took."""
        try:
            ticks = [int(number) for number in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        except (OSError, ValueError):
            return None
        idle, total = ticks[3] + ticks[4], sum(ticks)
        return (total - idle) / TICKS, total / TICKS, time.process_time()


def settle_device(asked: str, *, is_elsewhere: bool = False) -> str:
    """The device that "auto" stands for, or the one asked for; of other machines it is not known here whether they have it.

    Raises:
        ValueError: a device that is not there.
    """
    if asked == "cpu" or (is_elsewhere and asked == "cuda"):
        return asked
    if asked == "auto" and not _may_have_gpu():
        return "cpu"
    import torch

    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if asked == "auto":
        return next((device for device in found if found[device]), "cpu")
    if asked not in found:
        raise ValueError(f"no device {asked!r}; have auto, cpu, cuda, mps")
    if not found[asked]:
        raise ValueError(f"--device {asked}: torch {torch.__version__} finds none on this machine; use --device cpu or auto")
    return asked


def _may_have_gpu() -> bool:
    """Whether it is worth the seconds that torch takes to load to ask it: not on a Linux without NVIDIA's driver, AMD's or Windows' under it."""
    if platform.system() != "Linux" or any(path.exists() for path in OTHER_DRIVERS):
        return True
    try:
        ctypes.CDLL("libcuda.so.1")  # what CUDA's runtime loads, too
    except OSError:
        return False
    return True


def has_native_bf16(device: str) -> bool:
    """Whether the device multiplies bf16 in hardware.

    Raises:
        ValueError: it is a GPU of another machine.
    """
    if device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise ValueError("whether the cluster's GPUs have bf16 cannot be told here: add --set precision=bf16 or fp32")
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device == "cpu" and bool(BF16_FLAGS & set(_cpuinfo("flags", "Features").split()))


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
