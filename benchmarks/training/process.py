"""Prepare a process for trials: its threads, torch's flags, and its memory; and end it with its parent."""

import ctypes
import multiprocessing
import os
import platform
from multiprocessing.connection import wait

from benchmarks.store.environment import THREADS_PER_TRIAL

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h


def end_with_parent() -> None:
    """Wait until the parent process is gone, then exit: a parent that is killed cannot stop its workers."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def prepare(num_threads: int) -> None:
    """Set torch's flags and number of threads for this process.

    Denormal numbers are flushed to zero: a failing plain network computes with them, and processors are slow at it.
    """
    import torch  # late: the command line imports this file, and starts without torch

    torch.set_num_threads(num_threads)
    torch.set_flush_denormal(True)
    torch.backends.cudnn.allow_tf32 = False  # fp32 means fp32: by default convolutions round to 10 bits


def prepare_process() -> None:
    """Prepare a process for trials: one thread, so that results do not depend on the number of cores, and memory that is kept.

    Freed memory is kept for the next tensor: glibc would return large blocks to the system and page-fault on them again.
    """
    prepare(THREADS_PER_TRIAL)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if platform.system() == "Linux" else None
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, 2**30)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
