"""Published values that reports show, each with its source and its conditions, read from `published.csv`.

Published values of one network differ by recipe, by the number of crops and by the selection among runs. A value is therefore looked up
with its conditions, and values are subtracted only if all conditions match.
"""

import csv
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Tracks
from resnet_variants.lookup import no_such

MEDIAN_ERROR = math.sqrt(math.pi / 2)  # standard error of a median of normal values, relative to that of their mean
UNKNOWN = "-"  # an sd or an n that is not stated
PRINTED = "printed"  # what the precision of a value begins with that was seen in print
CONDITIONS = ("dataset", "recipe", "crop", "statistic", "paper")
NO_CONDITIONS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """Published value of a network, with its data set, recipe, evaluation, runs and place in the paper.

    `printed` is the value as printed, in % if the metric is a percentage; a value such as ">20" is a bound. `statistic` is "one model",
    "mean of 5", "median of 5", "best of 5" or "not stated". `sd` is the standard deviation over the `n` runs; None stands for what is not
    stated. `crop` is the number of averaged crops of a test image, "-" for whole images.
    """

    arm: str
    dataset: str
    metric: str
    printed: str
    sd: float | None
    n: int | None
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
    def with_sd(self) -> str:
        """Value as printed, with its standard deviation if that is stated."""
        return self.printed if self.sd is None else f"{self.printed} \N{PLUS-MINUS SIGN} {self.sd:g}"

    @property
    def caution(self) -> str:
        """What to know of a value that was not seen in print, such as that it was read off a figure; else empty."""
        return "" if self.precision.startswith(PRINTED) else self.precision.partition(";")[0]

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
    rows: list[dict[str, Any]] = list(csv.DictReader(text.splitlines()))
    for row in rows:
        row["sd"] = None if row["sd"] == UNKNOWN else float(row["sd"])
        row["n"] = None if row["n"] == UNKNOWN else int(row["n"])
    return tuple(Published(**row) for row in rows)


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


def published_readings(metric: str, names: Iterable[str]) -> dict[str, dict[str, float]]:
    """Return the values of these networks for each set of equal conditions under which all have one, by the conditions in words.

    The top-1 error is also read from accuracies. Bounds and the best of several runs are left out.
    """
    order, readings = dict.fromkeys(names), {}
    for conditions in dict.fromkeys(row.conditions for row in published_rows()):
        rows = [row for row in published_rows() if row.conditions == conditions and not row.statistic.startswith("best")]
        values = {row.arm: value for row in rows if row.arm in order and (value := _error(row, metric)) is not None}
        if values.keys() == order.keys():
            read = [row for row in rows if row.arm in order and _error(row, metric) is not None]
            cautions = dict.fromkeys(row.caution for row in read if row.caution)
            words = [*(text for text in conditions[:3] if text != "-"), _runs_in_words(read), *cautions]
            readings[", ".join(words)] = {name: values[name] for name in order}
    return readings


def _error(row: Published, metric: str) -> float | None:
    """Return the value of a metric in a row, or 100% minus the accuracy; None if the row is about something else, or a bound."""
    if row.value is None:
        return None
    if row.metric == metric.replace("_error_", "_accuracy_") != metric:
        return round(100 - row.value, 3)
    return row.value if row.metric == metric else None


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedEffect:
    """Contrast of published values under equal conditions, as a fraction of one of them for a relative margin.

    `note` says how many runs the values rest on, how many standard errors the effect has if that is known, and what to know of values that
    were not seen in print.
    """

    value: float
    dataset: str
    recipe: str
    note: str = ""


def published_effect(
    figures: Iterable[Published], metric: str, contrast: Mapping[str, int], base: str | None = None, target: float = 0.0
) -> PublishedEffect | None:
    """Compute a contrast of published values; None if no set of equal conditions has a value for every arm.

    `target`, the value that a claim states, is subtracted. It is a fraction of the value of `base`, if one is given. The best of several runs is
    never used.
    """
    rows = [row for row in figures if row.metric == metric and row.arm in contrast and not row.statistic.startswith("best")]
    for conditions in dict.fromkeys(row.conditions for row in rows):
        found = {row.arm: row for row in rows if row.conditions == conditions and row.value is not None}
        if found.keys() == contrast.keys():
            values = {arm: row.value for arm, row in found.items() if row.value is not None}
            points = sum(values[arm] * weight for arm, weight in contrast.items()) - target
            value = points / (values[base] if base else 1.0)
            note = effect_note([found[arm] for arm in contrast], points, [*contrast.values()])
            return PublishedEffect(value=value, dataset=conditions[0], recipe=conditions[1], note=note)
    return None


def effect_of_claim(figures: Iterable[Published], claim: Claim) -> PublishedEffect | None:
    """Compute a claim's contrast of published values, which one that ranks its arms does not have; None if there is none."""
    if isinstance(claim.test, Tracks):
        return None
    return published_effect(figures, claim.metric, claim.test.contrast, claim.base, claim.target)


def effect_note(rows: Collection[Published], points: float, weights: Iterable[float]) -> str:
    """Describe what a contrast of published values, given in points, rests on: runs, standard errors, and cautions."""
    errors = _standard_errors(rows, points, weights)
    return "; ".join(
        [
            _runs_in_words(rows) + (f", about {errors:.1f} standard errors" if errors is not None else ""),
            *dict.fromkeys(row.caution for row in rows if row.caution),
        ]
    )


def _runs_in_words(rows: Collection[Published]) -> str:
    """Describe the numbers of runs, with every value if there are several runs."""
    numbers = {row.n for row in rows}
    if numbers == {1}:
        return "one run each" if len(rows) > 1 else "one run"
    if numbers == {None}:
        return "number of runs not stated"
    return ", ".join(f"{row.arm} {row.with_sd} ({row.statistic}{' runs' if row.n and row.n > 1 else ''})" for row in rows)


def _standard_errors(rows: Collection[Published], points: float, weights: Iterable[float]) -> float | None:
    """Return the size of a contrast in standard errors; None without a standard deviation, which values that lack one share with the others."""
    known = [row.sd for row in rows if row.sd is not None]
    if not known:
        return None
    shared, variance = math.sqrt(sum(sd**2 for sd in known) / len(known)), 0.0
    for row, weight in zip(rows, weights, strict=True):
        if row.n is None:
            return None
        factor = MEDIAN_ERROR if row.statistic.startswith("median") else 1.0
        variance += (weight * factor * (shared if row.sd is None else row.sd)) ** 2 / row.n
    return abs(points) / math.sqrt(variance)
