"""Fair comparisons: the width, depth or width of a group that gives one network the budget of another.

Whole numbers seldom meet a budget exactly, so a match comes with what is left over on every axis, and is refused where it is too much.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from resnet_variants.architecture import BLOCKS, CIFAR_STAGES, Architecture, Task
from resnet_variants.choices import choose
from resnet_variants.complexity import Complexity, complexity_of
from resnet_variants.published import Axis
from resnet_variants.registry import name_of
from resnet_variants.variant import Fixed, Own, Perceptron, Unknown, Variant

By = Literal["width", "depth", "width_per_group"]
AXES: tuple[Axis, ...] = ("params", "macs", "activations")
DEFAULT_TOLERANCE = 0.01
LARGEST = 2**16  # no sensible width or number of blocks is beyond it


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """The variant that comes nearest to a budget, and its difference from it on every axis, as a share: 0.01 is one percent more."""

    architecture: Variant
    differences: dict[Axis, float]

    def __str__(self) -> str:
        shares = ", ".join(f"{axis} {difference:+.2%}" for axis, difference in self.differences.items())
        return f"{name_of(self.architecture)} ({shares})"


def match(
    architecture: Variant, *, to: Variant, on: Axis = "macs", by: By = "width", tolerance: float = DEFAULT_TOLERANCE
) -> Match:
    """The variant like `architecture` whose `by` is solved, in whole numbers, for the parameters, MACs or activations of `to`.

    Both are counted for the images and classes that `to` was published for. What `by` names keeps its place: widths of later stages, and
    a stem as wide as the first stage, follow.

    Raises:
        ValueError: an unknown axis; a variant without such a number to solve; no whole number within the tolerance, with the nearest one.
    """
    choose("axis", on, dict.fromkeys(AXES))
    candidate = _candidates(architecture, by)
    budget = complexity_of(to, to.task)

    def difference(number: int) -> float:
        return _differences(candidate(number), budget, to.task)[on]

    above = 1
    while difference(above) < 0:
        if above > LARGEST:
            raise ValueError(f"no {by} of {name_of(architecture)!r} reaches the {on} of {name_of(to)!r}")
        above *= 2
    below = max(1, above // 2)
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (middle, above) if difference(middle) < 0 else (below, middle)
    best = candidate(min((below, above), key=lambda number: abs(difference(number))))
    found = Match(architecture=best, differences=_differences(best, budget, to.task))
    if abs(found.differences[on]) > tolerance:
        raise ValueError(
            f"no {by} brings {name_of(architecture)!r} within {tolerance:.2%} of the {on} of {name_of(to)!r}: the nearest is {found}"
        )
    return found


def _differences(variant: Variant, budget: Complexity, task: Task) -> dict[Axis, float]:
    found = complexity_of(variant, task)
    return {axis: getattr(found, axis) / getattr(budget, axis) - 1 for axis in AXES}


def _candidates(variant: Variant, by: By) -> Callable[[int], Variant]:
    """A whole number from 1 on -> the variant with so much of it, costs growing with the number."""
    choose("number to solve", by, dict.fromkeys(("width", "depth", "width_per_group")))
    if isinstance(variant, Fixed | Own | Unknown):
        raise ValueError(f"{name_of(variant)!r} is built as its authors wrote it: it has no {by} to solve")
    if isinstance(variant, Perceptron):
        if by == "width":
            return lambda number: replace(variant, width=number)
        if by == "depth":
            return lambda number: replace(variant, hidden_layers=2 * number + 1 if variant.is_residual else number)
        raise ValueError(f"{name_of(variant)!r} has no groups, and no width of a group to solve")
    if by == "width":
        return lambda number: replace(variant, width=_width(variant, number))
    if by == "width_per_group":
        if variant.block == "basic":
            raise ValueError(f"{name_of(variant)!r} has basic blocks, and no width of a group to solve: take bottleneck blocks")
        return lambda number: replace(variant, width_per_group=number)
    if variant.template == "imagenet":
        raise ValueError(
            f"the depth of {name_of(variant)!r} cannot be solved: ImageNet networks have the depths of their papers alone"
        )
    step = CIFAR_STAGES * BLOCKS[variant.block].convolutions
    return lambda number: replace(variant, depth=step * number + 2)


def _width(architecture: Architecture, number: int) -> int:
    """The width for a number: where groups divide the width among them, so many channels a group."""
    return number if architecture.width_per_group is not None else number * architecture.groups
