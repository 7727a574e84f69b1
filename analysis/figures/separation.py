"""Test error of a linear reader behind every block."""

from matplotlib.figure import Figure

from analysis.figures import FAMILY_WORDS, FigureData
from analysis.figures._axes import error_axis, shade

TITLE = "What a linear reader can tell behind each block"
CAPTION = (
    "Test error of a ridge regression on the averaged features behind the stem (left end) and behind each block, to the last (right end); "
    "means over seeds. The scale is linear up to 2% and logarithmic above."
)


def is_possible(data: FigureData) -> bool:
    """Whether the probe was asked."""
    return data.has_rows("separation")


def draw(data: FigureData) -> Figure:
    """One panel, a line an arm."""
    rows = data.probes["separation"]
    figure = Figure(figsize=(9, 4.4), layout="constrained")
    axes = figure.subplots()
    for (family, depth), found in rows.groupby(["family", "depth"]):
        means = found.groupby("position")["test_error_pct"].mean()
        colour = shade(str(family), int(str(depth)), rows["depth"].astype(int))
        axes.plot(means.index, means, color=colour, marker=".", label=f"{FAMILY_WORDS[str(family)]}, {depth} layers")
    error_axis(axes.yaxis, rows.groupby(["family", "depth", "position"])["test_error_pct"].mean())
    axes.set_xlabel("place in the network, from the stem to the last block")
    axes.set_title(f"Test error of a linear reader, {data.label}")
    axes.legend()
    return figure
