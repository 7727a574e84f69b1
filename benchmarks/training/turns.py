"""Work in turns: a generator that pauses after each piece of work it has given the device, so that several trials can share one process.

A generator runs the same code by itself (`run_to_end`) and beside others, where a scheduler takes the next turn of each. Nothing here makes the
CPU wait for a GPU: a generator that needs a result yields WAITING until the GPU has it.
"""

import time
from collections import deque
from collections.abc import Generator
from enum import Enum
from typing import TypeVar

import torch
from torch import Tensor

T = TypeVar("T")
WAIT_SECONDS = 50e-6  # between two looks at a GPU that is busy
# Twice as many steps are queued on a GPU at most, few enough to stop soon. With fewer, lanes of small networks run ahead of those of large ones, but
# all together are no faster (tried with 2, 4 and 8 on an H200).
STEPS_BETWEEN_MARKS = 25


class Turn(Enum):
    """What a turn was: WORKED gave the device work, WAITING found it still busy."""

    WORKED = "worked"
    WAITING = "waiting"


Turns = Generator[Turn, None, T]  # work that returns a T at its end


def run_to_end(turns: Turns[T]) -> T:
    """Run work to its end with nothing beside it; return its result."""
    while True:
        try:
            turn = next(turns)
        except StopIteration as end:
            result: T = end.value
            return result
        pause_after(turn)


def pause_after(turn: object) -> None:
    """Sleep for a moment after a turn, or a round of turns, in which the device was still busy."""
    if turn is Turn.WAITING:
        time.sleep(WAIT_SECONDS)


class Mark:
    """A place in the queue of the device's current stream; other devices than a GPU have none, and are always past it."""

    def __init__(self, device: torch.device) -> None:
        self.event = torch.cuda.Event() if device.type == "cuda" else None  # type: ignore[no-untyped-call]
        if self.event is not None:
            self.event.record()

    def wait(self) -> Turns[None]:
        """Yield WAITING until the device is past this place."""
        while self.event is not None and not self.event.query():  # type: ignore[no-untyped-call]
            yield Turn.WAITING


def bring_home(*tensors: Tensor) -> Turns[tuple[Tensor, ...]]:
    """Copy tensors of one device to the CPU, without making the CPU wait."""
    device = tensors[0].device
    if device.type != "cuda":
        return tuple(tensor.cpu() for tensor in tensors)
    copies = [torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True) for tensor in tensors]
    for copy, tensor in zip(copies, tensors, strict=True):
        copy.copy_(tensor, non_blocking=True)
    yield from Mark(device).wait()
    return tuple(copies)


class Queued:
    """The steps that a GPU has still to run: a trial waits before it queues more than fifty."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.num_steps = 0
        self.marks: deque[Mark] = deque()

    def add(self) -> Turns[None]:
        """Count a step that was given to the device, and yield WAITING while too many are queued."""
        self.num_steps += 1
        if self.num_steps % STEPS_BETWEEN_MARKS == 0:
            self.marks.append(Mark(self.device))
            if len(self.marks) > 1:
                yield from self.marks.popleft().wait()
