"""Tables of a page: columns with their sort keys and bars; a column that never changes is dropped into the caption."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

FEWEST_ROWS = 3  # from which on a column that never changes is dropped
DASH = "\N{EN DASH}"
UNKNOWN = ("", DASH)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """Text of a cell, the key that it is sorted by, the width of its bar in per cent (None without one), and the notes of its sources.

    `label` is the name of an arm on the command line, if its words differ.
    """

    text: str
    key: float | str
    bar: float | None = None
    notes: tuple[int, ...] = ()
    is_code: bool = False
    label: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """Column of a table; `is_text` cells are at the left and may break, and `is_error` marks those of errors."""

    name: str
    cells: tuple[Cell, ...]
    is_text: bool = False
    is_error: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PageTable:
    """Table with its caption; the first column names the rows, and `arms` the arm of each row, if it is one's."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    arms: tuple[str, ...] = ()
    constants: tuple[tuple[str, str], ...] = ()

    @property
    def rows(self) -> list[list[tuple[Column, Cell]]]:
        """Cells of each row with their columns, the first of which names the row."""
        return [
            list(zip(self.columns, cells, strict=True)) for cells in zip(*(column.cells for column in self.columns), strict=True)
        ]


def numbers(
    name: str, values: Sequence[float | None], spell: Callable[[Any], str], *, has_bars: bool = False, is_error: bool = False
) -> Column:
    """Return a column of numbers, each in the words of `spell`; missing ones are dashes and sort last."""
    known = [value for value in values if value is not None and isfinite(value)]
    largest = max(known, default=0.0)
    bars = has_bars and largest > 0 and min(known) >= 0
    return Column(
        name=name,
        cells=tuple(
            Cell(text=spell(value), key=value, bar=100 * value / largest if bars else None)
            if value is not None and isfinite(value)
            else Cell(text=DASH, key="")
            for value in values
        ),
        is_error=is_error,
    )


def spelled(
    name: str, values: Sequence[float | None], texts: Sequence[str], *, has_bars: bool = False, is_error: bool = False
) -> Column:
    """Return a column of numbers with a text for each, such as its interval."""
    column = numbers(name, values, str, has_bars=has_bars, is_error=is_error)
    cells = tuple(replace(cell, text=text) for cell, text in zip(column.cells, texts, strict=True))
    return replace(column, cells=cells)


def texts(name: str, values: Iterable[str], *, is_code: bool = False) -> Column:
    """Return a column of texts, sorted as such."""
    return Column(name=name, cells=tuple(Cell(text=value, key=value, is_code=is_code) for value in values), is_text=True)


def arms_column(labels: Sequence[str], words: Mapping[str, str]) -> Column:
    """Return the column of arms in words, each with its name on the command line if that has options."""
    cells = (
        Cell(text=words.get(label, label), key=words.get(label, label), label=label if ":" in label else "") for label in labels
    )
    return Column(name="arm", cells=tuple(cells), is_text=True)


def with_notes(column: Column, notes: Sequence[tuple[int, ...]]) -> Column:
    """Return a column whose cells refer to numbered notes."""
    return replace(column, cells=tuple(replace(cell, notes=own) for cell, own in zip(column.cells, notes, strict=True)))


def numbered(sources: Iterable[str]) -> tuple[Mapping[str, int], tuple[str, ...]]:
    """Number sources by their first place; return the number of each, and the sources in this order."""
    order = tuple(dict.fromkeys(sources))
    return {source: number for number, source in enumerate(order, start=1)}, order


def table(name: str, caption: str, columns: Sequence[Column], arms: Sequence[str] = ()) -> PageTable:
    """Return a table without the columns that say nothing: those without any value, and those of one value, which the caption names."""
    first, *others = columns
    kept, constants = [first], []
    for column in others:
        found = {cell.text for cell in column.cells}
        if found <= set(UNKNOWN):
            continue
        if len(found) == 1 and len(column.cells) >= FEWEST_ROWS and not column.is_error:
            constants.append((column.name, column.cells[0].text))
        else:
            kept.append(column)
    return PageTable(name=name, caption=caption, columns=tuple(kept), arms=tuple(arms), constants=tuple(constants))
