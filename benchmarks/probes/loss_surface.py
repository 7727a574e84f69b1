"""The loss around a trained network, on a plane of two random directions whose filters have the norms of the network's own.

Li et al. 2018 (1712.09913): directions are filter-normalised, and norms and biases stay fixed. They claim that the surface of a deep network
is chaotic without shortcuts, and nearly convex with them. The value here is the share of grid points at which the loss has negative
curvature along either axis (0 for a bowl).
"""

import torch
from torch import Tensor, nn

from benchmarks.spec.probe import Findings
from benchmarks.training.probe_runner import Subject, mean_loss

STEPS, REACH = 13, 1.0  # points per side; the largest step, relative to the weights' norms
HIGHEST = 1e6  # recorded for higher losses and for those that are not finite
LEAST_CURVE = 1e-6  # relative to the loss; smaller curvature is rounding
NUM_IMAGES = 256


def measure(subject: Subject) -> Findings:
    """Return the training loss on the grid, row by row, and the share of points with negative curvature."""
    x_NCHW, labels_N = subject.inputs(subject.images.train)
    x_NCHW, labels_N = x_NCHW[:NUM_IMAGES], labels_N[:NUM_IMAGES]
    network, generator = subject.copy(), subject.generator
    weights = [weight for weight in network.parameters() if weight.ndim > 1]
    starts = [weight.detach().clone() for weight in weights]
    first, second = ([draw_direction(start, generator) for start in starts] for _ in range(2))
    places = torch.linspace(-REACH, REACH, STEPS).tolist()
    losses = torch.empty(STEPS, STEPS, dtype=torch.float64)
    for row, a in enumerate(places):
        for column, b in enumerate(places):
            move(weights, starts, [(a, first), (b, second)])
            losses[row, column] = mean_loss(subject.scores(network, x_NCHW), labels_N)
    clipped = losses.nan_to_num(nan=HIGHEST, posinf=HIGHEST).clamp(max=HIGHEST)
    values = {"nonconvex_share": nonconvex_share(clipped)}
    return Findings(values=values, arrays={"losses": tuple(clipped.flatten().tolist())})


@torch.no_grad()
def move(weights: list[nn.Parameter], starts: list[Tensor], along: list[tuple[float, list[Tensor]]]) -> None:
    """Set the weights to their start plus a step along each direction."""
    for place, (weight, start) in enumerate(zip(weights, starts, strict=True)):
        weight.copy_(start + sum(step * direction[place] for step, direction in along))


def draw_direction(weight: Tensor, generator: torch.Generator) -> Tensor:
    """Return a random direction whose filters have the norms of the weight's own."""
    drawn = torch.randn(weight.shape, generator=generator).to(weight.device)
    lengths = weight.flatten(1).norm(dim=1) / drawn.flatten(1).norm(dim=1).clamp(min=1e-12)
    scaled: Tensor = drawn * lengths.view(-1, *[1] * (weight.ndim - 1))
    return scaled


def nonconvex_share(losses: Tensor) -> float:
    """Return the % of inner points with a negative second difference along either axis, among those with finite losses around them."""
    middle = losses[1:-1, 1:-1]
    pairs = [(losses[2:, 1:-1], losses[:-2, 1:-1]), (losses[1:-1, 2:], losses[1:-1, :-2])]
    is_down = torch.zeros_like(middle, dtype=torch.bool)
    is_finite = middle < HIGHEST
    for above, below in pairs:
        is_down |= above + below - 2 * middle < -LEAST_CURVE * middle
        is_finite &= torch.maximum(above, below) < HIGHEST
    return 100 * float((is_down & is_finite).sum()) / max(1, int(is_finite.sum()))
