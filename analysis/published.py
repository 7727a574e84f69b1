"""The published figures that we print, each with its source: `published.csv`, one row a figure."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """One figure as a paper gives it: of which network, on which data, under which recipe, from how many runs, and where it stands."""

    arm: str
    dataset: str
    metric: str
    value: float
    recipe: str
    runs: str
    paper: str
    arxiv: str
    locator: str
    precision: str

    @property
    def source(self) -> str:
        """Paper, arXiv number, place."""
        return f"{self.paper} ({self.arxiv}), {self.locator}"


def published_figures(arms: Iterable[str]) -> list[Published]:
    """The published figures of these arms, in the arms' order."""
    text = files("analysis").joinpath("published.csv").read_text(encoding="utf-8")
    order = list(arms)
    rows = [Published(value=float(row.pop("value")), **row) for row in csv.DictReader(text.splitlines())]
    return sorted((row for row in rows if row.arm in order), key=lambda row: (order.index(row.arm), row.metric))


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedEffect:
    """A contrast in published figures, all of one data set under one recipe."""

    value: float
    dataset: str
    recipe: str


def published_effect(figures: Iterable[Published], metric: str, contrast: Mapping[str, int]) -> PublishedEffect | None:
    """A contrast in published figures, or None where one of its arms has none under the conditions of the others."""
    rows = [figure for figure in figures if figure.metric == metric and figure.arm in contrast]
    for dataset, recipe in dict.fromkeys((row.dataset, row.recipe) for row in rows):
        values = {row.arm: row.value for row in rows if (row.dataset, row.recipe) == (dataset, recipe)}
        if values.keys() == contrast.keys():
            value = sum(values[arm] * weight for arm, weight in contrast.items())
            return PublishedEffect(value=value, dataset=dataset, recipe=recipe)
    return None
