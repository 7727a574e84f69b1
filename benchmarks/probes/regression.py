"""Counterpart of the function map in one dimension, where learned functions can be drawn: perceptrons fitted to a curve.

A network is represented by a perceptron with a hidden layer per block, and with shortcuts if the network has them. All arms draw
the same numbers for a given seed. Full batches of 64 points, 400 steps of SGD with momentum, and layer norms, which do not depend on the batch.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.spec.probe import Findings
from benchmarks.training.probe_runner import Subject

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
    """Fit a perceptron; return its curve, and the root mean squared distance to the true curve."""
    architecture = subject.trial.architecture
    generator = subject.generator
    num_layers = len(subject.staged.blocks)
    layers = [Layer(is_residual=bool(architecture.is_residual)) for _ in range(num_layers)]
    network = nn.Sequential(nn.Linear(1, WIDTH), *layers, nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 1))
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
            nn.init.zeros_(module.bias)
    x_N1 = torch.linspace(-1, 1, NUM_POINTS)[:, None]
    optimizer = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
    for _ in range(NUM_STEPS):
        optimizer.zero_grad()
        F.mse_loss(network(x_N1), true_curve(x_N1)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    drawn_N1 = torch.linspace(-1, 1, NUM_DRAWN)[:, None]
    with torch.no_grad():
        curve_N1 = network(drawn_N1)
        distance = float(F.mse_loss(curve_N1, true_curve(drawn_N1)).sqrt())
    arrays = {"x": drawn_N1, "learned": curve_N1, "true": true_curve(drawn_N1)}
    rounded = {name: tuple(torch.round(values.flatten().double(), decimals=4).tolist()) for name, values in arrays.items()}
    return Findings(values={"regression_distance": distance}, arrays=rounded)


def true_curve(x_N1: Tensor) -> Tensor:
    """Return the curve to be learned."""
    return torch.sin(2.5 * math.pi * x_N1) * (1 - 0.5 * x_N1)
