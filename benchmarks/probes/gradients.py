"""Gradients before training: their norm per layer, and how similar they are at neighbouring images.

Balduzzi et al. 2017 (1702.08591): with depth a plain network's gradients come to resemble white noise, a residual network's far less so.
"""

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.spec.probe import Cell, Findings
from benchmarks.training.probe_runner import Subject

NUM_IMAGES = 128
DISTANCES = (0.01, 0.03, 0.1, 0.3, 1.0)  # to a neighbour, in standard deviations of a pixel
STATED = 0.1  # the distance of the claim


def measure(subject: Subject) -> Findings:
    """Return a row per convolution with its gradient's norm, and a row per distance with the mean cosine between gradients at neighbouring images."""
    x_NCHW, labels_N = subject.inputs(subject.images.train)
    x_NCHW, labels_N = x_NCHW[:NUM_IMAGES], labels_N[:NUM_IMAGES]
    network = subject.fresh().train()
    F.cross_entropy(network(x_NCHW), labels_N).backward()  # type: ignore[no-untyped-call]
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    norms = [float(module.weight.grad.norm()) for module in convolutions if module.weight.grad is not None]
    rows: list[dict[str, Cell]] = [
        {"kind": "norm", "layer": layer, "position": layer / len(norms), "value": norm}
        for layer, norm in enumerate(norms, start=1)
    ]
    correlations = {distance: _correlation(subject, network, x_NCHW, distance) for distance in DISTANCES}
    rows += [{"kind": "correlation", "distance": distance, "value": value} for distance, value in correlations.items()]
    return Findings(values={"gradient_correlation": correlations[STATED]}, rows=tuple(rows))


def _correlation(subject: Subject, network: nn.Module, x_NCHW: torch.Tensor, distance: float) -> float:
    """Return the mean cosine between the gradients at an image and at a neighbour, for a random direction of the scores."""
    generator = subject.generator
    noise_NCHW = torch.randn(x_NCHW.shape, generator=generator).to(x_NCHW.device)
    both = torch.cat([x_NCHW, x_NCHW + distance * noise_NCHW]).requires_grad_()
    scores = network(both)
    direction_K = torch.randn(scores.shape[1], generator=generator).to(scores.device)
    (gradients,) = torch.autograd.grad((scores @ direction_K).sum(), both)
    here, there = gradients.flatten(1).chunk(2)
    return float(F.cosine_similarity(here, there).mean())
