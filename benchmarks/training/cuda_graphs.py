"""Work on a GPU that is recorded once as a CUDA graph and replayed: one launch in place of hundreds.

What is recorded reads its inputs from buffers that stay where they are. Random numbers of the data are drawn outside of it; those of dropout come
from the device's generator, which a graph takes forward as ordinary launches would.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from typing import TypeVar

import torch
from torch import Tensor

WARM_UP_STEPS = 3  # before a recording, as torch's notes on CUDA graphs have it

T = TypeVar("T")


class Recorded:
    """A piece of work on tensors of fixed shapes; calling it gives what the work itself would give.

    Recording leaves the tensors that the work changes, the generators that it draws from, and the device's random state as they were.
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
        """The work on these inputs; its results are copies, as the next call writes over its own."""
        for kept, tensor in zip(self.inputs, inputs, strict=True):
            kept.copy_(tensor)
        return tuple(tensor.clone() for tensor in self.replay())


def capture(once: Callable[[], T], device: torch.device) -> Callable[[], T]:
    """What does a warmed-up piece of work again on the same memory, and gives the same tensors, written anew. Captured, nothing is done yet.

    Elsewhere than on a CUDA device there are no graphs, and it is the work itself: so the rest can be tested there.
    """
    if device.type != "cuda":
        return once
    graph = torch.cuda.CUDAGraph()
    with _nothing_let_go(), torch.cuda.graph(graph, stream=side_stream(torch.cuda.current_stream(device))):
        results = once()

    def replay() -> T:
        graph.replay()
        return results

    return replay


@cache
def side_stream(beside: torch.cuda.Stream) -> torch.cuda.Stream:
    """The one stream beside another: every stream that multiplies matrices keeps a workspace, which graphs that run at once must not share."""
    return torch.cuda.Stream(beside.device)  # type: ignore[no-untyped-call]


@contextmanager
def _nothing_let_go() -> Iterator[None]:
    """No garbage is collected inside: a graph or a compiled kernel that is let go in the middle of a recording spoils it."""
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
    """Restore these tensors, these generators and the device's random state at the end, whatever happens inside."""
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
    """Let libraries choose and allocate, on a stream beside the ordinary one, which a recording needs."""
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
