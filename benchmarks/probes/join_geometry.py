"""Angle and length of what the blocks of a trained network add to their shortcuts' outputs.

An orthogonal join adds nothing along the shortcut's output s: their inner product is zero, and |x|^2 = |s|^2 + |added|^2 (Oh et al. 2025,
2505.11881, section 3).
"""

from copy import deepcopy

import torch
from torch import Tensor, nn

from benchmarks.spec.probe import Findings
from benchmarks.training.probe_runner import Subject
from resnet_variants.blocks import ResidualBlock
from resnet_variants.joins import EPSILON

CLEAR = 1e6  # times epsilon: the least |s|^2 at which epsilon plays no part


@torch.no_grad()
def measure(subject: Subject) -> Findings:
    """Return the largest inner product over norms, the largest relative error of Pythagoras' theorem, and a row per block.

    Both are taken over the channels of each pixel of the first training images, in fp64. Inner products are relative to the norms of s and of
    the whole branch. A pixel counts if |s|^2 is a million times the epsilon of the join.
    """
    network = deepcopy(subject.staged).double()
    rows: list[dict[str, float]] = []

    def note(join: nn.Module, inputs: tuple[Tensor, Tensor], out_NCHW: Tensor) -> None:
        branch_NCHW, path_NCHW = inputs
        added_NCHW = out_NCHW - path_NCHW
        squares_NHW = path_NCHW.square().sum(1)
        counts_NHW = squares_NHW > CLEAR * EPSILON
        norms = (squares_NHW.sqrt() * branch_NCHW.norm(dim=1))[counts_NHW]
        cosine = (path_NCHW * added_NCHW).sum(1)[counts_NHW] / norms.clamp(min=EPSILON)
        squares = (squares_NHW + added_NCHW.square().sum(1))[counts_NHW]
        error = out_NCHW.square().sum(1)[counts_NHW] / squares - 1
        rows.append({"block": len(rows) + 1, "inner_product": largest(cosine), "pythagoras_error": largest(error)})

    for module in network.modules():
        if isinstance(module, ResidualBlock):
            module.join.register_forward_hook(note)
    network(subject.some_training_images().double())
    return Findings(
        values={name: max((row[name] for row in rows), default=None) for name in ("inner_product", "pythagoras_error")},
        rows=tuple(rows),
    )


def largest(values: Tensor) -> float:
    """Return the largest magnitude of some numbers, or 0 if there are none."""
    return float(values.abs().max()) if len(values) else 0.0
