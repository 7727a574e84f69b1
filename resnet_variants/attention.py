"""Attention Residuals: each block reads a weighted mean of earlier outputs instead of their sum (Kimi Team 2026, 2603.15031).

A block reads h = sum_i a_i v_i with a = softmax_i(w . norm(v_i)) at each pixel, w of C numbers that start at 0. In the block
form, where a stage is a block, the v_i are the stem's output, the sums of the branches of each former stage, and that of its
own, to which it adds f(h); in the full form, its stage's input and each branch of the stage. The first block of a stage reads
what the former stage has left and begins a new sum; the v_i then take the shortcut's path to the new shape (in the full
form what that block has read takes it, and becomes the new stage's input). The head reads as a block does, with a w of its
own, because in the paper the output layer does. The norm divides by the root mean square over the channels of a pixel; it
has no weights, because w would absorb them. At the start all a_i are equal: h is the mean, not the sum.

What passes between blocks is one tensor in which the v_i of an image are as many images in a row.

Axes: N images, K sources, S = N K sources of all images, C channels, H rows, W columns.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_variants.joins import precise
from resnet_variants.streams import as_images, as_rows, is_channels_last

EPSILON = 1e-6


class Attend(nn.Module):
    """Softmax average of the sources of each image, at each pixel."""

    def __init__(self, num_sources: int, channels: int) -> None:
        super().__init__()
        self.num_sources = num_sources
        self.weight = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x_SCHW: Tensor) -> Tensor:
        mean_square_S1HW = precise(x_SCHW).pow(2).mean(1, keepdim=True)
        logits_S1HW = precise(F.conv2d(x_SCHW, self.weight)) * (mean_square_S1HW + EPSILON).rsqrt()
        height, width = logits_S1HW.shape[2:]
        shares_S1HW = logits_S1HW.reshape(-1, self.num_sources, height, width).softmax(1).reshape(-1, 1, height, width)
        return sum_of_sources(shares_S1HW.to(x_SCHW.dtype) * x_SCHW, self.num_sources)


class Average(nn.Module):
    """Mean of the sources of each image: the control of `Attend`."""

    def __init__(self, num_sources: int) -> None:
        super().__init__()
        self.num_sources = num_sources

    def forward(self, x_SCHW: Tensor) -> Tensor:
        return sum_of_sources(x_SCHW, self.num_sources) / self.num_sources


class SourcesBlock(nn.Module):
    """Block that reads from its sources and adds its branch to the last of them, or appends it.

    `begins` a new source: the branch is appended. With `keeps_read`, the former sources are replaced by what was read of them.
    """

    def __init__(self, *, read: Attend | Average, branch: nn.Module, shortcut: nn.Module, begins: bool, keeps_read: bool) -> None:
        super().__init__()
        self.read = read
        self.branch = branch
        self.shortcut = shortcut
        self.begins = begins
        self.keeps_read = keeps_read

    def forward(self, x_SCHW: Tensor) -> Tensor:
        read_NCHW = self.read(x_SCHW)
        branch_NCHW = self.branch(read_NCHW)
        kept_SCHW = self.shortcut(read_NCHW if self.keeps_read else x_SCHW)
        is_last = is_channels_last(branch_NCHW)
        sources_NKP = as_rows(kept_SCHW, 1 if self.keeps_read else self.read.num_sources, is_last)
        branch_N1P = as_rows(branch_NCHW, 1, is_last)
        if self.begins:
            rows_NKP = torch.cat([sources_NKP, branch_N1P], dim=1)
        else:
            rows_NKP = torch.cat([sources_NKP[:, :-1], sources_NKP[:, -1:] + branch_N1P], dim=1)
        return as_images(rows_NKP, branch_NCHW.shape[1:], is_last)


def sum_of_sources(x_SCHW: Tensor, num_sources: int) -> Tensor:
    """Return the sum of the sources of each image."""
    is_last = is_channels_last(x_SCHW)
    return as_images(as_rows(x_SCHW, num_sources, is_last).sum(1, keepdim=True), x_SCHW.shape[1:], is_last)
