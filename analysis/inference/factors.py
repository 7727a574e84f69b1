"""Compare the verdicts of one claim over settings: on which factors of the setting its outcome depends.

Only settings that differ in one factor say something about that factor. Where they differ in several, the outcome depends on these together. A
decided and an open verdict are not a difference (Gelman and Stern 2006): the open one may still come out either way.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, get_args

from analysis.inference.verdicts import Verdict

Factor = Literal["data", "recipe", "rate", "precision", "machine"]
Answer = Literal["yes", "no", "open"]
DECIDED = ("supported", "contradicted")


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """Conditions of a verdict; a factor is None, or `machine` empty, where it plays no part, such as the recipe for a count.

    `dataset` is the name of the images with their checksum, and `recipe` leaves out the learning rate and the precision. `machine` names every
    machine that made a record.
    """

    dataset: tuple[str, str] | None = None
    recipe: str | None = None
    rate: float | None = None
    precision: str | None = None
    machine: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """Verdict of a claim in one setting, at one learning rate."""

    setting: Setting
    verdict: Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Dependence:
    """Whether outcomes differ between settings that differ in these factors only; with a pair of cells as the example.

    "yes" means supported in one and contradicted in another, "no" that all are decided alike, and "open" that at least one is open.
    """

    factors: tuple[Factor, ...]
    answer: Answer
    example: tuple[Cell, Cell]


def dependences(cells: Sequence[Cell]) -> list[Dependence]:
    """Compare every two tested cells of a claim, by the factors in which they differ: single factors first, then those varied only together.

    Sets of factors that contain another of these sets are left out.
    """
    pairs: dict[tuple[Factor, ...], list[tuple[Cell, Cell]]] = {}
    for first, second in combinations((cell for cell in cells if cell.verdict.is_tested), 2):
        if factors := differing(first.setting, second.setting):
            pairs.setdefault(factors, []).append((first, second))
    least = [found for found in pairs if not any(set(other) < set(found) for other in pairs)]
    return [_answer(found, pairs[found]) for found in sorted(least, key=len)]


def differing(first: Setting, second: Setting) -> tuple[Factor, ...]:
    """Return the factors in which two settings differ."""
    ours, theirs = _values(first), _values(second)
    return tuple(factor for factor in get_args(Factor) if ours[factor] != theirs[factor])


def _values(setting: Setting) -> dict[Factor, object]:
    """Return the values of the factors; images are those of a checksum, under any name."""
    return {
        "data": setting.dataset and setting.dataset[1],
        "recipe": setting.recipe,
        "rate": setting.rate,
        "precision": setting.precision,
        "machine": setting.machine,
    }


def _answer(factors: tuple[Factor, ...], pairs: Iterable[tuple[Cell, Cell]]) -> Dependence:
    """Return what pairs that differ in these factors say, with the first pair that says it."""
    by_answer: dict[Answer, list[tuple[Cell, Cell]]] = {}
    for first, second in pairs:
        outcomes = {first.verdict.outcome, second.verdict.outcome}
        is_decided = all(outcome in DECIDED for outcome in outcomes)
        answer: Answer = "open" if not is_decided else "yes" if len(outcomes) == 2 else "no"
        by_answer.setdefault(answer, []).append((first, second))
    order: tuple[Answer, ...] = ("yes", "open", "no")
    answer = next(answer for answer in order if answer in by_answer)
    return Dependence(factors=factors, answer=answer, example=by_answer[answer][0])
