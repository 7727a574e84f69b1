"""Map of the learned functions: each trained network is a point in the space of functions, the ground truth is a star."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import NDArray

from analysis.figures import MARKERS, FigureData
from analysis.figures._axes import families_of, shade
from analysis.figures._palette import GOLD, GREY, INK

TITLE = "The map of functions"
CAPTION = (
    "Each point is a trained network (one depth, one seed), given by its predicted probabilities for all test images. The star is the ground "
    "truth. If each seed has its own test images, only the networks of the first seed are shown. "
    "The points of all panels are projected together on their first two principal axes; the share of the variance kept is given above. "
    "A shaded circle belongs to a depth: it is centred on the mean of the seeds and reaches to the farthest one. Darker is deeper. All panels have "
    "the same scale, and so do the insets, which enlarge the surroundings of the ground truth."
)


def is_possible(data: FigureData) -> bool:
    """Return whether the map could be computed."""
    return data.function_map is not None


def draw(data: FigureData) -> Figure:
    """Draw a panel per family on one scale, each with an inset around the ground truth."""
    assert data.function_map is not None
    networks = data.function_map.networks
    families = families_of(networks)
    figure = Figure(figsize=(5.5 * len(families), 5.4), layout="constrained")
    panels = figure.subplots(1, len(families), sharex=True, sharey=True, squeeze=False)[0]
    window = _inset_window(networks)
    for axes, family in zip(panels, families, strict=True):
        inset = axes.inset_axes((0.54, 0.07, 0.44, 0.42))
        for view in (axes, inset):
            for depth, points in networks[networks["family"] == family].groupby("depth"):
                _draw_region(view, points[["x", "y"]].to_numpy(), family, int(str(depth)), networks["depth"].tolist())
            view.plot(
                0.0,
                0.0,
                marker="*",
                markersize=15,
                color=GOLD,
                markeredgecolor=INK,
                linestyle="",
                zorder=5,
                label="ground truth",
            )
        inset.set_xlim(*window[0])
        inset.set_ylim(*window[1])
        inset.tick_params(labelsize=6.5)
        axes.indicate_inset_zoom(inset, edgecolor=GREY)
        axes.set_title(f"{family} networks, {data.label}")
        axes.set_xlabel("first principal axis")
        axes.legend(loc="upper center", fontsize=8, ncols=2)
    panels[0].set_ylabel("second principal axis")
    low, high = panels[0].get_ylim()
    panels[0].set_ylim(low - 0.25 * (high - low), high + 0.2 * (high - low))  # room for the insets
    kept, num_seeds = data.function_map.kept, networks["seed"].nunique()
    panels[0].text(
        0, 1.09, f"{kept:.0%} of the variance kept; {num_seeds} seeds per depth", transform=panels[0].transAxes, fontsize=9
    )
    return figure


def _inset_window(networks: pd.DataFrame) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the limits of x and y that include the residual networks and the ground truth."""
    residual = networks[networks["family"] == "residual"]
    windows = []
    for axis in ("x", "y"):
        low, high = min(0.0, residual[axis].min()), max(0.0, residual[axis].max())
        windows.append((low - 0.25 * (high - low) - 1e-6, high + 0.25 * (high - low) + 1e-6))
    return windows[0], windows[1]


def _draw_region(axes: Axes, points: NDArray[np.float64], family: str, depth: int, depths: Iterable[int]) -> None:
    """Draw the networks of one depth, and the circle around their mean that includes them."""
    colour = shade(family, depth, depths)
    centre = points.mean(axis=0)
    radius = float(np.linalg.norm(points - centre, axis=1).max())
    axes.add_patch(Circle((centre[0], centre[1]), radius, facecolor=colour, alpha=0.18, edgecolor=colour, linewidth=1.2))
    axes.plot(points[:, 0], points[:, 1], MARKERS[family], color=colour, linestyle="", markersize=5.5, label=f"{depth} layers")
