"""A lane: what one of several trials that share a process has to itself: its stream on the GPU and its state of torch's global random generators.

torch's own dropout, networks of users and compiled networks draw from the global generators. On a GPU a graph registers the state that is set while
it is recorded, and every replay writes to it: lanes that shared one would race (pytorch issue 172390).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


class Lane:
    """A place for one trial beside others; a step of the trial runs within `turn`."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.stream: torch.cuda.Stream | None = None
        self.cpu_state = torch.get_rng_state()
        if device.type == "cuda":
            self.stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
            self.gpu_state = _gpu_generator(device).clone_state()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Use the lane's stream and random states, and put back those of others afterwards."""
        others = torch.get_rng_state()
        torch.set_rng_state(self.cpu_state)
        others_on_gpu = self._swap_in()
        try:
            with torch.cuda.stream(self.stream):  # None: the stream stays
                yield
        finally:
            if others_on_gpu is not None:
                _gpu_generator(self.device).graphsafe_set_state(others_on_gpu)
            self.cpu_state = torch.get_rng_state()
            torch.set_rng_state(others)

    def _swap_in(self) -> torch.Generator | None:
        """Make the lane's state that of the GPU's generator, by reference; return the one before."""
        if self.stream is None:
            return None
        generator = _gpu_generator(self.device)
        others = generator.graphsafe_get_state()
        generator.graphsafe_set_state(self.gpu_state)
        return others

    def finish(self) -> None:
        """Wait for the lane's work on the GPU, before its tensors and graphs are released."""
        if self.stream is not None:
            self.stream.synchronize()


def _gpu_generator(device: torch.device) -> torch.Generator:
    generators: tuple[torch.Generator, ...] = torch.cuda.default_generators
    index = torch.cuda.current_device() if device.index is None else device.index
    return generators[index]
