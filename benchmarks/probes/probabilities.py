"""Predicted probabilities of the test images: the network's point in the space of functions, and its distance to the ground truth."""

import torch
import torch.nn.functional as F

from benchmarks.spec.probe import Findings
from benchmarks.training.probe_runner import Subject

DIGITS = 4  # decimals


def measure(subject: Subject) -> Findings:
    """Return the predicted probabilities, image by image, and their root mean squared distance to the ground truth."""
    x_NCHW, labels_N = subject.inputs(subject.images.test)
    probabilities_NK = subject.scores(subject.network, x_NCHW).softmax(1)
    truth_NK = F.one_hot(labels_N, probabilities_NK.shape[1])
    distance = float((probabilities_NK - truth_NK).square().sum(1).mean().sqrt())
    rounded = torch.round(probabilities_NK.double(), decimals=DIGITS)
    return Findings(values={"distance_to_truth": distance}, arrays={"probabilities": tuple(rounded.flatten().tolist())})
