"""Standard deviation of the output of every norm, from the first layer to the last."""

import pandas as pd
from matplotlib.figure import Figure

from analysis.figures import FigureData
from analysis.figures._axes import panel_row, plain_log_axis
from analysis.figures._marks import label_ends
from analysis.figures._svg import mark

TITLE = "Strength of the layer responses"
CAPTION = (
    "Standard deviation of each norm's output on the test images, in the trained networks (as in He et al. 2015, figure 7): mean over seeds, "
    "and each seed as a thin line."
)


def is_possible(data: FigureData) -> bool:
    """Return whether the probe left results."""
    return data.has_rows("responses")


def draw(data: FigureData) -> Figure:
    """Draw one panel per depth."""
    rows = data.probes["responses"]
    depths = sorted(rows["depth"].unique())
    figure = panel_row(len(depths), 3.6, 3.8, is_shared=False)
    ends = []
    for axes, depth in zip(figure[1], depths, strict=True):
        here, drawn = rows[rows["depth"] == depth], []
        names = data.told_apart(dict.fromkeys(here["arm"]))
        for arm, group in here.groupby("arm", sort=False):
            colour = data.look(str(arm)).colour
            for _, seed in group.groupby("seed"):
                axes.plot(seed["layer"], seed["deviation"], color=colour, linewidth=0.5, alpha=0.5)
            means = group.groupby("layer")["deviation"].mean().dropna()
            axes.plot(means.index, means, color=colour, linewidth=2, label=names[str(arm)], gid=mark("line", str(arm)))
            if len(means):
                drawn.append((float(means.index[-1]), float(means.iloc[-1]), names[str(arm)], colour))
        ends.append((axes, drawn))
        axes.set_title(f"{depth} layers, {data.label}")
        axes.set_xlabel("layer")
        axes.set_ylabel("standard deviation")
        axes.set_yscale("log")
        axes.set_ylim(*_limits(rows["deviation"]))
        plain_log_axis(axes.yaxis)
    label_ends(ends, 12)
    return figure[0]


def _limits(values: "pd.Series[float]") -> tuple[float, float]:
    """Return limits around all positive values, the same for every panel."""
    positive = values[values > 0]
    return (0.8 * positive.min(), 1.25 * positive.max()) if len(positive) else (0.1, 1.0)
