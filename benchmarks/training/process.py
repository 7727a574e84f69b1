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


def prepare_process() -> None:
    """Settle a process for trials: one thread, so that a result does not depend on the machine's cores, and two things for speed.

    A dying plain network computes on denormal numbers, which processors are slow with: they are flushed to zero. Memory that is freed
    is kept for the next tensor (glibc would give large pieces back and fault every page in again).
    """
    import torch  # a command that starts workers loads this file without it

    torch.set_num_threads(THREADS_PER_TRIAL)
    torch.set_flush_denormal(True)
    torch.backends.cudnn.allow_tf32 = False  # fp32 means fp32: convolutions would be rounded to 10 bits by default
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if platform.system() == "Linux" else None
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, 2**30)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
