"""Counterpart of the function map in one dimension, where learned functions can be drawn: perceptrons fitted to a curve.

A network is represented by a perceptron with a hidden layer per block, and with shortcuts if the network has them; a perceptron by itself, on images
of one pixel. All arms draw the same numbers for a given seed. Full batches of 64 points, 400 steps of SGD with momentum, and layer norms, which do
not depend on the batch; a perceptron has none, and its learning rate falls with its width instead, as otherwise the wide ones diverge.

What a perceptron can represent is another question: its hidden layers are left as they are drawn, and its last layer is the best one.
"""

import math
from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.spec.probe import Findings
from benchmarks.training.probe_runner import Subject
from resnet_variants.architecture import Task
from resnet_variants.build import build
from resnet_variants.variant import Perceptron

WIDTH, NUM_STEPS, LEARNING_RATE, MOMENTUM = 32, 400, 0.02, 0.9
NUM_POINTS, NUM_DRAWN = 64, 101


class Layer(nn.Module):
    """relu(norm(linear(x))), plus x if the layer is residual."""

    def __init__(self, *, is_residual: bool) -> None:
        super().__init__()
        self.linear = nn.Linear(WIDTH, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        self.is_residual = is_residual

    def forward(self, x_NC: Tensor) -> Tensor:
        out_NC = F.relu(self.norm(self.linear(x_NC)))
        return x_NC + out_NC if self.is_residual else out_NC


def measure(subject: Subject) -> Findings:
    """Fit a perceptron; return its curve, and the root mean squared distance to the true curve.

    For a perceptron also return the distance of the best curve that its last layer can make; None for any other network.
    """
    network, learning_rate = _network_of(subject)
    x_N1 = torch.linspace(-1, 1, NUM_POINTS)[:, None]
    best = _best_distance(network, x_N1) if isinstance(subject.trial.architecture, Perceptron) else None
    optimizer = torch.optim.SGD(network.parameters(), lr=learning_rate, momentum=MOMENTUM)
    for _ in range(NUM_STEPS):
        optimizer.zero_grad()
        F.mse_loss(network(x_N1), true_curve(x_N1)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    drawn_N1 = torch.linspace(-1, 1, NUM_DRAWN)[:, None]
    with torch.no_grad():
        curve_N1 = network(drawn_N1)
    distance = _distance(curve_N1, drawn_N1)
    arrays = {"x": drawn_N1, "learned": curve_N1, "true": true_curve(drawn_N1)}
    rounded = {name: tuple(torch.round(values.flatten().double(), decimals=4).tolist()) for name, values in arrays.items()}
    return Findings(values={"regression_distance": distance, "representation_distance": best}, arrays=rounded)


def _network_of(subject: Subject) -> tuple[nn.Sequential, float]:
    """Return the perceptron that represents a network, with new weights, and its learning rate."""
    architecture, generator = subject.trial.architecture, subject.generator
    if isinstance(architecture, Perceptron):
        task = Task(image_shape=(1, 1, 1), num_classes=1)
        network = nn.Sequential(nn.Unflatten(1, (1, 1, 1)), build(architecture, task, generator=generator))
        first = next(module for module in network.modules() if isinstance(module, nn.Linear))
        nn.init.uniform_(first.bias, -1, 1, generator=generator)  # else every unit of the first layer bends the curve at zero
        return network, LEARNING_RATE * WIDTH / architecture.width
    layers = [Layer(is_residual=bool(architecture.is_residual)) for _ in range(len(subject.staged.blocks))]
    network = nn.Sequential(nn.Linear(1, WIDTH), *layers, nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 1))
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
            nn.init.zeros_(module.bias)
    return network, LEARNING_RATE


@torch.no_grad()
def _best_distance(network: nn.Module, x_N1: Tensor) -> float:
    """Return the distance of the best curve that the last layer can make of the hidden layers as they are: by least squares, in fp64."""
    copy = deepcopy(network).double()
    last = [module for module in copy.modules() if isinstance(module, nn.Linear)][-1]
    features: list[Tensor] = []
    last.register_forward_pre_hook(lambda module, inputs: features.append(inputs[0]))
    drawn_N1 = torch.linspace(-1, 1, NUM_DRAWN, dtype=torch.float64)[:, None]
    for points_N1 in (x_N1.double(), drawn_N1):
        copy(points_N1)
    fitted_NC, drawn_NC = (F.pad(features_NC, (0, 1), value=1.0) for features_NC in features)  # the constant is the bias
    weights_C1 = torch.linalg.lstsq(fitted_NC, true_curve(x_N1.double()), driver="gelsd").solution
    return _distance(drawn_NC @ weights_C1, drawn_N1)


def _distance(curve_N1: Tensor, x_N1: Tensor) -> float:
    """Return the root mean squared distance of a curve to the true one."""
    return float(F.mse_loss(curve_N1, true_curve(x_N1)).sqrt())


def true_curve(x_N1: Tensor) -> Tensor:
    """Return the curve to be learned."""
    return torch.sin(2.5 * math.pi * x_N1) * (1 - 0.5 * x_N1)
