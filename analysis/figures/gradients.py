"""Gradients before training: their norm by layer, and their similarity at neighbouring images."""

from matplotlib.figure import Figure

from analysis.figures import FAMILY_WORDS, MARKERS, FigureData
from analysis.figures._axes import plain_log_axis, shade

TITLE = "Gradients before training"
CAPTION = (
    "Left: norm of the loss's gradient at each convolution, from the first to the last, on a logarithmic scale. Right: mean cosine between the "
    "gradients at an image and at a neighbour, against their distance in standard deviations of a pixel; 1 is equal, 0 is noise. Means over "
    "seeds; darker is deeper."
)


def is_possible(data: FigureData) -> bool:
    """Return whether the probe left results."""
    return data.has_rows("gradients")


def draw(data: FigureData) -> Figure:
    """Draw two panels: norm by layer, and cosine by distance."""
    rows = data.probes["gradients"]
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, kind, column in ((left, "norm", "position"), (right, "correlation", "distance")):
        for (family, depth), group in rows[rows["kind"] == kind].groupby(["family", "depth"]):
            means = group.groupby(column)["value"].mean()
            marker = MARKERS[str(family)] if kind == "correlation" else ""
            colour = shade(str(family), int(str(depth)), rows["depth"].astype(int))
            axes.plot(
                means.index,
                means,
                color=colour,
                marker=marker,
                markersize=4.5,
                label=f"{FAMILY_WORDS[str(family)]}, {depth} layers",
            )
    left.set_yscale("log")
    left.set_xlabel("position of the layer, from the first to the last")
    left.set_ylabel("norm of the gradient")
    left.set_title(f"Norm by layer, {data.label}")
    right.set_xscale("log")
    plain_log_axis(right.xaxis)
    right.set_xlabel("distance of the neighbour, in standard deviations of a pixel")
    right.set_ylabel("cosine between gradients")
    right.set_title("Gradient similarity at neighbouring images")
    right.legend(fontsize=8.5)
    return figure
