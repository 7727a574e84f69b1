"""Change of a trained network's scores and error by inserted blocks, against the gamma of their last norms."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import FigureData
from analysis.figures._axes import error_axis, panel_row
from analysis.figures._marks import LINE, POINT, Ends, arms_by_depth, label_ends
from analysis.figures._svg import mark

TITLE = "New blocks, weighted by gamma"
CAPTION = (
    "A new block is inserted at the end of every stage of a trained network, with a gamma of its last norm from 0 to 1; means over seeds. "
    "Left: change of the test images' scores relative to their size; a line of slope 1 means a change in proportion to gamma. Right: test error. "
    "The gamma axis is linear below 0.0001 to include 0; the axis of the change is linear below 0.00001."
)
GAMMAS = {0: "0", 1e-4: "0.0001", 1e-2: "0.01", 1: "1"}
CHANGES = {0: "0", 1e-4: "0.0001", 1e-2: "0.01", 1: "1", 100: "100"}


def is_possible(data: FigureData) -> bool:
    """Return whether the probe left results."""
    return data.has_rows("perturbation")


def draw(data: FigureData) -> Figure:
    """Draw two panels: change of the scores, and test error."""
    rows = data.probes["perturbation"]
    number = rows["arm"].nunique()
    figure, (left, right) = panel_row(2, max(4.0, number * 2.2 * LINE / POINT + 0.9), 5.2, is_shared=False)
    ends = [(left, _lines(left, data, "change"))]
    left.set_yscale("symlog", linthresh=1e-5)
    bottom, top = left.get_ylim()
    left.set_yticks(
        [change for change in CHANGES if bottom <= change <= top], [CHANGES[one] for one in CHANGES if bottom <= one <= top]
    )
    left.set_ylabel("relative change of the scores")
    left.set_title(f"Change, {data.label}")
    ends.append((right, _lines(right, data, "test_error_pct")))
    error_axis(right.yaxis, rows["test_error_pct"])
    right.set_ylabel("test error")
    right.set_title(f"Test error, {data.label}")
    for axes in (left, right):
        axes.set_xscale("symlog", linthresh=1e-4)
        axes.set_xticks([*GAMMAS], [*GAMMAS.values()])
        axes.minorticks_off()
        axes.set_xlim(-4e-5, 1.5)
        axes.set_xlabel("gamma of the new blocks' last norms")
    label_ends(ends, 24)
    return figure


def _lines(axes: Axes, data: FigureData, column: str) -> Ends:
    """Draw the means of a column against gamma, a line per arm, and return where the lines end."""
    rows, ends = data.probes["perturbation"], []
    arms = arms_by_depth(rows)
    names = data.told_apart(arms)
    for arm in arms:
        means, look = rows[rows["arm"] == arm].groupby("gamma")[column].mean().dropna(), data.look(arm)
        axes.plot(
            means.index, means, color=look.colour, marker=look.marker, markersize=4.5, label=names[arm], gid=mark("line", arm)
        )
        if len(means):
            ends.append((float(means.index[-1]), float(means.iloc[-1]), names[arm], look.colour))
    return ends
