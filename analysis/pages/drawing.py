"""The figures of a report, each drawn on its own: one that fails is left out with its reason, and takes nothing else with it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from analysis.figures import FigureData, SurveyData, load_figure, render
from analysis.pages.drawn_names import Key
from benchmarks.spec.plugins import path_of
from benchmarks.spec.suite import FIGURES


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """A figure with its words, in every format, and the legend of the names that it shows as numbers."""

    name: str
    title: str
    caption: str
    rendered: dict[str, bytes]
    key: Key


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawings:
    """The figures of a report, and a line for each that could not be drawn."""

    figures: tuple[Drawn, ...]
    left_out: tuple[str, ...]


def draw_all(names: Iterable[str], data: FigureData | SurveyData, key: Key = ()) -> Drawings:
    """Draw those of these figures that the records can fill."""
    figures, left_out = [], []
    for name in () if data.is_empty else names:
        try:
            kind = load_figure(name)
            if kind.is_possible(data):
                rendered, texts = render(kind, data)
                used = tuple(pair for pair in key if any(_speaks_of(text, pair[0]) for text in texts))
                figures.append(Drawn(name=name, title=kind.TITLE, caption=kind.CAPTION, rendered=rendered, key=used))
        except Exception as error:  # whatever the code of a figure may raise
            place = str(path_of(FIGURES, name))
            said = str(error) if str(error).startswith(place) else f"{type(error).__name__}: {error}"
            left_out.append(f"Not drawn: {name} ({said.removeprefix(f'{place}: ')}); see {place}.")
    return Drawings(figures=tuple(figures), left_out=tuple(left_out))


def _speaks_of(text: str, number: str) -> bool:
    """Whether a text of a figure holds what stands for a name: arm 1, and not arm 12."""
    return re.search(rf"(?<!\w){re.escape(number)}(?!\d)", text) is not None


def title_of(name: str) -> str:
    """The title of a figure, or its name where it cannot be loaded."""
    try:
        return load_figure(name).TITLE
    except ValueError:
        return name
