"""The course's picture from data: every trained network a point in the space of functions, the truth a star."""

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import NDArray

from analysis.figures import MARKERS, FigureData
from analysis.figures._axes import shade

TITLE = "The map of functions"
CAPTION = (
    "Every point is a trained network (one depth, one seed): the probabilities that it gives to all test images. The star is the truth. All "
    "points of both panels were projected together on their first two principal axes; the share of the variance that these keep stands above."
    " A circle is the region of a depth: around the mean of its seeds, as wide as the farthest of them. Darker is deeper; both panels have "
    "one scale."
)


def is_possible(data: FigureData) -> bool:
    """Whether there is a map."""
    return data.function_map is not None


def draw(data: FigureData) -> Figure:
    """Two panels on one scale: plain networks, residual networks."""
    assert data.function_map is not None
    networks, truth = data.function_map.networks, data.function_map.truth
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for axes, family in zip(panels, ("plain", "residual"), strict=True):
        rows = networks[networks["family"] == family]
        for depth, points in rows.groupby("depth"):
            _region(axes, points[["x", "y"]].to_numpy(), family, int(str(depth)), networks["depth"].tolist())
        axes.plot(
            *truth,
            marker="*",
            markersize=17,
            color="#e0a800",
            markeredgecolor="#4a3a00",
            linestyle="",
            zorder=5,
            label="the truth",
        )
        axes.set_title(f"{family} networks, {data.label}")
        axes.set_aspect("equal", adjustable="box")
        axes.set_xlabel("first principal axis")
        axes.legend(loc="best", fontsize=8.5)
    panels[0].set_ylabel("second principal axis")
    num_seeds = networks["seed"].nunique()
    figure.suptitle(
        f"{data.function_map.kept:.0%} of the variance kept; {num_seeds} seeds a depth", fontsize=9.5, x=0.01, ha="left"
    )
    return figure


def _region(axes: Axes, points: NDArray[np.float64], family: str, depth: int, depths: Iterable[int]) -> None:
    colour = shade(family, depth, depths)
    centre = points.mean(axis=0)
    radius = float(np.linalg.norm(points - centre, axis=1).max())
    axes.add_patch(Circle((centre[0], centre[1]), radius, facecolor=colour, alpha=0.18, edgecolor=colour, linewidth=1.2))
    axes.plot(points[:, 0], points[:, 1], MARKERS[family], color=colour, linestyle="", markersize=5.5, label=f"{depth} layers")
