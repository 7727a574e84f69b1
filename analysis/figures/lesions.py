"""Test error of trained networks with one block removed, or with two blocks swapped."""

from matplotlib.figure import Figure

from analysis.figures import FigureData
from analysis.figures._axes import error_axis, panel_grid
from analysis.figures._palette import SLATE
from analysis.figures._svg import mark
from benchmarks.spec.words import capital

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
    """Draw one panel per arm, each with its own key."""
    rows = data.probes["lesions"]
    arms = list(dict.fromkeys(rows["arm"]))
    figure, panels = panel_grid(len(arms), 2, 3.2, 4.6, is_shared=False)
    for axes, arm in zip(panels, arms, strict=True):
        mine, colour = rows[rows["arm"] == arm], data.look(arm).colour
        for kind, (sign, shift) in MARKS.items():
            marks = mine[mine["kind"] == kind]
            axes.plot(marks["block"] + shift, marks["test_error_pct"], sign, color=colour, markersize=2.5, alpha=0.6)
            means = marks.groupby("block")["test_error_pct"].mean()
            axes.plot(
                means.index + shift, means, sign, color=colour, markersize=6, label=kind, gid=mark("mean", arm), clip_on=False
            )
        whole = mine.loc[mine["kind"] == "whole", "test_error_pct"].mean()
        axes.axhline(whole, color=SLATE, linestyle=":", linewidth=1.2, label="complete")
        error_axis(axes.yaxis, rows["test_error_pct"])
        axes.set_title(f"{capital(data.named_only(arm))}, {data.label}")
        axes.set_xlabel("block")
        axes.set_ylabel("test error")
        axes.legend(loc="best", fontsize=9)
    return figure
