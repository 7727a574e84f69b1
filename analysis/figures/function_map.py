"""The course's picture from data: every trained network a point in the space of functions, the truth a star."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import NDArray

from analysis.figures import MARKERS, FigureData
from analysis.figures._axes import families_of, shade

TITLE = "The map of functions"
CAPTION = (
    "Every point is a trained network (one depth, one seed): the probabilities that it gives to all test images. The star is the truth. All points "
    "of all panels were projected together on their first two principal axes; the share of the variance that these keep stands above. A shaded "
    "region is that of a depth: around the mean of its seeds, as wide as the farthest of them. Darker is deeper; all panels have one scale, and "
    "so have the small pictures, which look at the truth from near."
)


def is_possible(data: FigureData) -> bool:
    """Whether there is a map."""
    return data.function_map is not None


def draw(data: FigureData) -> Figure:
    """A panel for each family on one scale, and a look from near in each."""
    assert data.function_map is not None
    networks = data.function_map.networks
    families = families_of(networks)
    figure = Figure(figsize=(5.5 * len(families), 5.4), layout="constrained")
    panels = figure.subplots(1, len(families), sharex=True, sharey=True, squeeze=False)[0]
    near = _near(networks)
    for axes, family in zip(panels, families, strict=True):
        looks = (axes, axes.inset_axes((0.54, 0.07, 0.44, 0.42)))
        for look in looks:
            for depth, points in networks[networks["family"] == family].groupby("depth"):
                _region(look, points[["x", "y"]].to_numpy(), family, int(str(depth)), networks["depth"].tolist())
            look.plot(
                0.0,
                0.0,
                marker="*",
                markersize=15,
                color="#e0a800",
                markeredgecolor="#4a3a00",
                linestyle="",
                zorder=5,
                label="the truth",
            )
        looks[1].set_xlim(*near[0])
        looks[1].set_ylim(*near[1])
        looks[1].tick_params(labelsize=6.5)
        axes.indicate_inset_zoom(looks[1], edgecolor="#6b7580")
        axes.set_title(f"{family} networks, {data.label}")
        axes.set_xlabel("first principal axis")
        axes.legend(loc="upper center", fontsize=8, ncols=2)
    panels[0].set_ylabel("second principal axis")
    low, high = panels[0].get_ylim()
    panels[0].set_ylim(low - 0.25 * (high - low), high + 0.2 * (high - low))  # room for the looks from near
    kept, num_seeds = data.function_map.kept, networks["seed"].nunique()
    panels[0].text(
        0, 1.09, f"{kept:.0%} of the variance kept; {num_seeds} seeds a depth", transform=panels[0].transAxes, fontsize=9
    )
    return figure


def _near(networks: pd.DataFrame) -> tuple[tuple[float, float], tuple[float, float]]:
    """The window that holds the residual networks and the truth."""
    residual = networks[networks["family"] == "residual"]
    windows = []
    for axis in ("x", "y"):
        low, high = min(0.0, residual[axis].min()), max(0.0, residual[axis].max())
        windows.append((low - 0.25 * (high - low) - 1e-6, high + 0.25 * (high - low) + 1e-6))
    return windows[0], windows[1]


def _region(axes: Axes, points: NDArray[np.float64], family: str, depth: int, depths: Iterable[int]) -> None:
    colour = shade(family, depth, depths)
    centre = points.mean(axis=0)
    radius = float(np.linalg.norm(points - centre, axis=1).max())
    axes.add_patch(Circle((centre[0], centre[1]), radius, facecolor=colour, alpha=0.18, edgecolor=colour, linewidth=1.2))
    axes.plot(points[:, 0], points[:, 1], MARKERS[family], color=colour, linestyle="", markersize=5.5, label=f"{depth} layers")
