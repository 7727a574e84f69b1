"""Compute a training step's scores and gradients with every ReLU inside a branch in place, and compare them with the ordinary ones.

Tests the course's claim that an in-place ReLU gives the same and only saves memory (Raschka, STAT 453, lecture 14). Only what stands inside a
branch may be changed: the shortcut reads the same tensor as the branch, and the ReLU after the addition makes the next block's input.
"""

from copy import deepcopy

import torch
from torch import Tensor, nn

from benchmarks.spec.probe import Findings
from benchmarks.training.probe_runner import Subject, relative_change
from benchmarks.training.steps import forward
from resnet_variants.attention import SourcesBlock
from resnet_variants.blocks import ResidualBlock
from resnet_variants.streams import StreamsBlock


def measure(subject: Subject) -> Findings:
    """Return the change of the scores and of all gradients on a batch of training images, relative to their norm, and the number of ReLUs changed."""
    x_NCHW, labels_N = subject.inputs(subject.images.train)
    size = subject.trial.recipe.batch_size
    before = _scores_and_gradients(deepcopy(subject.network), subject, x_NCHW[:size], labels_N[:size])
    changed = deepcopy(subject.network)
    num_changed = _put_in_place(changed)
    after = _scores_and_gradients(changed, subject, x_NCHW[:size], labels_N[:size])
    return Findings(values={"in_place_change": relative_change(before, after)}, rows=({"relus_in_place": num_changed},))


def _put_in_place(network: nn.Module) -> int:
    """Put every ReLU inside a branch in place; return their number.

    Raises:
        ValueError: there is none.
    """
    branches = [block.branch for block in network.modules() if isinstance(block, ResidualBlock | StreamsBlock | SourcesBlock)]
    found = [module for branch in branches for module in branch.modules() if isinstance(module, nn.ReLU)]
    if not found:
        raise ValueError("this probe needs a network with a ReLU inside a residual block, such as lecture_identity")
    for module in found:
        module.inplace = True
    return len(found)


def _scores_and_gradients(network: nn.Module, subject: Subject, x_BCHW: Tensor, labels_B: Tensor) -> Tensor:
    """Return the scores of a training step and the gradients of all weights, one after the other."""
    scores_BK = forward(network.train(), x_BCHW, subject.trial.recipe)
    nn.functional.cross_entropy(scores_BK, labels_B).backward()  # type: ignore[no-untyped-call]
    gradients = [weight.grad for weight in network.parameters() if weight.grad is not None]
    return torch.cat([part.detach().flatten() for part in (scores_BK, *gradients)])
