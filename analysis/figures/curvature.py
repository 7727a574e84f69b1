"""Extreme curvatures of the loss around networks at equal training loss."""

from textwrap import fill

from matplotlib.figure import Figure

from analysis.figures import FigureData
from analysis.figures._axes import panel_row
from analysis.figures._palette import INK
from analysis.figures._svg import mark

TITLE = "Curvature at equal training loss"
CAPTION = (
    "Size of the Hessian's most negative eigenvalue relative to its largest, where each network first reaches 0.9 of the loss at chance level, "
    "and at two corners of three planes of filter-normalised directions around it (after Li et al. 2018, figure 7): 0 is convex. Small marks are "
    "points, black bars means over seeds and points. A network that never reaches this loss has no mark."
)
SPREAD = 0.3  # of a column, over the seeds


def is_possible(data: FigureData) -> bool:
    """Return whether the probe left results."""
    return data.has_rows("curvature")


def draw(data: FigureData) -> Figure:
    """Draw one panel, with a column per arm."""
    rows = data.probes["curvature"]
    arms = list(dict.fromkeys(rows["arm"]))
    figure, (axes,) = panel_row(1, 4.2, 5.0)
    for column, arm in enumerate(arms):
        mine = rows[rows["arm"] == arm]
        places = column + SPREAD * (2 * mine["seed"].rank(method="dense") / (mine["seed"].nunique() + 1) - 1)
        is_centre = mine["plane"] == 0
        colour = data.look(arm).colour
        axes.plot(places[~is_centre], mine["ratio"][~is_centre], "o", color=colour, markersize=3, gid=mark("mean", arm))
        axes.plot(places[is_centre], mine["ratio"][is_centre], "D", color=colour, markersize=6, gid=mark("mean", arm))
        axes.hlines(mine["ratio"].mean(), column - SPREAD, column + SPREAD, color=INK, linewidth=2)
    axes.plot([], [], "D", color=INK, label="at the network")
    axes.plot([], [], "o", color=INK, markersize=3, label="on planes around it")
    axes.set_xticks(range(len(arms)), [fill(data.named(arm), 14) for arm in arms], fontsize=9)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("most negative curvature, relative to the largest")
    axes.set_title(f"Curvature at equal training loss, {data.label}")
    axes.legend(fontsize=9)
    return figure
