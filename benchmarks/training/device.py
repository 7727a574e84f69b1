""" "auto" to a device; native bf16."""

import ctypes
import platform
from pathlib import Path

from benchmarks.store.environment import _cpuinfo
from resnet_variants.lookup import no_such

OTHER_DRIVERS = (Path("/dev/kfd"), Path("/dev/dxg"))  # AMD's, and Windows' where Linux runs in it
BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})  # x86 and Arm, as Linux spells them


def resolve_device(asked: str, *, is_elsewhere: bool = False) -> str:
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
        raise ValueError(no_such("device", asked, ("auto", "cpu", "cuda", "mps")))
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
