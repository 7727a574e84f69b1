"""Time a piece of work: warm up, repeat, and wait for the device."""

import math
import time
from collections.abc import Callable

import torch

TURN_SECONDS = 0.15  # the calls that are timed take about this long


def seconds_of(once: Callable[[], object], device: str, meanwhile: Callable[[], object] = lambda: None) -> float:
    """Return the mean seconds of a call, repeated for about `TURN_SECONDS` after a warm-up.

    The warm-up takes 10 calls and 0.5 s on a GPU, which raises its clocks and chooses algorithms. On a CPU it takes 10 calls and 0.1 s, or 2
    calls if they take 0.5 s. On a CUDA device `meanwhile` is called once, while the last calls run.
    """
    start, num_warm = time.perf_counter(), 0
    while not _is_warm(device, num_warm, time.perf_counter() - start):
        once()
        wait_for(device)
        num_warm += 1
    estimate = (time.perf_counter() - start) / num_warm
    num_calls = max(1, math.ceil(TURN_SECONDS / estimate))
    if device == "cuda":
        return _seconds_by_events(once, num_calls, meanwhile) / num_calls
    return _seconds_by_clock(once, num_calls, device) / num_calls


def _seconds_by_clock(once: Callable[[], object], num_calls: int, device: str) -> float:
    start = time.perf_counter()
    for _ in range(num_calls):
        once()
    wait_for(device)
    return time.perf_counter() - start


def _seconds_by_events(once: Callable[[], object], num_calls: int, meanwhile: Callable[[], object]) -> float:
    """Return the seconds on the GPU's own clock, from the start of the first call to the end of the last."""
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
    start.record()
    for _ in range(num_calls):
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
    """Wait until the device has finished its work."""
    if device == "cuda":
        torch.cuda.synchronize()
    elif device == "mps":
        torch.mps.synchronize()
