"""Test error of a linear probe after every block."""

from matplotlib.figure import Figure

from analysis.figures import FAMILY_WORDS, FigureData
from analysis.figures._axes import error_axis, shade

TITLE = "Linear-probe error after each block"
CAPTION = (
    "Test error of a ridge regression on the averaged features after the stem (left end) and after each block, up to the last (right end); "
    "means over seeds. The scale is linear up to 2% and logarithmic above."
)


def is_possible(data: FigureData) -> bool:
    """Return whether the probe left results."""
    return data.has_rows("separation")


def draw(data: FigureData) -> Figure:
    """Draw one panel, with a line per family and depth."""
    rows = data.probes["separation"]
    figure = Figure(figsize=(9, 4.4), layout="constrained")
    axes = figure.subplots()
    for (family, depth), group in rows.groupby(["family", "depth"]):
        means = group.groupby("position")["test_error_pct"].mean()
        colour = shade(str(family), int(str(depth)), rows["depth"].astype(int))
        axes.plot(means.index, means, color=colour, marker=".", label=f"{FAMILY_WORDS[str(family)]}, {depth} layers")
    error_axis(axes.yaxis, rows.groupby(["family", "depth", "position"])["test_error_pct"].mean())
    axes.set_xlabel("position in the network, from the stem to the last block")
    axes.set_title(f"Linear-probe error, {data.label}")
    axes.legend()
    return figure
