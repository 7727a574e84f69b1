"""Predictions of how claims will come out, made before a run: a probability for each outcome of a claim.

"depends on the rate" counts as inconclusive: at some learning rate the claim is not decided the same way.
"""

import math
from collections.abc import Mapping

PREDICTED = ("supported", "contradicted", "inconclusive")
SAME = {"depends on the rate": "inconclusive"}
Probabilities = tuple[float, float, float]  # in the order of PREDICTED


def outcome_predicted(outcome: str) -> str | None:
    """Return the predicted outcome that an outcome of a verdict counts as; None for an untested claim, which counts for nobody."""
    found = SAME.get(outcome, outcome)
    return found if found in PREDICTED else None


def probabilities_of(odds: Mapping[str, float]) -> Probabilities:
    """Return the probabilities that odds stand for: 3, 1 and 1 are 60%, 20% and 20%; an outcome that is left out has none.

    Raises:
        ValueError: an outcome is unknown, a number is negative or not finite, or all are 0.
    """
    unknown = [name for name in odds if name not in PREDICTED]
    if unknown:
        raise ValueError(f"unknown outcome {unknown[0]!r}: have {', '.join(PREDICTED)}")
    wrong = [f"{name} {number!r}" for name, number in odds.items() if not (math.isfinite(number) and number >= 0)]
    if wrong:
        raise ValueError(f"odds must be numbers of at least 0, got {wrong[0]}")
    total = sum(odds.values())
    if not total or not math.isfinite(total):
        raise ValueError("at least one outcome needs odds above 0")
    supported, contradicted, inconclusive = (odds.get(name, 0.0) / total for name in PREDICTED)
    return supported, contradicted, inconclusive
