"""Choose the device that "auto" stands for, and detect native bf16."""

import ctypes
import platform
from pathlib import Path

from benchmarks.store.environment import _cpuinfo
from resnet_variants.lookup import no_such

OTHER_DRIVERS = (Path("/dev/kfd"), Path("/dev/dxg"))  # AMD's driver, and that of Windows under WSL
BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})  # x86 and Arm, as Linux spells them


def resolve_device(asked: str, *, is_elsewhere: bool = False) -> str:
    """Return the device that "auto" stands for, or the requested one; with `is_elsewhere` (other machines) "cuda" is not checked.

    Raises:
        ValueError: the device is unknown, or does not exist on this machine.
    """
    if asked == "cpu" or (is_elsewhere and asked == "cuda"):
        return asked
    if asked == "auto" and not _may_have_gpu():
        return "cpu"
    import torch

    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if asked == "auto":
        return next((device for device in available if available[device]), "cpu")
    if asked not in available:
        raise ValueError(no_such("device", asked, ("auto", "cpu", "cuda", "mps")))
    if not available[asked]:
        raise ValueError(
            f"--device {asked}: torch {torch.__version__} finds no such device on this machine; use --device cpu or auto"
        )
    return asked


def _may_have_gpu() -> bool:
    """Return whether torch must be loaded to look for a GPU: not on Linux without a driver of NVIDIA, AMD or WSL."""
    if platform.system() != "Linux" or any(path.exists() for path in OTHER_DRIVERS):
        return True
    try:
        ctypes.CDLL("libcuda.so.1")  # CUDA's runtime loads it too
    except OSError:
        return False
    return True


def has_native_bf16(device: str) -> bool:
    """Return whether the device multiplies bf16 in hardware.

    Raises:
        ValueError: the device is a GPU of another machine.
    """
    if device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise ValueError("it is unknown here whether the cluster's GPUs have bf16: add --set precision=bf16 or fp32")
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device == "cpu" and bool(BF16_FLAGS & set(_cpuinfo("flags", "Features").split()))
