"""Draw the figures of a report independently: a figure that fails is left out with its reason, and the others are still drawn."""

import re
import sys
from collections.abc import Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass
from html import escape
from os import PathLike
from pathlib import Path
from typing import Any, get_type_hints

from analysis.figures import STYLESHEET, FigureData, FigureKind, SurveyData, load_figure, render
from analysis.pages.drawn_names import Key
from benchmarks.spec.figures import FIGURES
from benchmarks.spec.named import shipped
from benchmarks.spec.plugins import path_of
from benchmarks.store.files import write_whole


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """Figure as files (PNG only if asked for) and as SVG for the page, with its title, its caption, and a legend of the names shown as numbers.

    `linear` is the SVG with linear axes of errors, to which a page can switch; empty if the axes of `inline` are no others.
    """

    name: str
    title: str
    caption: str
    rendered: dict[str, bytes]
    inline: str
    linear: str
    key: Key

    @property
    def svg(self) -> bytes:
        """The figure as an SVG file, which opens without a page."""
        return self.rendered["svg"]

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the figure as in the report; the path's ending is .svg or .png. Return the path.

        Raises:
            ValueError: the ending is another one.
        """
        target = Path(path).expanduser()
        ending = target.suffix.lower().removeprefix(".")
        if ending not in self.rendered:
            raise ValueError(f"{target} must end in {' or '.join(f'.{name}' for name in self.rendered)}")
        write_whole(target, self.rendered[ending])
        return target

    def _repr_html_(self) -> str:
        """Return the figure with its caption, as a notebook shows it."""
        caption = f"<figcaption>{escape(self.caption)}</figcaption>"
        return f"<style>{STYLESHEET}</style><figure>{self.inline}{caption}</figure>"


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawings:
    """Figures of a report, and a line for each figure that could not be drawn."""

    figures: tuple[Drawn, ...]
    left_out: tuple[str, ...]


def draw_all(names: Iterable[str], data: FigureData | SurveyData, key: Key = (), has_png: bool = True) -> Drawings:
    """Draw each of the named figures for which the data suffice; a caption ends with the arms of which some runs fail."""
    figures, left_out = [], []
    note = data.training_note if isinstance(data, FigureData) else ""
    for name in () if data.is_empty else names:
        try:
            kind = load_figure(name)
            if kind.is_possible(data):
                with redirect_stdout(sys.stderr):  # users' figures may print
                    drawn = render(kind, data, name, has_png)
                used = tuple(pair for pair in key if any(_mentions(text, pair[0]) for text in drawn.texts))
                caption = f"{kind.CAPTION}{_on_bars(kind.TITLE, kind.CAPTION, data)}{note}"
                figures.append(
                    Drawn(
                        name=name,
                        title=kind.TITLE,
                        caption=caption,
                        rendered=drawn.files,
                        inline=drawn.inline,
                        linear=drawn.linear,
                        key=used,
                    )
                )
        except Exception as error:  # a user's figure may raise anything
            place = str(path_of(FIGURES, name))
            reason = str(error) if str(error).startswith(place) else f"{type(error).__name__}: {error}"
            left_out.append(f"Not drawn: {name} ({reason.removeprefix(f'{place}: ')}); see {place}.")
    return Drawings(figures=tuple(figures), left_out=tuple(left_out))


def figures_for(data: FigureData | SurveyData, own: Iterable[str]) -> dict[str, str]:
    """Return the title of each figure, by name, that these data can fill: those of the suite first, then all others of this project.

    Raises:
        ValueError: a file of a figure is wrong.
    """
    titles: dict[str, str] = {}
    for name in dict.fromkeys((*own, *shipped(FIGURES))):
        kind = load_figure(name)
        if not data.is_empty and _accepts(kind, data) and kind.is_possible(data):
            titles[name] = kind.TITLE
    return titles


def _accepts(kind: FigureKind[Any], data: FigureData | SurveyData) -> bool:
    """Return whether a figure is of such data, by the annotation of `is_possible`; a user's file may have none."""
    wanted = get_type_hints(kind.is_possible).get("data", object)
    return isinstance(data, wanted)


def _on_bars(title: str, caption: str, data: FigureData | SurveyData) -> str:
    """Return the sentence on intervals of test errors for a figure of errors that shows intervals; empty for others."""
    shows = "t interval" in caption and "error" in title.lower()
    return f" {data.interval_note}" if shows and isinstance(data, FigureData) and data.interval_note else ""


def _mentions(text: str, number: str) -> bool:
    """Return whether a text of a figure contains a numbered name such as "arm 1", and not only "arm 12"."""
    return re.search(rf"(?<!\w){re.escape(number)}(?!\d)", text) is not None
