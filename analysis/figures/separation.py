"""Test error of a linear probe after every block."""

from matplotlib.figure import Figure

from analysis.figures import FigureData
from analysis.figures._axes import error_axis, panel_row
from analysis.figures._marks import arms_by_depth, label_ends
from analysis.figures._svg import mark

TITLE = "Linear-probe error after each block"
CAPTION = (
    "Test error of a ridge regression on the averaged features after the stem (left end) and after each block, up to the last (right end); "
    "means over seeds. The scale is linear up to 2% and logarithmic above."
)


def is_possible(data: FigureData) -> bool:
    """Return whether the probe left results."""
    return data.has_rows("separation")


def draw(data: FigureData) -> Figure:
    """Draw one panel, with a line per arm."""
    rows = data.probes["separation"]
    figure, (axes,) = panel_row(1, 4.0, 5.2)
    arms, ends = arms_by_depth(rows), []
    names = data.told_apart(arms)
    for arm in arms:
        means = rows[rows["arm"] == arm].groupby("position")["test_error_pct"].mean().dropna()
        colour = data.look(arm).colour
        axes.plot(means.index, means, color=colour, marker=".", label=names[arm], gid=mark("line", arm))
        if len(means):
            ends.append((float(means.index[-1]), float(means.iloc[-1]), names[arm], colour))
    error_axis(axes.yaxis, rows.groupby(["arm", "position"])["test_error_pct"].mean())
    axes.set_xticks([0, 0.5, 1], ["stem", "half way", "last block"])
    axes.set_xlabel("position in the network")
    axes.set_ylabel("test error of the linear probe")
    axes.set_title(f"Linear-probe error, {data.label}")
    label_ends([(axes, ends)])
    return figure
