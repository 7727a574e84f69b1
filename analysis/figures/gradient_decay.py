"""Similarity of gradients at neighbouring images by depth, before training."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from analysis.figures import COLOURS, FAMILY_WORDS, MARKERS, FigureData
from analysis.figures._axes import panel_row
from analysis.figures._marks import Ends, label_ends
from analysis.figures._palette import SLATE
from analysis.figures._svg import mark

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
    figure, panels = panel_row(len(distances), 3.5, 3.7)
    depths = sorted(rows["depth"].unique())
    panels[0].set_xscale("log")
    panels[0].set_xticks(depths, [str(int(depth)) for depth in depths])
    panels[0].xaxis.set_minor_locator(NullLocator())
    ends = []
    for axes, distance in zip(panels, distances, strict=True):
        ends.append((axes, _families(axes, data, rows[rows["distance"] == distance])))
        axes.set_xlabel("layers")
        axes.set_ylabel("cosine between gradients")
        axes.set_title(f"{distance:g} deviations apart")
    label_ends(ends, 10)
    return figure


def _families(axes: Axes, data: FigureData, rows: pd.DataFrame) -> Ends:
    """Draw a line per family with its seeds, and return where the lines end."""
    ends = []
    for family, group in rows.groupby("family", sort=False):
        colour, marker, words = COLOURS[str(family)], MARKERS[str(family)], FAMILY_WORDS[str(family)]
        means = group.groupby("depth")["value"].mean()
        axes.plot(means.index, means, color=colour, linewidth=1.6, label=words)
        for arm, seeds in group.groupby("arm", sort=False):
            own, depth = data.look(str(arm)).colour, seeds["depth"].iloc[0]
            axes.plot(seeds["depth"], seeds["value"], ".", color=own, markersize=3.5, gid=mark("mean", str(arm)))
            axes.plot([depth], [means[depth]], marker, color=own, markersize=6, gid=mark("mean", str(arm)))
        ends.append((float(means.index[-1]), float(means.iloc[-1]), words, colour))
        if family == "residual":
            depths = np.array(means.index, float)
            fall = means.iloc[0] * np.sqrt(depths[0] / depths)
            axes.plot(depths, fall, color=SLATE, linestyle=":", label="root of depth")
            ends.append((float(depths[-1]), float(fall[-1]), "root of depth", SLATE))
    return ends
