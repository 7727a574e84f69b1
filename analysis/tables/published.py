"""The published figures that we print, each with its source and its conditions: `published.csv`, one row a figure.

Two figures of one network differ by recipe, by crops, by the choice among runs: a figure is asked for with its conditions, and figures are
subtracted only where all of them agree.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from resnet_variants.lookup import no_such

CONDITIONS = ("dataset", "recipe", "crop", "statistic", "paper")
NO_CONDITIONS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """One figure as a paper gives it: of which network, on which data, under which recipe, how evaluated, from which runs, and where it stands.

    `printed` is the figure as it is printed, in % where the metric says so; one such as ">20" is a bound. `statistic` is "one model", "mean of 5",
    "median of 5", "best of 5" or "not stated". `crop` is how many crops of a test image were averaged, "-" where images are taken whole.
    """

    arm: str
    dataset: str
    metric: str
    printed: str
    recipe: str
    crop: str
    statistic: str
    paper: str
    arxiv: str
    locator: str
    precision: str

    @property
    def value(self) -> float | None:
        """The figure as a number, None where it is a bound."""
        return None if self.printed.startswith((">", "<")) else float(self.printed)

    @property
    def source(self) -> str:
        """Paper, arXiv number where there is one, place."""
        return f"{self.paper}{'' if self.arxiv == '-' else f' ({self.arxiv})'}, {self.locator}"

    @property
    def conditions(self) -> tuple[str, ...]:
        """Whatever has to agree before two figures are compared."""
        return tuple(getattr(self, name) for name in CONDITIONS)


@cache
def published_rows() -> tuple[Published, ...]:
    """All of them, in the file's order."""
    text = Path(__file__).with_name("published.csv").read_text(encoding="utf-8")
    return tuple(Published(**row) for row in csv.DictReader(text.splitlines()))


def published_figure(arm: str, dataset: str, metric: str, conditions: Mapping[str, str] = NO_CONDITIONS) -> Published:
    """The one published figure of a network on a data set under these conditions (recipe, crop, statistic, paper).

    Raises:
        ValueError: there is none; or there are several, which differ by a condition that was not given: names them.
    """
    wanted = {"arm": arm, "dataset": dataset, "metric": metric, **conditions}
    unknown = conditions.keys() - set(CONDITIONS)
    if unknown:
        raise ValueError(no_such("condition", ", ".join(sorted(unknown)), CONDITIONS[1:]))
    about = [row for row in published_rows() if (row.arm, row.dataset, row.metric) == (arm, dataset, metric)]
    found = [row for row in about if wanted.items() <= asdict(row).items()]
    if len(found) == 1:
        return found[0]
    asked = ", ".join(str(value) for value in wanted.values())
    known = "; ".join(f"{row.printed} ({', '.join(row.conditions[1:])})" for row in found or about) or "none at all"
    problem = "several published values" if found else "no published value"
    raise ValueError(f"{problem} for {asked}; available: {known}")


def published_figures(arms: Iterable[str]) -> list[Published]:
    """The published figures of these arms, in the arms' order."""
    order = list(arms)
    return sorted((row for row in published_rows() if row.arm in order), key=lambda row: (order.index(row.arm), row.metric))


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedEffect:
    """A contrast in published figures, all under the same conditions."""

    value: float
    dataset: str
    recipe: str


def published_effect(figures: Iterable[Published], metric: str, contrast: Mapping[str, int]) -> PublishedEffect | None:
    """A contrast in published figures, or None where one of its arms has no number under the conditions of the others.

    The best of several runs is never part of it.
    """
    rows = [row for row in figures if row.metric == metric and row.arm in contrast and not row.statistic.startswith("best")]
    for conditions in dict.fromkeys(row.conditions for row in rows):
        values = {row.arm: row.value for row in rows if row.conditions == conditions and row.value is not None}
        if values.keys() == contrast.keys():
            value = sum(values[arm] * weight for arm, weight in contrast.items())
            return PublishedEffect(value=value, dataset=conditions[0], recipe=conditions[1])
    return None
