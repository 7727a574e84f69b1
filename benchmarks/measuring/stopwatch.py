"""Seconds of a piece of work: warmed up, repeated, and waited for."""

import math
import time
from collections.abc import Callable

import torch

TURN_SECONDS = 0.15  # what is timed goes on at least so long


def seconds_of(once: Callable[[], object], device: str, meanwhile: Callable[[], object] = lambda: None) -> float:
    """The mean of as many repetitions as a turn's time takes, after a warm-up.

    A GPU, which has clocks to raise and algorithms to choose, is warmed up by ten repetitions and half a second; a CPU by ten and a tenth of a
    second, or by two where these take half a second. `meanwhile` is called once on a GPU that is still at the last repetitions.
    """
    start, count = time.perf_counter(), 0
    while not _is_warm(device, count, time.perf_counter() - start):
        once()
        wait_for(device)
        count += 1
    estimate = (time.perf_counter() - start) / count
    number = max(1, math.ceil(TURN_SECONDS / estimate))
    if device == "cuda":
        return _seconds_by_events(once, number, meanwhile) / number
    return _seconds_by_clock(once, number, device) / number


def _seconds_by_clock(once: Callable[[], object], number: int, device: str) -> float:
    start = time.perf_counter()
    for _ in range(number):
        once()
    wait_for(device)
    return time.perf_counter() - start


def _seconds_by_events(once: Callable[[], object], number: int, meanwhile: Callable[[], object]) -> float:
    """As the GPU itself sees them: from the first launch's begin to the last one's end."""
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
    start.record()
    for _ in range(number):
        once()
    end.record()
    meanwhile()
    end.synchronize()
    return float(start.elapsed_time(end)) / 1000


def _is_warm(device: str, count: int, seconds: float) -> bool:
    if device != "cpu":
        return count >= 10 and seconds >= 0.5
    return (count >= 10 and seconds >= 0.1) or (count >= 2 and seconds >= 0.5)


def wait_for(device: str) -> None:
    """Until the device has done what it was given."""
    if device == "cuda":
        torch.cuda.synchronize()
    elif device == "mps":
        torch.mps.synchronize()
