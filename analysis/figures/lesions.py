"""Test error of trained networks with one block removed, or with two blocks swapped."""

from matplotlib.figure import Figure

from analysis.figures import COLOURS, FigureData
from analysis.figures._axes import error_axis
from analysis.figures._palette import GREY

TITLE = "Lesions"
CAPTION = (
    "One block of a trained network removed (dots) or swapped with the next one (crosses), after Veit et al. 2016: mean over seeds, and each "
    "seed as a small mark. The dotted line is the complete network. Blocks that change the shape are neither removed nor swapped. The scale is "
    "linear up to 2% and logarithmic above."
)
MARKS = {"removed": ("o", 0.0), "swapped": ("x", 0.5)}


def is_possible(data: FigureData) -> bool:
    """Return whether the probe left results."""
    return data.has_rows("lesions")


def draw(data: FigureData) -> Figure:
    """Draw one panel per arm."""
    rows = data.probes["lesions"]
    arms = list(dict.fromkeys(rows["arm"]))
    figure = Figure(figsize=(11, 3.2 * -(-len(arms) // 2)), layout="constrained")
    panels = figure.subplots(-(-len(arms) // 2), 2, sharey=True, squeeze=False).ravel()
    for axes, arm in zip(panels, arms, strict=False):
        mine = rows[rows["arm"] == arm]
        colour = COLOURS[str(mine["family"].iloc[0])]
        for kind, (mark, shift) in MARKS.items():
            marks = mine[mine["kind"] == kind]
            axes.plot(marks["block"] + shift, marks["test_error_pct"], mark, color=colour, markersize=2.5, alpha=0.45)
            means = marks.groupby("block")["test_error_pct"].mean()
            axes.plot(means.index + shift, means, mark, color=colour, markersize=6.5, label=kind, clip_on=False)
        axes.axhline(mine.loc[mine["kind"] == "whole", "test_error_pct"].mean(), color=GREY, linestyle=":", linewidth=1.2)
        error_axis(axes.yaxis, rows["test_error_pct"])
        axes.set_title(f"{arm}, {data.label}")
        axes.set_xlabel("block")
    for axes in panels[::2]:
        axes.set_ylabel("test error")
    panels[0].legend(loc="best")
    return figure
