"""Dropout that can draw from a generator of its own, which torch's does not offer."""

import torch
from torch import Tensor, nn


class Dropout(nn.Dropout):
    """torch's dropout, its draws on a CPU taken from `generator` where there is one: the bits are those of F.dropout at the same state.

    On a GPU, and in what torch.compile makes of it, the draws come from the device's or torch's generator all the same: kernels take no other.
    """

    generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        if self.generator is None or not self.training or x.device.type != "cpu" or torch.compiler.is_compiling():
            return super().forward(x)
        kept = 1 - self.p
        noise = torch.empty_like(x).bernoulli_(kept, generator=self.generator).div_(kept)
        return x * noise


def draw_dropout_from(network: nn.Module, generator: torch.Generator) -> None:
    """Hand one generator to every `Dropout` of a network; torch's own modules, in networks of others, go on with the global one."""
    for module in network.modules():
        if isinstance(module, Dropout):
            module.generator = generator
