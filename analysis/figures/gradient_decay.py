"""Similarity of gradients at neighbouring images by depth, before training."""

import numpy as np
from matplotlib.figure import Figure

from analysis.figures import COLOURS, FAMILY_WORDS, MARKERS, FigureData
from analysis.figures._axes import plain_log_axis
from analysis.figures._palette import GREY

TITLE = "Gradient similarity by depth"
CAPTION = (
    "Mean cosine between the gradients at an image and at a neighbour, against depth, for the three nearest neighbours: mean over seeds, and each "
    "seed as a small mark; 1 is equal, 0 is noise. Dotted: a fall as the root of depth, from the shallowest residual network on."
)
NEAREST = 3


def is_possible(data: FigureData) -> bool:
    """Return whether the probe left results."""
    return data.has_rows("gradients")


def draw(data: FigureData) -> Figure:
    """Draw one panel per distance, with a line per family."""
    rows = data.probes["gradients"]
    rows = rows[rows["kind"] == "correlation"]
    distances = sorted(rows["distance"].unique())[:NEAREST]
    figure = Figure(figsize=(11, 4.0), layout="constrained")
    panels = figure.subplots(1, len(distances), sharey=True, squeeze=False)[0]
    for axes, distance in zip(panels, distances, strict=True):
        for family, group in rows[rows["distance"] == distance].groupby("family", sort=False):
            colour, marker = COLOURS[str(family)], MARKERS[str(family)]
            means = group.groupby("depth")["value"].mean()
            axes.plot(group["depth"], group["value"], marker, color=colour, markersize=2.5, alpha=0.45)
            axes.plot(means.index, means, color=colour, marker=marker, markersize=6, label=FAMILY_WORDS[str(family)])
            if family == "residual":
                depths = np.array(means.index, float)
                axes.plot(depths, means.iloc[0] * np.sqrt(depths[0] / depths), color=GREY, linestyle=":", label="root of depth")
        axes.set_xscale("log")
        plain_log_axis(axes.xaxis)
        axes.set_xticks(sorted(rows["depth"].unique()), [str(int(depth)) for depth in sorted(rows["depth"].unique())])
        axes.set_xlabel("layers")
        axes.set_title(f"{distance:g} apart, {data.label}")
    panels[0].set_ylabel("cosine between gradients")
    panels[-1].legend(fontsize=8.5)
    return figure
