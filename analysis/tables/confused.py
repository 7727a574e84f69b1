"""Compute the share of a trial's test errors that confuse two classes, from its predictions and the labels of its test images."""

from collections.abc import Sequence

import numpy as np

from benchmarks.spec.class_pairs import numbers_of
from benchmarks.store.trials import TrialResult
from resnet_variants.names import some_of

SHOWN = 4  # classes that a sentence names


def confused_share(result: TrialResult, labels: Sequence[int], classes: str) -> float | None:
    """Return the fraction of a trial's test errors that take one of two classes, such as "cat/dog", for the other.

    None if the images lack one of the classes, labels or predictions are missing, or nothing was misclassified.
    """
    pair = numbers_of(classes, result.data.classes)
    if pair is None or not 0 < len(labels) == len(result.predictions):
        return None
    true_N, predicted_N = np.array(labels), np.array(result.predictions)
    is_wrong_N = true_N != predicted_N
    if not is_wrong_N.any():
        return None
    return float((np.isin(true_N, pair) & np.isin(predicted_N, pair))[is_wrong_N].mean())


def why_no_share(result: TrialResult, labels: Sequence[int], classes: str) -> str:
    """Return why a trial has no such share."""
    if numbers_of(classes, result.data.classes) is None:
        return f"no such classes among {some_of(result.data.classes, SHOWN)}"
    if not labels:
        return "labels of the test images not kept"
    return "no test error" if len(labels) == len(result.predictions) else "predictions not kept"
