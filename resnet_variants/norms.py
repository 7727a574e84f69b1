"""Modules that stand in the place of batch norm.

Axes: N images, C channels, H rows, W columns.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MOST_GROUPS, CHANNELS_PER_GROUP = 32, 4


def group_norm(channels: int) -> nn.GroupNorm:
    """Return a group norm of at least four channels per group and at most 32 groups, as many as divide the channels (Wu and He 2018)."""
    most = max(1, min(MOST_GROUPS, channels // CHANNELS_PER_GROUP))
    return nn.GroupNorm(next(groups for groups in range(most, 0, -1) if channels % groups == 0), channels)


def layer_norm(channels: int) -> nn.GroupNorm:
    """Return a norm over all channels and pixels of an image: a group norm of one group (Wu and He 2018, section 3)."""
    return nn.GroupNorm(1, channels)


class PixelLayerNorm(nn.LayerNorm):
    """Norm over the channels of each pixel, as in ConvNeXt (Liu et al. 2022)."""

    def forward(self, x_NCHW: Tensor) -> Tensor:
        x_NHWC = x_NCHW.permute(0, 2, 3, 1)
        return F.layer_norm(x_NHWC, self.normalized_shape, self.weight, self.bias, self.eps).permute(0, 3, 1, 2)


class DynamicTanh(nn.Module):
    """Dynamic tanh: weight tanh(alpha x) + bias, with one alpha for the layer (Zhu et al. 2025, section 4)."""

    def __init__(self, channels: int, alpha: float = 0.5) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.full((1,), alpha))
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x_NCHW: Tensor) -> Tensor:
        return self.weight[:, None, None] * torch.tanh(self.alpha * x_NCHW) + self.bias[:, None, None]


class Bias(nn.Module):
    """Addition of a learned number per channel, from 0 on."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x_NCHW: Tensor) -> Tensor:
        return x_NCHW + self.bias[:, None, None]


class Shift(nn.Module):
    """Addition of one learned number, from 0 on, which is no norm's part (Zhang et al. 2019, figure 1)."""

    def __init__(self) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x_NCHW: Tensor) -> Tensor:
        return x_NCHW + self.bias
