"""Fit one wide hidden layer to the curve of the probe `regression`, by least squares: can a single layer represent it?

The hidden layer is drawn at random and kept; only its output weights are solved for, on the same 64 points. The best single layer is at
least as close, so that a small distance shows that one exists. The trained network plays no part.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.probes.regression import NUM_DRAWN, NUM_POINTS, true_curve
from benchmarks.spec.probe import Findings
from benchmarks.training.probe_runner import Subject

UNITS = 1024
RIDGE = 1e-6  # relative to the features' mean square


def measure(subject: Subject) -> Findings:
    """Return the root mean squared distance of the fitted curve to the true one, and both curves."""
    generator = subject.generator
    slopes_H = 2 * torch.rand(UNITS, generator=generator, dtype=torch.float64) - 1
    kinks_H = 2 * torch.rand(UNITS, generator=generator, dtype=torch.float64) - 1

    def features(x_N1: Tensor) -> Tensor:
        return F.pad(F.relu(slopes_H * (x_N1 - kinks_H)), (0, 1), value=1.0)

    x_N1, drawn_N1 = (torch.linspace(-1, 1, number, dtype=torch.float64)[:, None] for number in (NUM_POINTS, NUM_DRAWN))
    seen = features(x_N1)
    gram_NN = seen @ seen.T
    gram_NN += RIDGE * gram_NN.diagonal().mean() * torch.eye(NUM_POINTS, dtype=torch.float64)
    curve_N1 = features(drawn_N1) @ seen.T @ torch.linalg.solve(gram_NN, true_curve(x_N1))
    arrays = {"x": drawn_N1, "learned": curve_N1, "true": true_curve(drawn_N1)}
    rounded = {name: tuple(torch.round(values.flatten(), decimals=4).tolist()) for name, values in arrays.items()}
    return Findings(values={"wide_layer_distance": float(F.mse_loss(curve_N1, true_curve(drawn_N1)).sqrt())}, arrays=rounded)
