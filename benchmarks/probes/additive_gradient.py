"""Whether the loss's gradient at a block is that at a later block plus the part of the branches in between.

He et al. 2016 (1603.05027), equation 5: where shortcut and after-addition are identities, as in full pre-activation, dE/dx_l = dE/dx_L plus
the gradient through the sum of the branches. Both sides are computed on their own, in double precision, over each stage's blocks of one shape.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.probes.lesions import removable_blocks
from benchmarks.spec.probe import Findings
from benchmarks.training.probe_runner import Subject
from resnet_variants.blocks import ResidualBlock
from resnet_variants.network import Network

NUM_IMAGES = 32


def measure(subject: Subject) -> Findings:
    """Return the largest relative difference of the two sides over the stages, a row for each; None if blocks do more than add."""
    x_NCHW, labels_N = subject.inputs(subject.images.train)
    network = subject.copy().double()
    stages = [places for places in removable_blocks(subject.staged) if places]
    if not all(_only_adds(network.blocks[place]) for places in stages for place in places):
        return Findings(values={"additive_gradient_error": None})
    x_NCHW, labels_N = x_NCHW[:NUM_IMAGES].double(), labels_N[:NUM_IMAGES]
    errors = [_relative_error(network, places[0], places[-1] + 1, x_NCHW, labels_N) for places in stages]
    rows = tuple({"stage": stage, "relative_error": error} for stage, error in enumerate(errors, 1))
    return Findings(values={"additive_gradient_error": max(errors)}, rows=rows)


def _only_adds(block: nn.Module) -> bool:
    """Return whether a block computes branch(x) + x and nothing else."""
    return isinstance(block, ResidualBlock) and isinstance(block.shortcut, nn.Identity) and len([*block.after.children()]) == 0


def _relative_error(network: Network, first: int, end: int, x_NCHW: Tensor, labels_N: Tensor) -> float:
    """Return the relative difference between the gradient at block `first` and the sum of that behind block `end - 1` and the branches' part."""
    inputs = [network.blocks[:first](network.stem(x_NCHW)).detach().requires_grad_()]
    for place in range(first, end):
        inputs.append(network.blocks[place](inputs[-1]))
    loss = F.cross_entropy(network.head(network.blocks[end:](inputs[-1])), labels_N)
    at_first, at_end = torch.autograd.grad(loss, (inputs[0], inputs[-1]), retain_graph=True)
    parts = [network.blocks[place].branch(before) for place, (before, _) in enumerate(pairwise(inputs), first)]  # type: ignore[operator]
    branches = torch.stack(parts).sum(0)
    (through_branches,) = torch.autograd.grad(branches, inputs[0], grad_outputs=at_end)
    return float((at_first - at_end - through_branches).norm() / at_first.norm())
