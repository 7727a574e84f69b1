"""Prepare a process for trials: its threads, torch's flags, the memory that it keeps, and its end with its parent."""

import ctypes
import multiprocessing
import os
import platform
from multiprocessing.connection import wait

from benchmarks.store.environment import THREADS_PER_TRIAL

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h


def end_with_parent() -> None:
    """A parent that is killed outright cannot end its workers: they see it go."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def prepare(num_threads: int) -> None:
    """Set torch's flags for this process.

    A dying plain network computes on denormal numbers, which processors are slow with: they are flushed to zero.
    """
    import torch  # the command line loads this file to end workers, and starts without torch

    torch.set_num_threads(num_threads)
    torch.set_flush_denormal(True)
    torch.backends.cudnn.allow_tf32 = False  # fp32 means fp32: convolutions would be rounded to 10 bits by default


def prepare_process() -> None:
    """Prepare a process for trials: one thread, so that a result does not depend on the machine's cores, and memory that is kept.

    What is freed is kept for the next tensor (glibc would give large pieces back and fault every page in again).
    """
    prepare(THREADS_PER_TRIAL)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if platform.system() == "Linux" else None
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, 2**30)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
