"""How well a linear probe separates the classes after each layer, and where the test images lie in its features.

Tests the claim that depth separates similar inputs: after each block a linear probe (Alain and Bengio 2016, 1610.01644) is fitted to the
averaged features of the training images, by ridge regression in closed form, and evaluated on the test images.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.spec.probe import Cell, Findings
from benchmarks.training.probe_runner import Subject, error_pct
from resnet_variants.network import Network

RIDGE = 1e-3  # relative to the features' mean square
NUM_PICTURES = 4  # layers whose projections are kept, the first and the last included


def measure(subject: Subject) -> Findings:
    """Return a row per layer with the probe's test error, its drop from first to last layer, and the images on two principal axes of some layers."""
    train, test = (
        [*_compute_features(subject.staged, subject.inputs(split)[0])] for split in (subject.images.train, subject.images.test)
    )
    labels, answers = subject.images.train.labels_N, subject.images.test.labels_N
    errors = [error_pct(fit_and_score(seen, labels, new), answers) for seen, new in zip(train, test, strict=True)]
    rows: tuple[dict[str, Cell], ...] = tuple(
        {"layer": layer, "position": layer / (len(errors) - 1), "test_error_pct": error} for layer, error in enumerate(errors)
    )
    shown = torch.linspace(0, len(test) - 1, NUM_PICTURES).round().int().tolist()
    arrays = {f"layer {layer}": tuple(_project(test[layer]).flatten().tolist()) for layer in shown}
    return Findings(values={"separation_gain": errors[0] - errors[-1]}, rows=rows, arrays=arrays)


@torch.no_grad()
def _compute_features(network: Network, x_NCHW: Tensor) -> list[Tensor]:
    """Return the averaged features (N C) after the stem and after each block."""
    x_NCHW = network.stem(x_NCHW)
    features = [x_NCHW.mean((2, 3)).double()]
    for block in network.blocks:
        assert isinstance(block, nn.Module)
        x_NCHW = block(x_NCHW)
        features.append(x_NCHW.mean((2, 3)).double())
    return features


def fit_and_score(seen_NC: Tensor, labels_N: Tensor, new_NC: Tensor) -> Tensor:
    """Fit a ridge regression on standardised features; return its scores for new images."""
    mean_C, deviation_C = seen_NC.mean(0), seen_NC.std(0).clamp(min=1e-8)
    seen, new = (F.pad((features - mean_C) / deviation_C, (0, 1), value=1.0) for features in (seen_NC, new_NC))
    targets_NK = F.one_hot(labels_N).double()
    gram = seen.T @ seen + RIDGE * len(seen) * torch.eye(seen.shape[1], dtype=seen.dtype, device=seen.device)
    scores_NK: Tensor = new @ torch.linalg.solve(gram, seen.T @ targets_NK)
    return scores_NK


def _project(features_NC: Tensor) -> Tensor:
    """Project images on the first two principal axes of their features, scaled to a standard deviation of 1."""
    centred = features_NC - features_NC.mean(0)
    _, _, axes = torch.linalg.svd(centred, full_matrices=False)
    plane_N2 = centred @ axes[:2].T
    return torch.round(plane_N2 / plane_N2.std().clamp(min=1e-12), decimals=3)
