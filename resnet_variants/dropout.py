"""Modules that draw random numbers in training from generators of their own, which torch's dropout does not offer."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn


class Drawing:
    """A module that draws zeros and ones: on a CPU from its `generator`, if set.

    On a GPU and under torch.compile, the draws always come from the device's or torch's global generator: kernels accept
    no other. `purpose` names the generator, so that one kind of draw does not change another's.
    """

    purpose: ClassVar[str]
    generator: torch.Generator | None = None

    def has_own_generator(self, x: Tensor) -> bool:
        """Return whether draws for a tensor come from the module's own generator."""
        return self.generator is not None and x.device.type == "cpu" and not torch.compiler.is_compiling()

    def draw(self, empty: Tensor, probability: float) -> Tensor:
        """Fill a tensor with ones of this probability, and zeros."""
        return empty.bernoulli_(probability, generator=self.generator if self.has_own_generator(empty) else None)


class Dropout(Drawing, nn.Dropout):
    """Dropout that can draw from its own generator, with the bits that F.dropout gives at the same generator state."""

    purpose = "dropout"

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.has_own_generator(x):
            return super().forward(x)
        kept = 1 - self.p
        return x * self.draw(torch.empty_like(x), kept).div_(kept)


def draw_from(network: nn.Module, generators: Mapping[str, torch.Generator]) -> None:
    """Give every `Drawing` module of a network the generator of its purpose; torch's own dropout modules keep drawing from the global one."""
    for module in network.modules():
        if isinstance(module, Drawing):
            module.generator = generators[module.purpose]
