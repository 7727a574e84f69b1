"""How streams are mixed: sums of the mixing weights of each block, their product over the blocks, and what streams change at the start.

Xie et al. 2025 (2512.24880), figures 3 and 7, show the largest row sum of absolute weights in a product over blocks: the largest gain of a signal
that passes no branch, which rows that sum to 1 keep at 1. The weights are those for the test images.

Axes: N images, M streams.
"""

from dataclasses import replace

import torch
from torch import Tensor, nn

from benchmarks.spec.probe import Cell, Findings
from benchmarks.training.generators import generator_of
from benchmarks.training.probe_runner import Subject, relative_change
from resnet_variants.architecture import Architecture
from resnet_variants.build import build
from resnet_variants.registry import name_of
from resnet_variants.streams import Coefficients, StreamsBlock
from resnet_variants.trunks import STATIC

NUM_IMAGES = 256  # for the change at the start


def measure(subject: Subject) -> Findings:
    """Return a row per block with its largest row and column sums of absolute weights, what a stream keeps of itself, and the gain so far.

    Raises:
        ValueError: the network has a single stream.
    """
    architecture = subject.trial.architecture
    if not isinstance(architecture, Architecture) or architecture.streams == 1:
        raise ValueError(
            f"this probe needs a network of several streams, such as preresnet20:streams=4: {name_of(architecture)} has one"
        )
    product_NMM, rows = torch.eye(architecture.streams, dtype=torch.float64), list[dict[str, Cell]]()
    errors = {"mixing_row_error": 0.0, "mixing_column_error": 0.0}
    for block, mix_NMM in enumerate(_mixing_weights(subject, architecture.streams), start=1):
        product_NMM = mix_NMM @ product_NMM
        for name, axis in (("mixing_row_error", 2), ("mixing_column_error", 1)):
            errors[name] = max(errors[name], float((mix_NMM.sum(axis) - 1).abs().max()))
        rows.append(
            {
                "block": block,
                "row_sum": float(mix_NMM.abs().sum(2).max()),
                "column_sum": float(mix_NMM.abs().sum(1).max()),
                "kept_share": float(mix_NMM.diagonal(dim1=1, dim2=2).mean()),
                "gain_so_far": float(product_NMM.abs().sum(2).max()),
            }
        )
    values = {
        "streams_start_change": _change_at_the_start(subject, architecture),
        **errors,
        "mixing_gain": float(product_NMM.abs().sum(2).max()),
    }
    return Findings(values=values, rows=tuple(rows))


def _mixing_weights(subject: Subject, num_streams: int) -> list[Tensor]:
    """Return the mixing weights of each block, in forward order, for every test image."""
    weights: list[Tensor] = []

    def note(module: nn.Module, inputs: tuple[Tensor, ...], out: Coefficients) -> None:
        mix_NMM = torch.eye(num_streams)[None] if out.mix_NMM is None else out.mix_NMM
        weights.append(mix_NMM.double().cpu())

    network = subject.copy()
    for module in network.modules():
        if isinstance(module, StreamsBlock):
            module.mixing.register_forward_hook(note)
    with torch.no_grad():
        network(subject.inputs(subject.images.test)[0])
    return weights


@torch.no_grad()
def _change_at_the_start(subject: Subject, architecture: Architecture) -> float:
    """Return the change of the scores before training, relative to a residual network of the same weights, in fp64 and training mode."""
    x_NCHW = subject.inputs(subject.images.train)[0][:NUM_IMAGES].cpu().double()
    task, seed = subject.images.facts.task(subject.trial.recipe), subject.trial.seed
    scores = [
        build(network, task, generator=generator_of(seed, "weights")).double().train()(x_NCHW)
        for network in (replace(architecture, streams=1, mixing=STATIC), architecture)
    ]
    return relative_change(*scores)
