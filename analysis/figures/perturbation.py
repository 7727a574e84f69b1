"""Change of a trained network's scores and error by inserted blocks, against the gamma of their last norms."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import FAMILY_WORDS, MARKERS, FigureData
from analysis.figures._axes import by_depth, error_axis, shade
from analysis.figures._palette import ORANGE

TITLE = "New blocks, weighted by gamma"
CAPTION = (
    "A new block is inserted at the end of every stage of a trained network, with a gamma of its last norm from 0 to 1; means over seeds. Darker "
    "is deeper; other arms are orange. Left: change of the test images' scores relative to their size; a line of slope 1 means a change in "
    "proportion to gamma. Right: test error. The gamma axis is linear below 0.0001 to include 0; the axis of the change is linear below 0.00001."
)


def is_possible(data: FigureData) -> bool:
    """Return whether the probe left results."""
    return data.has_rows("perturbation")


def draw(data: FigureData) -> Figure:
    """Draw two panels: change of the scores, and test error."""
    rows = data.probes["perturbation"]
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_lines(left, data, "change")
    left.set_yscale("symlog", linthresh=1e-5)
    left.set_ylabel("relative change of the scores")
    left.set_title(f"Change, {data.label}")
    left.legend(fontsize=7.5)
    _draw_lines(right, data, "test_error_pct")
    error_axis(right.yaxis, rows["test_error_pct"])
    right.set_title(f"Test error, {data.label}")
    for axes in (left, right):
        axes.set_xscale("symlog", linthresh=1e-4)
        axes.set_xticks([0, 1e-4, 1e-3, 1e-2, 1e-1, 1], ["0", "0.0001", "0.001", "0.01", "0.1", "1"])
        axes.set_xlim(-4e-5, 1.5)
        axes.set_xlabel("gamma of the new blocks' last norms")
    return figure


def _draw_lines(axes: Axes, data: FigureData, column: str) -> None:
    """Draw the means of a column against gamma, a line per arm."""
    rows = data.probes["perturbation"]
    for (family, depth), group in by_depth(rows).groupby(["family", "depth"]):
        means = group.groupby("gamma")[column].mean()
        colour = shade(str(family), int(str(depth)), rows["depth"].astype(int))
        axes.plot(
            means.index,
            means,
            color=colour,
            marker=MARKERS[str(family)],
            markersize=4.5,
            label=f"{FAMILY_WORDS[str(family)]}, {depth} layers",
        )
    others = [arm for arm in dict.fromkeys(rows["arm"]) if arm not in set(by_depth(rows)["arm"])]
    for arm, line in zip(others, ("-", "--", "-.", ":"), strict=False):
        means = rows[rows["arm"] == arm].groupby("gamma")[column].mean()
        axes.plot(means.index, means, color=ORANGE, linestyle=line, linewidth=1.4, label=arm)
