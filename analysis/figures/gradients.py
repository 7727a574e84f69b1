"""Gradients before training: their norm by layer, and their similarity at neighbouring images."""

from typing import Any

from matplotlib.figure import Figure

from analysis.figures import FigureData
from analysis.figures._axes import panel_row, plain_log_axis, plain_powers
from analysis.figures._marks import arms_by_depth, label_ends
from analysis.figures._svg import mark

TITLE = "Gradients before training"
CAPTION = (
    "Left: norm of the loss's gradient at each convolution, from the first to the last, on a logarithmic scale. Right: mean cosine between the "
    "gradients at an image and at a neighbour, against their distance in standard deviations of a pixel; 1 is equal, 0 is noise. Means over "
    "seeds."
)


def is_possible(data: FigureData) -> bool:
    """Return whether the probe left results."""
    return data.has_rows("gradients")


def draw(data: FigureData) -> Figure:
    """Draw two panels: norm by layer, and cosine by distance, with the name of each arm at its lines."""
    rows = data.probes["gradients"]
    figure, (left, right) = panel_row(2, 4.0, 5.0, is_shared=False)
    arms, ends = arms_by_depth(rows), {}
    names = data.told_apart(arms)
    for axes, kind, column in ((left, "norm", "position"), (right, "correlation", "distance")):
        drawn = []
        for arm in arms:
            means = rows[(rows["kind"] == kind) & (rows["arm"] == arm)].groupby(column)["value"].mean().dropna()
            look = data.look(arm)
            style: dict[str, Any] = {"marker": look.marker, "markersize": 4.5} if kind == "correlation" else {}
            axes.plot(means.index, means, color=look.colour, label=names[arm], gid=mark("line", arm), **style)
            if len(means):
                drawn.append((float(means.index[-1]), float(means.iloc[-1]), names[arm], look.colour))
        ends[axes] = drawn
    left.set_yscale("log")
    plain_powers(left.yaxis)
    left.set_xlabel("position of the layer, from the first to the last")
    left.set_ylabel("norm of the gradient")
    left.set_title(f"Norm by layer, {data.label}")
    right.set_xscale("log")
    plain_log_axis(right.xaxis)
    right.set_xlabel("distance of the neighbour, in deviations of a pixel")
    right.set_ylabel("cosine between gradients")
    right.set_title(f"Similarity at neighbouring images, {data.label}")
    label_ends(list(ends.items()), 20)
    return figure
