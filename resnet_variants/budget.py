"""Fair comparisons: the width, depth or width of a group that gives one network the budget of another.

Whole numbers seldom meet a budget exactly, so a match comes with what is left over on every axis, and is refused where it is too much.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from resnet_variants.architecture import BLOCKS, CIFAR_STAGES
from resnet_variants.complexity import Complexity, complexity_of
from resnet_variants.lookup import LARGEST_DEPTH, choose, number
from resnet_variants.published import Axis
from resnet_variants.registry import name_of
from resnet_variants.variant import Fixed, Own, Perceptron, Unknown, Variant, check_variant

By = Literal["width", "depth", "width_per_group"]
AXES: tuple[Axis, ...] = ("params", "macs", "activations")
DEFAULT_TOLERANCE = 0.01
LARGEST_WIDTH = 2**16  # no sensible width is beyond it


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetMatch:
    """The variant that comes nearest to a budget, and its difference from it on every axis, as a share: 0.01 is one percent more.

    An axis on which either is known only as a lower bound is left out.
    """

    architecture: Variant
    differences: dict[Axis, float]

    def __str__(self) -> str:
        shares = ", ".join(f"{axis} {difference:+.2%}" for axis, difference in self.differences.items())
        return f"{name_of(self.architecture)} ({shares})"


def match(
    architecture: Variant, *, to: Variant, on: Axis = "macs", by: By = "width", tolerance: float = DEFAULT_TOLERANCE
) -> BudgetMatch:
    """The variant like `architecture` whose `by` is solved, in whole numbers, for the parameters, MACs or activations of `to`.

    Both are counted for the images and classes that `to` was published for. What `by` names keeps its place: widths of later stages, and
    a stem as wide as the first stage, follow.

    Raises:
        ValueError: an unknown axis; a variant without such a number to solve; no whole number within the tolerance, with the nearest one;
            a tolerance that is negative, infinite or NaN.
        TypeError: a name where a variant is asked for, or a tolerance that is no number.
    """
    check_variant(architecture)
    check_variant(to)
    choose("axis", on, dict.fromkeys(AXES))
    if number("tolerance", tolerance) < 0:
        raise ValueError(f"tolerance must be at least 0, such as 0.01 for one percent, got {tolerance}")
    candidate, most = _candidates(architecture, by)
    budget = complexity_of(to, to.task)
    _refuse_lower_bound(to, budget, on)

    @cache
    def count(number: int) -> Complexity:
        found = complexity_of(candidate(number), to.task)
        _refuse_lower_bound(architecture, found, on)
        return found

    best = _nearest(lambda number: getattr(count(number), on), getattr(budget, on), most, is_polynomial=by == "depth")
    if best is None:
        raise ValueError(
            f"no {by} of {name_of(architecture)!r} reaches the {on} of {name_of(to)!r}: even {name_of(candidate(most))}, "
            "the largest that is allowed, has fewer"
        )
    found = BudgetMatch(architecture=candidate(best), differences=_differences(count(best), budget))
    if abs(found.differences[on]) > tolerance:
        raise ValueError(
            f"no {by} brings {name_of(architecture)!r} within {tolerance:.2%} of the {on} of {name_of(to)!r}: the nearest is {found}"
        )
    return found


def _differences(found: Complexity, budget: Complexity) -> dict[Axis, float]:
    """By how much a cost differs from the budget, as shares, on every axis on which both are known exactly."""
    is_exact = not (found.is_lower_bound or budget.is_lower_bound)
    axes = [axis for axis in AXES if is_exact or axis == "params"]
    return {axis: getattr(found, axis) / getattr(budget, axis) - 1 for axis in axes}


def _refuse_lower_bound(variant: Variant, found: Complexity, on: Axis) -> None:
    if found.is_lower_bound and on != "params":
        raise ValueError(f"the {on} of {name_of(variant)!r} are known only as a lower bound: match on params")


def _nearest(cost: Callable[[int], int], goal: int, most: int, *, is_polynomial: bool) -> int | None:
    """The number from 1 to `most` whose cost, which grows with it, is nearest to the goal; None where every cost is below it.

    Counting is slow. A depth adds the same with every block, and a width costs as its square: three counts foretell the others. What they
    foretell is counted, too, and where it is not so (a stem of a width of its own, a word of a user's) the search counts at every step.
    `is_polynomial` where it is known to be so: then only the nearest number is counted, and not those beside it.
    """
    for costs in (_foretell(cost), cost):
        above = bisect_left(range(1, most + 1), goal, key=costs) + 1
        around = (max(1, above - 1), min(above, most))
        best = min(around, key=lambda number: abs(costs(number) - goal))
        if is_polynomial and above > most:
            return None
        if all(costs(number) == cost(number) for number in ((best,) if is_polynomial else around)):
            return best if above <= most else None
    raise AssertionError("a count is not what it was")


def _foretell(cost: Callable[[int], int]) -> Callable[[int], int]:
    """The polynomial of degree two through the costs of 1, 2 and 3, in whole numbers."""
    first, second, third = cost(1), cost(2), cost(3)
    step, bend = second - first, third - 2 * second + first
    return lambda number: first + (number - 1) * step + (number - 1) * (number - 2) // 2 * bend


def _candidates(variant: Variant, by: By) -> tuple[Callable[[int], Variant], int]:
    """A whole number from 1 on -> the variant with so much of it, costs growing with the number; and the largest such number."""
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
        raise ValueError(f"{name_of(variant)!r} has no groups, and no width of a group to solve")
    if by == "width":
        channels = 1 if variant.width_per_group is not None else variant.groups  # groups divide the width among them
        return lambda number: replace(variant, width=number * channels), LARGEST_WIDTH // channels
    if by == "width_per_group":
        if variant.block == "basic":
            raise ValueError(f"{name_of(variant)!r} has basic blocks, and no width of a group to solve: take bottleneck blocks")
        return lambda number: replace(variant, width_per_group=number), LARGEST_WIDTH
    if variant.template == "imagenet":
        raise ValueError(
            f"the depth of {name_of(variant)!r} cannot be solved: ImageNet networks have the depths of their papers alone"
        )
    step = CIFAR_STAGES * BLOCKS[variant.block].convolutions
    return lambda number: replace(variant, depth=step * number + 2), (LARGEST_DEPTH - 2) // step
