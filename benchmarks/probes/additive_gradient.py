"""Does the gradient of a block consist of that of the last block of its stage and a term of the branches?

He et al. 2016 (1603.05027), equation 5: with nothing on the shortcut and nothing after the addition, dE/dx_l = dE/dx_L + the sum of what the branches
from l to L pass back. The sum is computed from one branch at a time, in fp64, and compared with the gradient of the whole network.

Axes: N images, C channels, H rows, W columns.
"""

from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.spec.probe import Cell, Findings
from benchmarks.training.probe_runner import Subject
from resnet_variants.blocks import ResidualBlock
from resnet_variants.joins import Add
from resnet_variants.network import Network

NUM_IMAGES = 32


def measure(subject: Subject) -> Findings:
    """Return a row per block with the norms of its gradient, of that passed on and of the branches' part, and the largest relative error.

    It is None for a network without identity shortcuts.
    """
    x_NCHW, labels_N = subject.inputs(subject.images.train)
    network = deepcopy(subject.staged).double().eval()
    inputs, gradients = _gradients(network, x_NCHW[:NUM_IMAGES].double(), labels_N[:NUM_IMAGES])
    rows: list[dict[str, Cell]] = []
    for places in _runs_of_identities(network):
        passed_NCHW = gradients[places[-1] + 1]
        branches_NCHW = torch.zeros_like(passed_NCHW)
        for place in reversed(places):
            branches_NCHW = branches_NCHW + _passed_back(network.blocks[place], inputs[place], gradients[place + 1])
            missing_NCHW = gradients[place] - passed_NCHW - branches_NCHW
            rows.append(
                {
                    "block": place + 1,
                    "gradient": float(gradients[place].norm()),
                    "passed": float(passed_NCHW.norm()),
                    "branches": float(branches_NCHW.norm()),
                    "error": float(missing_NCHW.norm() / gradients[place].norm()),
                }
            )
    errors = [float(row["error"] or 0) for row in rows]
    return Findings(values={"additive_gradient_error": max(errors, default=None)}, rows=tuple(rows))


def _gradients(network: Network, x_NCHW: Tensor, labels_N: Tensor) -> tuple[list[Tensor], tuple[Tensor, ...]]:
    """Return the input of each block and that of the head, and the gradient of the loss at each."""
    inputs = [network.stem(x_NCHW).detach().requires_grad_()]
    for block in network.blocks:
        inputs.append(block(inputs[-1]))
    loss = F.cross_entropy(network.head(inputs[-1]), labels_N)
    return inputs, torch.autograd.grad(loss, inputs)


def _passed_back(block: nn.Module, x_NCHW: Tensor, gradient_NCHW: Tensor) -> Tensor:
    """Return what the branch of a block passes back of a gradient at its output."""
    assert isinstance(block, ResidualBlock)
    x_NCHW = x_NCHW.detach().requires_grad_()
    (passed_NCHW,) = torch.autograd.grad(block.branch(x_NCHW), x_NCHW, gradient_NCHW)
    return passed_NCHW


def _runs_of_identities(network: Network) -> list[list[int]]:
    """Return for each stage the positions of its last blocks, as many as have an identity shortcut in a row."""
    runs, end = [], 0
    for num_blocks in network.blocks_per_stage:
        start, end = end, end + num_blocks
        places: list[int] = []
        for place in reversed(range(start, end)):
            block = network.blocks[place]
            if not (isinstance(block, ResidualBlock) and isinstance(block.shortcut, nn.Identity) and isinstance(block.join, Add)):
                break
            places.insert(0, place)
        if places:
            runs.append(places)
    return runs
