"""What the network says of every test image: the point at which it stands in the space of functions, and how far that is from the truth."""

import torch
import torch.nn.functional as F

from benchmarks.spec.probe import Findings
from benchmarks.training.probe_runner import Subject

DIGITS = 4  # behind the point


def measure(subject: Subject) -> Findings:
    """The predicted probabilities, image by image, and the root of the mean squared distance to the truth."""
    x_NCHW, labels_N = subject.inputs(subject.images.test)
    probabilities_NK = subject.scores(subject.network, x_NCHW).softmax(1)
    truth_NK = F.one_hot(labels_N, probabilities_NK.shape[1])
    distance = float((probabilities_NK - truth_NK).square().sum(1).mean().sqrt())
    rounded = torch.round(probabilities_NK.double(), decimals=DIGITS)
    return Findings(values={"distance_to_truth": distance}, arrays={"probabilities": tuple(rounded.flatten().tolist())})
