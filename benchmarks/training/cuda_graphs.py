"""Record work on a GPU once as a CUDA graph and replay it: one launch instead of hundreds.

Recorded work reads its inputs from buffers at fixed addresses. Random numbers of the data are drawn outside the graph. Those of dropout come
from the device's generator, which a graph advances as ordinary launches would.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from typing import TypeVar

import torch
from torch import Tensor

WARM_UP_STEPS = 3  # before a recording, as in torch's notes on CUDA graphs

T = TypeVar("T")


class Recorded:
    """A recorded function on tensors of fixed shapes; a call returns what the function would return.

    Recording leaves the tensors in `changes`, the `generators` and the device's random state unchanged.
    """

    def __init__(
        self,
        work: Callable[..., tuple[Tensor, ...]],
        inputs: tuple[Tensor, ...],
        changes: Iterable[Tensor],
        generators: Sequence[torch.Generator] = (),
    ) -> None:
        self.inputs = tuple(tensor.clone() for tensor in inputs)
        once, device = partial(work, *self.inputs), inputs[0].device
        with undone(list(changes), device, generators):
            warm_up(once, device)
        self.replay = capture(once, device)

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Run the work on these inputs; return copies of the results, because the next call overwrites them."""
        for kept, tensor in zip(self.inputs, inputs, strict=True):
            kept.copy_(tensor)
        return tuple(tensor.clone() for tensor in self.replay())


def capture(once: Callable[[], T], device: torch.device) -> Callable[[], T]:
    """Capture a warmed-up callable as a CUDA graph; the returned function replays it into the same output tensors.

    Nothing is computed during capture. Other devices have no graphs: the callable itself is returned, so that its callers can be tested there.
    """
    if device.type != "cuda":
        return once
    graph = torch.cuda.CUDAGraph()
    with _pause_garbage_collection(), torch.cuda.graph(graph, stream=side_stream(torch.cuda.current_stream(device))):
        results = once()

    def replay() -> T:
        graph.replay()
        return results

    return replay


@cache
def side_stream(beside: torch.cuda.Stream) -> torch.cuda.Stream:
    """Return the stream's own side stream: matrix products keep a workspace per stream, which graphs that run at once must not share."""
    return torch.cuda.Stream(beside.device)  # type: ignore[no-untyped-call]


@contextmanager
def _pause_garbage_collection() -> Iterator[None]:
    """Disable garbage collection: a graph or a compiled kernel that is freed during a recording spoils it."""
    was_on = gc.isenabled()
    gc.collect()
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
    """Run the work a few times on a side stream, as a recording requires, so that libraries choose algorithms and allocate memory."""
    if device.type != "cuda":
        for _ in range(WARM_UP_STEPS):
            once()
        return
    current = torch.cuda.current_stream(device)
    stream = side_stream(current)
    stream.wait_stream(current)
    with torch.cuda.stream(stream):
        for _ in range(WARM_UP_STEPS):
            once()
    current.wait_stream(stream)
