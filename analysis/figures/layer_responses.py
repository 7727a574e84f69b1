"""Standard deviation of the output of every norm, from the first layer to the last."""

from matplotlib.figure import Figure

from analysis.figures import COLOURS, FAMILY_WORDS, FigureData
from analysis.figures._axes import plain_log_axis

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
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    panels = figure.subplots(1, len(depths), sharey=True, squeeze=False)[0]
    for axes, depth in zip(panels, depths, strict=True):
        for family, group in rows[rows["depth"] == depth].groupby("family", sort=False):
            for _, seed in group.groupby("seed"):
                axes.plot(seed["layer"], seed["deviation"], color=COLOURS[str(family)], linewidth=0.6, alpha=0.5)
            means = group.groupby("layer")["deviation"].mean()
            axes.plot(means.index, means, color=COLOURS[str(family)], linewidth=2, label=FAMILY_WORDS[str(family)])
        axes.set_title(f"{depth} layers")
        axes.set_xlabel("layer")
    panels[0].set_yscale("log")
    plain_log_axis(panels[0].yaxis)
    panels[0].set_ylabel(f"standard deviation, {data.label}")
    panels[-1].legend()
    return figure
