"""Record work on a GPU once as a CUDA graph and replay it: one launch instead of hundreds.

Recorded work reads and writes tensors at fixed addresses, which must live as long as the graph. Random numbers of the data are drawn outside
the graph. Those of dropout come from the device's generator, which a graph advances as ordinary launches would.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import TypeVar

import torch
from torch import Tensor

WARM_UP_STEPS = 3  # before a recording, as in torch's notes on CUDA graphs

T = TypeVar("T")


def record(
    once: Callable[[], object], device: torch.device, changes: Iterable[Tensor], generators: Sequence[torch.Generator] = ()
) -> Callable[[], object]:
    """Warm up and capture work; the returned function replays it.

    Recording leaves the tensors in `changes`, the `generators` and the device's random state unchanged.
    """
    with undone(list(changes), device, generators):
        warm_up(once, device)
    return capture(once, device)


def capture(once: Callable[[], T], device: torch.device) -> Callable[[], T]:
    """Capture a warmed-up callable as a CUDA graph; the returned function replays it into the same output tensors.

    Nothing is computed during capture, and nothing waits for the device: other streams keep running. Other devices have no graphs: the callable
    itself is returned, so that its callers can be tested there.
    """
    if device.type != "cuda":
        return once
    graph = torch.cuda.CUDAGraph()
    with _pause_garbage_collection(), _on_recording_stream(device):
        graph.capture_begin()
        try:
            results = once()
        except BaseException:
            with suppress(RuntimeError):  # it repeats that the capture failed, and would hide why
                graph.capture_end()
            raise
        graph.capture_end()

    def replay() -> T:
        graph.replay()
        return results

    return replay


@contextmanager
def _on_recording_stream(device: torch.device) -> Iterator[None]:
    """Use the current stream if it is a trial's own, and else its side stream: the default stream cannot be captured."""
    current = torch.cuda.current_stream(device)
    stream = side_stream(current) if current == torch.cuda.default_stream(device) else current
    stream.wait_stream(current)
    with torch.cuda.stream(stream):
        yield
    current.wait_stream(stream)


@cache
def side_stream(beside: torch.cuda.Stream) -> torch.cuda.Stream:
    """Return the stream's own side stream: matrix products keep a workspace per stream, which graphs that run at once must not share."""
    return torch.cuda.Stream(beside.device)  # type: ignore[no-untyped-call]


@contextmanager
def _pause_garbage_collection() -> Iterator[None]:
    """Disable garbage collection: a graph or a compiled kernel that is freed during a recording spoils it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def undone(changes: list[Tensor], device: torch.device, generators: Sequence[torch.Generator] = ()) -> Iterator[None]:
    """Restore these tensors, these generators and the device's random state on exit, even after an error."""
    before = [tensor.detach().clone() for tensor in changes]
    on_gpu = device.type == "cuda"
    states = [generator.get_state() for generator in generators]
    state = torch.cuda.get_rng_state(device) if on_gpu else torch.get_rng_state()
    try:
        yield
    finally:
        with torch.no_grad():
            for tensor, value in zip(changes, before, strict=True):
                tensor.copy_(value)
        for generator, drawn in zip(generators, states, strict=True):
            generator.set_state(drawn)
        if on_gpu:
            torch.cuda.set_rng_state(state, device)
        else:
            torch.set_rng_state(state)


def warm_up(once: Callable[[], object], device: torch.device) -> None:
    """Run the work a few times on the stream of its recording, so that libraries choose algorithms and allocate memory."""
    if device.type != "cuda":
        for _ in range(WARM_UP_STEPS):
            once()
        return
    with _on_recording_stream(device):
        for _ in range(WARM_UP_STEPS):
            once()
