"""What figures of a survey's networks share: one panel with room for a key below, names at the points, and tooltips."""

from collections.abc import Iterable, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures import FAMILY_COLOURS, FAMILY_MARKERS
from analysis.figures._axes import place_labels
from analysis.figures._svg import mark
from analysis.figures._variants import SLIDE
from analysis.tables.arm_words import short_name

SIZE = (5.2, 5.4)  # inches


def single_panel() -> tuple[Figure, Axes]:
    """Make a figure of one panel."""
    figure = Figure(figsize=SLIDE.get() or SIZE, layout="constrained")
    return figure, figure.subplots()


def name_mark(model: object, *values: str) -> str:
    """Return the gid of a network's point, whose tooltip is its name and some values."""
    return mark("network", str(model), f"{short_name(str(model))}: {', '.join(values)}")


def draw_key(figure: Figure, families: Iterable[str], more: Sequence[Line2D] = ()) -> None:
    """Draw below the panel the families by colour and mark, and further marks."""
    present = [name for name in FAMILY_COLOURS if name in set(families)]
    handles = [dot(FAMILY_COLOURS[name], 8.0, name, FAMILY_MARKERS[name]) for name in present]
    marks = [*handles, *more]
    if SLIDE.get():
        figure.legend(handles=marks, loc="outside right lower", ncols=1, fontsize=9, labelspacing=0.7)
    else:
        figure.legend(handles=marks, loc="outside lower left", ncols=3, fontsize=9, labelspacing=0.7)


def dot(colour: str, diameter: float, label: str, marker: str = "o", *, is_hollow: bool = False) -> Line2D:
    """Return a mark for a key; the diameter is in points."""
    face = "none" if is_hollow else colour
    return Line2D([], [], color=colour, marker=marker, linestyle="", markersize=diameter, markerfacecolor=face, label=label)


def name_points(axes: Axes, rows: pd.DataFrame, x: str, y: str, radii: Sequence[float]) -> None:
    """Write the names of the networks for which there is room."""
    names = [short_name(str(model)) for model in rows["model"]]
    place_labels(axes, list(zip(rows[x], rows[y], strict=True)), names, radii)
