"""Share an error rate of 5% among the claims of a family (Holm), and among the looks at one claim (spending)."""

import math
from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust a family of p values by Holm's correction (1979), in the given order."""
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for rank, index in enumerate(np.argsort(p_values, kind="stable")):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return adjusted


def holm_levels(p_values: Sequence[float], level: float) -> list[float]:
    """Return the level at which Holm's step-down tests each p value, in the given order.

    At place j of m it is level / (m - j + 1). The values after the first that is not below its level are not tested, and take its level.
    """
    levels, reached = [level] * len(p_values), None
    for rank, index in enumerate(np.argsort(p_values, kind="stable")):
        levels[index] = reached or level / (len(p_values) - rank)
        if reached is None and p_values[index] >= levels[index]:
            reached = levels[index]
    return levels


def spending_shares(looks: Sequence[int]) -> tuple[float, ...]:
    """Return the share of the error rate that each look may spend, by its number of seeds; the shares add up to 1.

    The spending function is Pocock's type of Lan and DeMets (1983), ln(1 + (e - 1) t) at a fraction t of the last look's seeds. The sum
    bounds the error rate however the looks depend on each other.
    """
    spent = [
        *(math.log1p((math.e - 1) * look / looks[-1]) for look in looks[:-1]),
        1.0,
    ]  # the last one exactly, not to a rounding
    return tuple(after - before for before, after in zip([0.0, *spent], spent, strict=False))
