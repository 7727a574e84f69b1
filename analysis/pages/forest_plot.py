"""Lay out the forest plot from the rows of verdicts.json and nothing else: panels by unit, and each claim's zone, bar and dot in per cent.

Right is in favour of the claim. In a panel of claims of equality the zone is a band around "equal".
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

FEWEST_MARGINS, MOST_MARGINS = 2.0, 20.0  # shown on either side; what lies beyond is cut, with an arrow
NARROWEST = 2.4  # of a zone, in per cent of the plot: 3 pixels of the 128 that the narrowest plot has
INSET = 6.0  # per cent of the plot on either side
# width of a tick's letter and of the space beside it, in per cent of the 160 pixels of a plot with an axis
LETTER, CLEAR = 3.9, 4.0
LEVEL = 0.05
MARKS = {
    "supported": "\N{CHECK MARK}",
    "contradicted": "\N{BALLOT X}",
    "inconclusive": "?",
    "depends on the rate": "\N{PLUS-MINUS SIGN}",
}
DASH = "\N{EN DASH}"
UNITS = {
    "points": "percentage points",
    "share": "per cent of the value that is compared with",
    "factor": "times, on a log axis",
    "": "multiples of the claim's margin, as the metric has no unit",
}
FACTORS = (1.01, 1.02, 1.05, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """Claim in the plot: zone, bar and dot in per cent of the width, None if untested or without an interval; an end that is cut has an arrow."""

    row: Row
    zone: tuple[float, float]
    bar: tuple[float, float] | None
    dot: float | None
    is_cut: tuple[bool, bool]

    @property
    def mark(self) -> str:
        """Sign of the outcome, next to its word."""
        return MARKS.get(self.row["outcome"], DASH)

    @property
    def words(self) -> str:
        """Outcome in words: in a toy setting a contradicted claim only does not hold here."""
        fails_here = self.row["outcome"] == "contradicted" and self.row["tier"] == "toy"
        found = self.row.get("finding")
        words = "does not hold here" if fails_here else str(self.row["outcome"])
        return f"{words}: {found}" if found else words

    @property
    def is_held_by_correction(self) -> bool:
        """Whether only the correction for several claims leaves the claim open."""
        p, corrected = self.row["p"], self.row["p_corrected"]
        return self.row["outcome"] == "inconclusive" and p is not None and p < LEVEL <= corrected

    @property
    def kind(self) -> str:
        """First word of the outcome, the name of its colour."""
        return str(self.row["outcome"]).split(" ")[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """Claims in one unit, and the ticks of their axis: places in per cent and labels without signs."""

    unit: str
    is_of_equality: bool
    ticks: tuple[tuple[float, str], ...]
    lines: tuple[Line, ...]

    @property
    def has_correction_mark(self) -> bool:
        """Whether only the correction for several claims leaves one of its claims open."""
        return any(line.is_held_by_correction for line in self.lines)


def panels_of(rows: Iterable[Row]) -> list[Panel]:
    """Return the panels of a forest plot, one per unit, those of equality apart, in the order of their first claims."""
    groups: dict[tuple[str, bool], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["unit"], row["zone"][1] is not None), []).append(row)
    return [_panel(unit, is_band, group) for (unit, is_band), group in groups.items()]


def _panel(unit: str, is_band: bool, rows: Sequence[Row]) -> Panel:
    margin = max([abs(place) for row in rows for place in _places(row, row["zone"]) if place] or [1.0])
    found = [
        place
        for row in rows
        if not _is_untested(row)
        for place in _places(row, _ends(row))
        if place is not None and math.isfinite(place)
    ]
    left, right = (
        min(max([FEWEST_MARGINS * margin, *(1.1 * sign * place for place in found)]), MOST_MARGINS * margin) for sign in (-1, 1)
    )
    scale = _Scale(left, right)
    lines = tuple(_line(row, scale) for row in rows)
    return Panel(
        unit=UNITS.get(unit, unit), is_of_equality=is_band, ticks=tuple(_ticks(unit, scale, is_band=is_band)), lines=lines
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """Linear scale from -left to right, both above 0."""

    left: float
    right: float

    def at(self, place: float) -> float:
        """Return a place in per cent of the width, at the edge if it lies beyond."""
        inner = min(max(place, -self.left), self.right)
        return INSET + (100 - 2 * INSET) * (inner + self.left) / (self.left + self.right)


def _line(row: Row, scale: _Scale) -> Line:
    start, end = (None if place is None else scale.at(place) for place in _places(row, row["zone"]))
    zone = (0.0 if start is None else start, 100.0 if end is None else end)
    short = NARROWEST - (zone[1] - zone[0])
    if short > 0:
        zone = (zone[0] - short / 2, zone[1] + short / 2)
    low, value, high = _places(row, _ends(row))
    if value is None or _is_untested(row):
        return Line(row=row, zone=zone, bar=None, dot=None, is_cut=(False, False))
    ends = (value, value) if low is None or high is None else (low, high)
    bar = None if low is None else (scale.at(ends[0]), scale.at(ends[1]))
    return Line(row=row, zone=zone, bar=bar, dot=scale.at(value), is_cut=(ends[0] < -scale.left, ends[1] > scale.right))


def _is_untested(row: Row) -> bool:
    return str(row["outcome"]).startswith("untested")


def _ends(row: Row) -> tuple[float | None, float | None, float | None]:
    """Return low end, value and high end of an effect in its favour; an interval that is open has infinite ends, an exact one none."""
    effect = row["effect_in_favour"]
    low, value, high = effect["low"], effect["value"], effect["high"]
    if value is None or row["effect"]["confidence"] is None:
        return None, value, None
    lowest = 0.0 if row["unit"] == "factor" else -math.inf
    return (lowest if low is None else low), value, (math.inf if high is None else high)


def _places(row: Row, values: Iterable[float | None]) -> tuple[float | None, ...]:
    """Return values on the scale of the panel: logarithms of factors, and multiples of the margin if there is no unit."""
    unit, margin = row["unit"], row["margin"]
    if unit == "factor":
        return tuple(None if value is None else math.log(value) if value > 0 else -math.inf for value in values)
    scale = (margin or 0.5) if unit == "" else 1.0
    return tuple(None if value is None else float(value) / scale for value in values)


def _ticks(unit: str, scale: _Scale, *, is_band: bool) -> Iterable[tuple[float, str]]:
    """Yield the ticks: "equal" or 0, and a size on either side if its label is clear of that word."""
    middle, word = scale.at(0.0), "equal" if is_band or unit == "factor" else "0"
    yield middle, word
    for sign, reach in ((-1, scale.left), (1, scale.right)):
        size = _factor_below(reach) if unit == "factor" else _round_below(reach)
        place = scale.at(sign * (math.log(size) if unit == "factor" else size))
        label = f"{100 * size if unit == 'share' else size:g}"
        if abs(place - middle) >= CLEAR + LETTER * (len(word) + len(label)) / 2:
            yield place, label


def _round_below(reach: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is no more than 95% of the reach."""
    power = 10.0 ** math.floor(math.log10(reach))
    return max(size for size in (power / 2, power, 2 * power, 5 * power) if size <= 0.95 * reach)


def _factor_below(reach: float) -> float:
    """Return the largest of the named factors that is no more than 95% of the reach; 1 if there is none."""
    return max([factor for factor in FACTORS if math.log(factor) <= 0.95 * reach] or [1.0])
