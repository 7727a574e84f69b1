"""Measure the machine's peak speed with a large matrix product, convolution and copy, for comparison with networks.

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
    """Side of the square matrices; images, channels and side of the 3x3 convolution; bytes to copy."""

    matrix: int
    convolution: tuple[int, int, int]
    copy: int


ON_CPU = Sizes(matrix=2048, convolution=(16, 256, 14), copy=2**28)  # far larger than caches
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
        """Run the convolution once; return its multiply-adds."""
        F.conv2d(self.x_NCHW, self.weight, padding=1)
        return self.x_NCHW.numel() * self.weight[0].numel()

    @torch.inference_mode()
    def copy(self) -> int:
        """Copy once; return the bytes read and written."""
        self.target.copy_(self.source)
        return 2 * self.sizes.copy

    @torch.inference_mode()
    def measure(self) -> tuple[float, float, float]:
        """Return multiply-adds per second of the product and the convolution, and bytes per second of the copy (read and written)."""
        return (
            self.sizes.matrix**3 / seconds_of(lambda: self.left @ self.right, self.device),
            self.convolve() / seconds_of(self.convolve, self.device),
            self.copy() / seconds_of(self.copy, self.device),
        )


def ceilings_of(rounds: list[tuple[float, float, float]]) -> Ceilings:
    """Return the ceilings from the measurements of all rounds."""
    matmul, convolution, copy = zip(*rounds, strict=True)
    return Ceilings(matmul_macs_per_second=matmul, convolution_macs_per_second=convolution, copied_bytes_per_second=copy)
