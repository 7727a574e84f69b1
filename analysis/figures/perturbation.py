"""How far a trained network moves when new blocks are put in, against the gamma of their last norms."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import FAMILY_WORDS, MARKERS, FigureData
from analysis.figures._axes import by_depth, error_axis, shade

TITLE = "New blocks, weighed by gamma"
CAPTION = (
    "A new block at the end of every stage of a trained network, gamma of its last norm from 0 to 1; the mean over seeds. Darker is deeper, and "
    "other orderings of 20 layers are orange. Left: how far the scores of the test images move, relative to their size; on a line of slope 1 they "
    "move in proportion to gamma. Right: the test error. The axis of gamma is linear below 0.0001, so that 0 is on it; that of the change below "
    "0.00001."
)


def is_possible(data: FigureData) -> bool:
    """Whether the probe was asked."""
    return data.has_rows("perturbation")


def draw(data: FigureData) -> Figure:
    """Two panels: change, error."""
    rows = data.probes["perturbation"]
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    _lines(left, data, "change")
    left.set_yscale("symlog", linthresh=1e-5)
    left.set_ylabel("relative change of the scores")
    left.set_title(f"Change, {data.label}")
    left.legend(fontsize=7.5)
    _lines(right, data, "test_error_pct")
    error_axis(right.yaxis, rows["test_error_pct"])
    right.set_title(f"Test error, {data.label}")
    for axes in (left, right):
        axes.set_xscale("symlog", linthresh=1e-4)
        axes.set_xticks([0, 1e-4, 1e-3, 1e-2, 1e-1, 1], ["0", "0.0001", "0.001", "0.01", "0.1", "1"])
        axes.set_xlim(-4e-5, 1.5)
        axes.set_xlabel("gamma of the new blocks' last norms")
    return figure


def _lines(axes: Axes, data: FigureData, column: str) -> None:
    rows = data.probes["perturbation"]
    for (family, depth), found in by_depth(rows).groupby(["family", "depth"]):
        means = found.groupby("gamma")[column].mean()
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
        axes.plot(means.index, means, color="#c46f00", linestyle=line, linewidth=1.4, label=arm)
