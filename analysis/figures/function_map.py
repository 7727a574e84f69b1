"""Map of the learned functions: each trained network is a point in the space of functions, the ground truth is a star."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from numpy.typing import NDArray

from analysis.figures import FAMILY_WORDS, FigureData
from analysis.figures._axes import families_of, panel_grid, place_labels
from analysis.figures._palette import GOLD, INK, SILVER
from analysis.figures._sketch import NESTED, OTHER, draw_sketch
from analysis.figures._svg import mark
from benchmarks.spec.words import capital, counted

TITLE = "The map of functions"
CAPTION = (
    "Each point is a trained network (one depth, one seed), given by its predicted probabilities for all test images. The star is the ground "
    "truth. The points of both maps are projected together on their first two principal axes. If each seed has its own test images, it has its "
    "own axes, and its points are turned about the ground truth to lie as near as they can to those of the first seed. The share of the "
    "variance kept, the mean if there are several axes, is given above. Rings are equal distances from the ground truth in the map, on a "
    "logarithmic scale. A shaded region belongs to a depth: it is a circle around the mean of the seeds that reaches to the farthest one, "
    "bent by that scale. Below: the sketch of nested and other classes of functions that courses draw (after Zhang et "
    "al., Dive into Deep Learning, figure 8.6.1): only if a larger class includes the smaller ones is it sure to come no farther from the "
    "ground truth."
)
RINGS = tuple(step * 10.0**power for power in range(-4, 5) for step in (1, 2, 5))
CIRCLE = np.linspace(0, 2 * np.pi, 90)


def is_possible(data: FigureData) -> bool:
    """Return whether the map could be computed."""
    return data.function_map is not None


def describe(data: FigureData) -> str:
    """Return the mean distance of each arm's networks from the ground truth."""
    assert data.function_map is not None
    means = data.function_map.networks.groupby("arm", sort=False)["distance"].mean()
    return (
        "Mean distance from the ground truth: "
        + "; ".join(f"{data.named_only(str(arm))} {mean:.3g}" for arm, mean in means.items())
        + "."
    )


def draw(data: FigureData) -> Figure:
    """Draw a map per family on one scale, and below them the course's sketches of other and of nested classes."""
    assert data.function_map is not None
    networks = data.function_map.networks
    families = families_of(networks)
    columns = max(2, len(families))
    figure, panels = panel_grid(columns + 2, columns, 4.3, 4.4, is_shared=False)
    for spare in panels[len(families) : columns]:
        spare.set_axis_off()
    far = np.hypot(networks["x"], networks["y"])
    unit = max(float(far.min()), 1e-3 * float(far.max()), 1e-9) / 2
    reach = 1.12 * float(np.log1p(far.max() / unit)) or 1.0
    for axes, family in zip(panels, families, strict=False):
        _map(axes, data, networks[networks["family"] == family], unit, reach)
        axes.set_title(f"{capital(FAMILY_WORDS[family])} networks, {data.label}")
    kept, num_seeds = data.function_map.kept, networks["seed"].nunique()
    words = f"{kept:.0%} of the variance kept\n{counted(num_seeds, 'seed')} per depth"
    panels[0].text(0.0, 0.99, words, transform=panels[0].transAxes, va="top", fontsize=9)
    for axes, sketch, title in zip(
        panels[-2:], (OTHER, NESTED), ("Sketch of other classes", "Sketch of nested classes"), strict=True
    ):
        draw_sketch(axes, sketch)
        axes.set_title(title)
    return figure


def _bent(points: NDArray[np.float64], unit: float) -> NDArray[np.float64]:
    """Return points (number, 2) at the same angles, with the logarithm of their distances from the ground truth."""
    far = np.linalg.norm(points, axis=1, keepdims=True)
    return points * np.where(far > 0, np.log1p(far / unit) / np.where(far > 0, far, 1), 1 / unit)


def _map(axes: Axes, data: FigureData, networks: pd.DataFrame, unit: float, reach: float) -> None:
    """Draw the rings, the ground truth, and the networks of a family with their depths."""
    _rings(axes, unit, reach)
    axes.plot(0.0, 0.0, marker="*", markersize=15, color=GOLD, markeredgecolor=INK, linestyle="", zorder=5, label="ground truth")
    centres, names, radii = [], [], []
    for arm, rows in networks.groupby("arm", sort=False):
        look, points = data.look(str(arm)), rows[["x", "y"]].to_numpy()
        _region(axes, points, look.colour, unit)
        words = f"{rows['depth'].iloc[0]} layers"
        for row, (x, y) in zip(rows.itertuples(), _bent(points, unit), strict=True):
            title = f"{data.named_only(str(arm))}, seed {row.seed}: {row.distance:.3g} from the ground truth"
            gid = mark("seed", str(arm), title, seed=row.seed)
            axes.plot([x], [y], look.marker, color=look.colour, markersize=5, gid=gid)
        bent = _bent(points, unit)
        centres.append(tuple(bent.mean(axis=0)))
        names.append(words)
        radii.append(8.0)
    centres.append((0.0, 0.0))
    names.append("ground truth")
    radii.append(9.0)
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)
    axes.set_aspect("equal")
    axes.set_axis_off()
    place_labels(axes, centres, names, radii)


def _rings(axes: Axes, unit: float, reach: float) -> None:
    """Draw rings of equal distance that are inside the map and well apart, each with its distance."""
    last = 0.0
    for distance in RINGS:
        radius = math.log1p(distance / unit)
        if last + 0.16 * reach < radius < 0.97 * reach:
            last = radius
            axes.plot(radius * np.cos(CIRCLE), radius * np.sin(CIRCLE), color=SILVER, linewidth=0.8, linestyle=":", zorder=0)
            axes.text(0, radius, f"{distance:g}", ha="center", va="bottom", fontsize=9)
    axes.text(0, -0.99 * reach, "rings show the distance from the ground truth", ha="center", fontsize=9)


def _region(axes: Axes, points: NDArray[np.float64], colour: str, unit: float) -> None:
    """Draw the circle around the mean of some points that includes them, bent like them."""
    centre = points.mean(axis=0)
    radius = float(np.linalg.norm(points - centre, axis=1).max())
    edge: Sequence[NDArray[np.float64]] = _bent(centre + radius * np.column_stack([np.cos(CIRCLE), np.sin(CIRCLE)]), unit)  # type: ignore[assignment]
    axes.add_patch(Polygon(edge, closed=True, facecolor=colour, alpha=0.12, edgecolor="none"))
