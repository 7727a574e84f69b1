"""Published values that reports show, each with its source and its conditions, read from `published.csv`.

Published values of one network differ by recipe, by the number of crops and by the selection among runs. A value is therefore looked up
with its conditions, and values are subtracted only if all conditions match.
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
    """Published value of a network, with its data set, recipe, evaluation, runs and place in the paper.

    `printed` is the value as printed, in % if the metric is a percentage; a value such as ">20" is a bound. `statistic` is "one model",
    "mean of 5", "median of 5", "best of 5" or "not stated". `crop` is the number of averaged crops of a test image, "-" for whole images.
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
        """Value as a number; None if it is a bound."""
        return None if self.printed.startswith((">", "<")) else float(self.printed)

    @property
    def source(self) -> str:
        """Paper, its arXiv number if it has one, and the table or figure."""
        return f"{self.paper}{'' if self.arxiv == '-' else f' ({self.arxiv})'}, {self.locator}"

    @property
    def conditions(self) -> tuple[str, ...]:
        """Conditions that must match before two published values may be compared."""
        return tuple(getattr(self, name) for name in CONDITIONS)


@cache
def published_rows() -> tuple[Published, ...]:
    """Read all published values, in the order of the file."""
    text = Path(__file__).with_name("published.csv").read_text(encoding="utf-8")
    return tuple(Published(**row) for row in csv.DictReader(text.splitlines()))


def published_figure(arm: str, dataset: str, metric: str, conditions: Mapping[str, str] = NO_CONDITIONS) -> Published:
    """Return the only published value of a network on a data set under the given conditions (recipe, crop, statistic, paper).

    Raises:
        ValueError: a condition is unknown, or no value or several values match; the message lists the available values.
    """
    wanted = {"arm": arm, "dataset": dataset, "metric": metric, **conditions}
    unknown = conditions.keys() - set(CONDITIONS)
    if unknown:
        raise ValueError(no_such("condition", ", ".join(sorted(unknown)), CONDITIONS[1:]))
    rows = [row for row in published_rows() if (row.arm, row.dataset, row.metric) == (arm, dataset, metric)]
    matching = [row for row in rows if wanted.items() <= asdict(row).items()]
    if len(matching) == 1:
        return matching[0]
    request = ", ".join(str(value) for value in wanted.values())
    known = "; ".join(f"{row.printed} ({', '.join(row.conditions[1:])})" for row in matching or rows) or "none at all"
    problem = "several published values" if matching else "no published value"
    raise ValueError(f"{problem} for {request}; available: {known}")


def published_figures(arms: Iterable[str]) -> list[Published]:
    """Return the published values of these arms, in the order of the arms."""
    order = list(arms)
    return sorted((row for row in published_rows() if row.arm in order), key=lambda row: (order.index(row.arm), row.metric))


def published_settings(metric: str, arms: Iterable[str]) -> list[Published]:
    """Return a row for each set of equal conditions under which every one of these arms has a published value; a bound is one."""
    order = dict.fromkeys(arms)
    by_conditions: dict[tuple[str, ...], dict[str, Published]] = {}
    for row in published_rows():
        if row.metric == metric and row.arm in order:
            by_conditions.setdefault(row.conditions, {})[row.arm] = row
    return [next(iter(rows.values())) for rows in by_conditions.values() if rows.keys() == order.keys()]


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedEffect:
    """Contrast of published values under equal conditions, as a fraction of one of them for a relative margin."""

    value: float
    dataset: str
    recipe: str


def published_effect(
    figures: Iterable[Published], metric: str, contrast: Mapping[str, int], base: str | None = None, target: float = 0.0
) -> PublishedEffect | None:
    """Compute a contrast of published values; None if no set of equal conditions has a value for every arm.

    `target`, the value that a claim states, is subtracted. It is a fraction of the value of `base`, if one is given. The best of several runs is
    never used.
    """
    rows = [row for row in figures if row.metric == metric and row.arm in contrast and not row.statistic.startswith("best")]
    for conditions in dict.fromkeys(row.conditions for row in rows):
        values = {row.arm: row.value for row in rows if row.conditions == conditions and row.value is not None}
        if values.keys() == contrast.keys():
            difference = sum(values[arm] * weight for arm, weight in contrast.items()) - target
            value = difference / (values[base] if base else 1.0)
            return PublishedEffect(value=value, dataset=conditions[0], recipe=conditions[1])
    return None
