"""What multiplies a residual branch after its last word: a constant, a learned gain, or the draw that drops it.

Axes: N images, C channels, H rows, W columns.
"""

import torch
from torch import Tensor, nn

from resnet_variants.architecture import Architecture
from resnet_variants.dropout import Drawing
from resnet_variants.residual import Gain, gain_of, kept_share, scale_of


class Scale(nn.Module):
    """Multiplication by a constant."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x_NCHW: Tensor) -> Tensor:
        return x_NCHW * self.factor


class LearnedGain(nn.Module):
    """Multiplication by learned numbers: one per channel, or one in all."""

    def __init__(self, gain: Gain, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels if gain.per_channel else 1,), gain.start))

    def forward(self, x_NCHW: Tensor) -> Tensor:
        return x_NCHW * self.weight[:, None, None]


class DropPath(Drawing, nn.Module):
    """Stochastic depth: in training the branch is kept or zero, in evaluation it is multiplied by the `kept` share (Huang et al. 2016).

    One draw serves a whole batch. A dropped branch is computed and multiplied by zero, so that a GPU's graph can hold it:
    the statistics of its batch norms move on, other than in the paper, where it is skipped.
    """

    purpose = "drop path"

    def __init__(self, kept: float) -> None:
        super().__init__()
        self.kept = kept

    def extra_repr(self) -> str:
        return f"kept={self.kept:g}"

    def forward(self, x_NCHW: Tensor) -> Tensor:
        if not self.training:
            return x_NCHW * self.kept
        return x_NCHW * self.draw(torch.empty((), device=x_NCHW.device, dtype=x_NCHW.dtype), self.kept)


FACTORS = (Scale, LearnedGain, DropPath)  # a branch's last modules, which keep a zero zero


def factors_of(architecture: Architecture, place: int, channels: int) -> list[nn.Module]:
    """Return the factors of a branch with these output channels, in the block at `place`, from 1.

    They are its constant, its gain, unless that is Fixup's, and its draw.
    """
    num_blocks = architecture.num_blocks
    modules: list[nn.Module] = []
    if architecture.branch_scale != "1":
        modules.append(Scale(scale_of(architecture.branch_scale, num_blocks)))
    gain = gain_of(architecture.branch_gain, num_blocks)
    if gain is not None and architecture.branch_gain != "fixup":
        modules.append(LearnedGain(gain, channels))
    if architecture.drop_path > 0:
        modules.append(DropPath(kept_share(architecture.drop_path, architecture.drop_path_rule, place, num_blocks)))
    return modules
