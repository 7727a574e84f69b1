"""Measure the peak memory of a piece of work: of the process on a CPU, of the allocator on a GPU."""

import ctypes
import gc
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks.measuring.stopwatch import wait_for


def bytes_in_use(device: str) -> int | None:
    """Return the bytes in use, after unused memory is freed; None if the system does not report them."""
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
        return torch.cuda.memory_allocated()
    try:
        ctypes.CDLL(None).malloc_trim(0)  # glibc
    except (AttributeError, OSError):
        return None
    return _status_bytes("VmRSS")


def peak_bytes(work: Callable[[], object], device: str) -> int | None:
    """Return the most bytes in use at any time during the work; None if the system does not report them."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    else:
        try:
            Path("/proc/self/clear_refs").write_text("5")  # Linux: reset the peak (man 5 proc)
        except OSError:
            return None
    work()
    wait_for(device)
    return torch.cuda.max_memory_allocated() if device == "cuda" else _status_bytes("VmHWM")


def _status_bytes(name: str) -> int | None:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), None)
