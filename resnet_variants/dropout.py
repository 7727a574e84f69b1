"""Dropout that can draw from its own generator, which torch's dropout does not offer."""

import torch
from torch import Tensor, nn


class Dropout(nn.Dropout):
    """Dropout that draws from `generator` on a CPU, if set, with the bits that F.dropout gives at the same generator state.

    On a GPU and under torch.compile, the draws always come from the device's or torch's global generator: kernels
    accept no other.
    """

    generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        if self.generator is None or not self.training or x.device.type != "cpu" or torch.compiler.is_compiling():
            return super().forward(x)
        kept = 1 - self.p
        noise = torch.empty_like(x).bernoulli_(kept, generator=self.generator).div_(kept)
        return x * noise


def draw_dropout_from(network: nn.Module, generator: torch.Generator) -> None:
    """Give a generator to every `Dropout` of a network; torch's own dropout modules keep drawing from the global one."""
    for module in network.modules():
        if isinstance(module, Dropout):
            module.generator = generator
