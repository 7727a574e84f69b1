"""How much the loss curves downwards, relative to upwards, at equal training loss: extreme eigenvalues of the Hessian.

Li et al. 2018 (1712.09913), section 6, map |lowest / highest| eigenvalue of the whole Hessian over the surface: near 0 it is close to convex.
Their networks end at different losses, which changes the curvature. Here every network trains again, by the trial's recipe and seed, until its
loss first reaches 0.9 of that at chance level, which deep plain networks reach, too. Its Hessian is taken there and at two points on each
of three planes of filter-normalised directions, by Lanczos' method. Norms have the statistics of the images, and are fixed.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from statistics import fmean

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.probes.loss_surface import draw_direction, move
from benchmarks.spec.probe import Cell, Findings
from benchmarks.training.loop import Training
from benchmarks.training.probe_runner import Subject, mean_loss
from resnet_variants.blocks import norm_types

NUM_IMAGES = 128
LEVEL = 0.9  # of the loss at chance level
PLANES, CORNERS, REACH = 3, ((1, 1), (1, -1)), 0.25  # the step along each direction, relative to the weights' norms
LANCZOS_STEPS = 10


def measure(subject: Subject) -> Findings:
    """Return the mean ratio over the points and a row for each; None if the network never reaches the loss."""
    x_NCHW, labels_N = subject.inputs(subject.images.train)
    x_NCHW, labels_N = x_NCHW[:NUM_IMAGES], labels_N[:NUM_IMAGES]
    network = _train_to_level(subject, x_NCHW, labels_N)
    if network is None:
        return Findings(values={"hessian_ratio": None})
    generator = subject.generator
    weights = [weight for weight in network.parameters() if weight.ndim > 1]
    starts = [weight.detach().clone() for weight in weights]
    rows: list[dict[str, Cell]] = []
    ratios = []
    for plane, corner, along in _points(starts, generator):
        move(weights, starts, along)
        loss, lowest, highest = extremes(network, x_NCHW, labels_N, generator)
        ratios.append(hessian_ratio(lowest, highest))
        rows.append({"plane": plane, "corner": corner, "loss": loss, "lowest": lowest, "highest": highest, "ratio": ratios[-1]})
    return Findings(values={"hessian_ratio": fmean(ratios)}, rows=tuple(rows))


def _points(starts: list[Tensor], generator: torch.Generator) -> Iterator[tuple[int, int, list[tuple[float, list[Tensor]]]]]:
    """Yield the network itself (plane 0), then two corners of each plane: the numbers of plane and corner, and the steps to the point."""
    yield 0, 0, []
    for plane in range(1, PLANES + 1):
        first, second = ([draw_direction(start, generator) for start in starts] for _ in range(2))
        for corner, (a, b) in enumerate(CORNERS, 1):
            yield plane, corner, [(REACH * a, first), (REACH * b, second)]


def hessian_ratio(lowest: float, highest: float) -> float:
    """Return the size of the lowest eigenvalue relative to the largest in size: 0 without negative curvature, 1 where it prevails."""
    return abs(min(lowest, 0.0)) / max(abs(lowest), abs(highest), 1e-30) if math.isfinite(lowest) else math.nan


def extremes(network: nn.Module, x_NCHW: Tensor, labels_N: Tensor, generator: torch.Generator) -> tuple[float, float, float]:
    """Return the loss at the network's present weights, and the lowest and highest eigenvalue of its Hessian there."""
    weights = [*network.parameters()]
    loss = F.cross_entropy(network(x_NCHW), labels_N)
    gradients = torch.autograd.grad(loss, weights, create_graph=True)
    sizes = [weight.numel() for weight in weights]
    start = torch.randn(sum(sizes), generator=generator).to(gradients[0])

    def product(vector: Tensor) -> Tensor:
        parts = [part.view_as(weight) for part, weight in zip(torch.split(vector, sizes), weights, strict=True)]
        return torch.cat([part.flatten() for part in torch.autograd.grad(gradients, weights, parts, retain_graph=True)])

    lowest, highest = extreme_eigenvalues(product, start, LANCZOS_STEPS)
    return float(loss.detach()), lowest, highest


def extreme_eigenvalues(product: Callable[[Tensor], Tensor], start: Tensor, num_steps: int) -> tuple[float, float]:
    """Return estimates of the lowest and highest eigenvalue of a symmetric matrix, from its products with vectors (Lanczos' method).

    The vectors are made orthogonal to all previous ones. With as many steps as the matrix has rows the values are exact.
    """
    basis = [start / start.norm()]
    diagonal, beside = [], []
    for _ in range(num_steps):
        image = product(basis[-1])
        diagonal.append(float(image @ basis[-1]))
        for _ in range(2):  # once is not enough in floating point
            image = image - sum((image @ vector) * vector for vector in basis)
        length = float(image.norm())
        if length < 1e-6 * max(map(abs, diagonal), default=0.0) or len(basis) == num_steps or not math.isfinite(length):
            break
        beside.append(length)
        basis.append(image / length)
    if not all(map(math.isfinite, diagonal)):
        return math.nan, math.nan
    values = torch.linalg.eigvalsh(_tridiagonal(diagonal, beside))
    return float(values[0]), float(values[-1])


def _tridiagonal(diagonal: Sequence[float], beside: Sequence[float]) -> Tensor:
    rows = torch.diag(torch.tensor(diagonal, dtype=torch.float64))
    if beside:
        upper = torch.diag(torch.tensor(beside, dtype=torch.float64), 1)
        rows = rows + upper + upper.T
    return rows


def _train_to_level(subject: Subject, x_NCHW: Tensor, labels_N: Tensor) -> nn.Module | None:
    """Return the network after the first step with a loss on these images of at most the level, in evaluation mode; None if there is no such step."""
    training = Training(subject.trial, subject.fresh(), subject.images, uses_graph=False)
    level = LEVEL * math.log(len(subject.images.facts.classes))
    while training.iteration < training.num_iterations:
        for x_BCHW, labels_B in training.batches():
            training.network.train()
            training.step(x_BCHW, labels_B)
            settled = _settled(training.network, x_NCHW)
            loss = mean_loss(subject.scores(settled, x_NCHW), labels_N)
            if loss <= level:
                return settled
            if training.iteration >= training.num_iterations or not math.isfinite(loss):
                return None
    return None


@torch.no_grad()
def _settled(network: nn.Module, x_NCHW: Tensor) -> nn.Module:
    """Return a copy in evaluation mode whose norms have the statistics of these images."""
    copy = deepcopy(network)
    norms = [module for module in copy.modules() if isinstance(module, norm_types())]
    for norm in norms:
        norm.momentum = 1.0  # type: ignore[assignment]
    copy.train()(x_NCHW)
    return copy.eval()
