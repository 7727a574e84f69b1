"""The machine at its best: a large matrix product, a large convolution, a large copy. What networks achieve is held against these.

Axes: N images, C channels, H rows, W columns.
"""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F

from benchmarks.measuring.stopwatch import seconds_of
from benchmarks.store.timings import Ceilings


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizes:
    """Rows and columns of the square matrices; images, channels, rows and columns of the 3x3 convolution; and bytes that are copied."""

    matrix: int
    convolution: tuple[int, int, int]
    copy: int


ON_CPU = Sizes(matrix=2048, convolution=(16, 256, 14), copy=2**28)  # far above what caches hold
ON_GPU = Sizes(matrix=8192, convolution=(256, 256, 14), copy=2**30)


class CeilingKernels:
    """The three kernels, ready to be timed."""

    def __init__(self, precision: Literal["fp32", "bf16"], device: str) -> None:
        self.sizes = ON_CPU if device == "cpu" else ON_GPU
        self.device = device
        dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        generator = torch.Generator().manual_seed(0)

        def random(*shape: int) -> torch.Tensor:
            return torch.randn(*shape, generator=generator).to(device, dtype)

        images, channels, side = self.sizes.convolution
        self.left, self.right = random(self.sizes.matrix, self.sizes.matrix), random(self.sizes.matrix, self.sizes.matrix)
        self.x_NCHW = random(images, channels, side, side).contiguous(memory_format=torch.channels_last)
        self.weight = random(channels, channels, 3, 3).contiguous(memory_format=torch.channels_last)
        self.source = torch.empty(self.sizes.copy // 4, device=device).fill_(1.0)
        self.target = torch.empty_like(self.source)

    @torch.inference_mode()
    def convolve(self) -> int:
        """The convolution once; its multiply-adds."""
        F.conv2d(self.x_NCHW, self.weight, padding=1)
        return self.x_NCHW.numel() * self.weight[0].numel()

    @torch.inference_mode()
    def measure(self) -> tuple[float, float, float]:
        """Multiply-adds a second of the product and of the convolution, bytes a second of the copy, which reads and writes each."""
        return (
            self.sizes.matrix**3 / seconds_of(lambda: self.left @ self.right, self.device),
            self.convolve() / seconds_of(self.convolve, self.device),
            2 * self.sizes.copy / seconds_of(lambda: self.target.copy_(self.source), self.device),
        )


def ceilings_of(rounds: list[tuple[float, float, float]]) -> Ceilings:
    """What the rounds brought."""
    matmul, convolution, copy = zip(*rounds, strict=True)
    return Ceilings(matmul_macs_per_second=matmul, convolution_macs_per_second=convolution, copied_bytes_per_second=copy)
