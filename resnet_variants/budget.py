"""Fair comparisons: find the width, depth or group width that gives one network the budget of another.

Whole numbers seldom meet a budget exactly. A match therefore reports the remaining difference on every axis, and is
rejected if the difference on the matched axis exceeds the tolerance.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from resnet_variants.architecture import Task
from resnet_variants.block_kinds import BLOCKS, CIFAR_STAGES
from resnet_variants.by_numbers import Complexity
from resnet_variants.complexity import complexity_of
from resnet_variants.lookup import LARGEST_DEPTH, choose, number
from resnet_variants.published import Axis
from resnet_variants.registry import name_of
from resnet_variants.variant import Fixed, Own, Perceptron, Unknown, Variant, check_variant

By = Literal["width", "depth", "width_per_group"]
AXES: tuple[Axis, ...] = ("params", "macs", "activations")
DEFAULT_TOLERANCE = 0.01
LARGEST_WIDTH = 2**16  # larger than any sensible width


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetMatch:
    """Variant nearest to a budget, and its relative difference from it on every axis: 0.01 is one percent more.

    An axis is left out if either network's count on it is only a lower bound.
    """

    architecture: Variant
    differences: dict[Axis, float]

    def __str__(self) -> str:
        shares = ", ".join(f"{axis} {difference:+.2%}" for axis, difference in self.differences.items())
        return f"{name_of(self.architecture)} ({shares})"


def match(
    architecture: Variant,
    *,
    to: Variant,
    on: Axis = "macs",
    by: By = "width",
    tolerance: float = DEFAULT_TOLERANCE,
    task: Task | None = None,
) -> BudgetMatch:
    """Return `architecture` with its `by` changed to best match the parameters, MACs or activations of `to`.

    Both networks are counted for the images and classes of `task` (default: those that `to` was published for). Widths of later stages follow a
    solved width, and so does a stem as wide as the first stage.

    Raises:
        ValueError: the axis is unknown, the variant has no such number to solve, no whole number is within the tolerance (the message gives
            the nearest), or the tolerance is negative or not finite.
        TypeError: a variant is given by its name, or the tolerance is not a number.
    """
    _check(architecture, to, on, tolerance)
    candidate, most = _candidates(architecture, by)
    task = task or to.task
    _refuse_lower_bound(to, budget := complexity_of(to, task), on)

    @cache
    def count(number: int) -> Complexity:
        cost = complexity_of(candidate(number), task)
        _refuse_lower_bound(architecture, cost, on)
        return cost

    best = _nearest(lambda number: getattr(count(number), on), getattr(budget, on), most, is_polynomial=by == "depth")
    if best is None:
        largest = f"even {name_of(candidate(most))}, the largest that is allowed, has fewer"
        raise ValueError(f"no {by} of {name_of(architecture)!r} reaches the {on} of {name_of(to)!r}: {largest}")
    solved = BudgetMatch(architecture=candidate(best), differences=_differences(count(best), budget))
    if abs(solved.differences[on]) > tolerance:
        raise ValueError(
            f"no {by} brings {name_of(architecture)!r} within {tolerance:.2%} of the {on} of {name_of(to)!r}: the nearest is {solved}"
        )
    return solved


def _check(architecture: Variant, to: Variant, on: Axis, tolerance: float) -> None:
    check_variant(architecture)
    check_variant(to)
    choose("axis", on, dict.fromkeys(AXES))
    if number("tolerance", tolerance) < 0:
        raise ValueError(f"tolerance must be at least 0, such as 0.01 for one percent, got {tolerance}")


def _differences(cost: Complexity, budget: Complexity) -> dict[Axis, float]:
    """Return the relative difference between a cost and the budget, on every axis on which both are exact."""
    is_exact = not (cost.is_lower_bound or budget.is_lower_bound)
    axes = [axis for axis in AXES if is_exact or axis == "params"]
    return {axis: getattr(cost, axis) / getattr(budget, axis) - 1 for axis in axes}


def _refuse_lower_bound(variant: Variant, cost: Complexity, on: Axis) -> None:
    if cost.is_lower_bound and on != "params":
        raise ValueError(f"the {on} of {name_of(variant)!r} are known only as a lower bound: match on params")


def _nearest(cost: Callable[[int], int], goal: int, most: int, *, is_polynomial: bool) -> int | None:
    """Return the number from 1 to `most` whose cost is nearest to the goal, or None if all costs are below it.

    The cost must grow with the number. Counting is slow, but the cost is linear in a depth and quadratic in a width, so
    three counts predict the others. The prediction is checked by counting; if it is wrong (a stem with its own width, a
    user's word), the search counts at every step. If `is_polynomial`, the prediction is known to hold, and only the
    nearest number is counted, not its neighbours.
    """
    for costs in (_predict(cost), cost):
        above = bisect_left(range(1, most + 1), goal, key=costs) + 1
        around = (max(1, above - 1), min(above, most))
        best = min(around, key=lambda number: abs(costs(number) - goal))
        if is_polynomial and above > most:
            return None
        if all(costs(number) == cost(number) for number in ((best,) if is_polynomial else around)):
            return best if above <= most else None
    raise AssertionError("a network's count changed between two calls")


def _predict(cost: Callable[[int], int]) -> Callable[[int], int]:
    """Return the polynomial of degree two through the costs of 1, 2 and 3, in whole numbers."""
    first, second, third = cost(1), cost(2), cost(3)
    step, bend = second - first, third - 2 * second + first
    return lambda number: first + (number - 1) * step + (number - 1) * (number - 2) // 2 * bend


def _candidates(variant: Variant, by: By) -> tuple[Callable[[int], Variant], int]:
    """Return a function from 1, 2, ... to variants that differ in `by` and grow in cost, and its largest argument."""
    choose("number to solve", by, dict.fromkeys(("width", "depth", "width_per_group")))
    if isinstance(variant, Fixed | Own | Unknown):
        raise ValueError(f"{name_of(variant)!r} is built as its authors wrote it: it has no {by} to solve")
    if isinstance(variant, Perceptron):
        if by == "width":
            return lambda number: replace(variant, width=number), LARGEST_WIDTH
        if by == "depth" and variant.is_residual:
            return lambda number: replace(variant, hidden_layers=2 * number + 1), (LARGEST_DEPTH - 1) // 2
        if by == "depth":
            return lambda number: replace(variant, hidden_layers=number), LARGEST_DEPTH
        raise ValueError(f"{name_of(variant)!r} has no groups, so no width of a group to solve")
    if by == "width":
        channels = 1 if variant.width_per_group is not None else variant.groups  # the width must be a multiple of the groups
        return lambda number: replace(variant, width=number * channels), LARGEST_WIDTH // channels
    if by == "width_per_group":
        if variant.block == "basic":
            raise ValueError(f"{name_of(variant)!r} has basic blocks, so no width of a group to solve: use bottleneck blocks")
        return lambda number: replace(variant, width_per_group=number), LARGEST_WIDTH
    if variant.template == "imagenet":
        raise ValueError(
            f"the depth of {name_of(variant)!r} cannot be solved: ImageNet networks have only the depths of their papers"
        )
    step = CIFAR_STAGES * BLOCKS[variant.block].convolutions
    return lambda number: replace(variant, depth=step * number + 2), (LARGEST_DEPTH - 2) // step
