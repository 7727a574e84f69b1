"""How the blocks of a network start, before any training: the size of each branch beside its shortcut's output.

With batch norm a branch puts out as much in every block, while the stream grows by each, so that the share of the branch falls as one over the
root of the block's number (De and Smith 2020, 2002.10444, section 2). Gains that start at zero make every block its shortcut.
"""

import math

import torch
from torch import Tensor, nn

from benchmarks.spec.probe import Findings
from benchmarks.training.probe_runner import Subject
from resnet_variants.blocks import ResidualBlock


@torch.no_grad()
def measure(subject: Subject) -> Findings:
    """Return the largest share of a branch, the slope of its logarithm on that of the block's number, and a row per block.

    The share is the norm of what a block adds, relative to that of its shortcut's output, on the first training images, in training mode. Nothing
    is returned for networks without residual blocks; there is no slope where a share is zero.
    """
    subject.refuse_several_tensors()
    network = subject.fresh().train()
    shares: list[float] = []

    def note(join: nn.Module, inputs: tuple[Tensor, Tensor], out_NCHW: Tensor) -> None:
        path_NCHW = inputs[1].double()
        shares.append(float((out_NCHW.double() - path_NCHW).norm() / path_NCHW.norm()))

    for module in network.modules():
        if isinstance(module, ResidualBlock):
            module.join.register_forward_hook(note)
    network(subject.some_training_images())
    rows = tuple({"block": place, "share": share} for place, share in enumerate(shares, start=1))
    return Findings(values={"start_change": max(shares, default=None), "branch_share_slope": log_slope(shares)}, rows=rows)


def log_slope(shares: list[float]) -> float | None:
    """Return the least-squares slope of log(share) on log(number of the block), or None if a share is zero or there are fewer than two."""
    if len(shares) < 2 or min(shares) <= 0:
        return None
    places = [math.log(place) for place in range(1, len(shares) + 1)]
    logs = [math.log(share) for share in shares]
    middle, mean = sum(places) / len(places), sum(logs) / len(logs)
    covariance = sum((place - middle) * (log - mean) for place, log in zip(places, logs, strict=True))
    return covariance / sum((place - middle) ** 2 for place in places)
