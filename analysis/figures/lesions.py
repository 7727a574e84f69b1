"""Test error of trained networks that lost one block, or had two swapped."""

from matplotlib.figure import Figure

from analysis.figures import COLOURS, FigureData
from analysis.figures._axes import error_axis

TITLE = "Lesions"
CAPTION = (
    "One block of a trained network taken out (dots) or swapped with the one behind it (crosses), after Veit et al. 2016; the mean over "
    "seeds, and small marks for each. The dotted line is the whole network. Blocks that change the shape stay where they are. The scale is "
    "linear up to 2%."
)
MARKS = {"removed": ("o", 0.0), "swapped": ("x", 0.5)}


def is_possible(data: FigureData) -> bool:
    """Whether the probe was asked."""
    return data.has_rows("lesions")


def draw(data: FigureData) -> Figure:
    """One panel an arm."""
    rows = data.probes["lesions"]
    arms = list(dict.fromkeys(rows["arm"]))
    figure = Figure(figsize=(11, 3.2 * -(-len(arms) // 2)), layout="constrained")
    panels = figure.subplots(-(-len(arms) // 2), 2, sharey=True, squeeze=False).ravel()
    for axes, arm in zip(panels, arms, strict=False):
        mine = rows[rows["arm"] == arm]
        colour = COLOURS[str(mine["family"].iloc[0])]
        for kind, (mark, shift) in MARKS.items():
            found = mine[mine["kind"] == kind]
            axes.plot(found["block"] + shift, found["test_error_pct"], mark, color=colour, markersize=2.5, alpha=0.45)
            means = found.groupby("block")["test_error_pct"].mean()
            axes.plot(means.index + shift, means, mark, color=colour, markersize=6.5, label=kind, clip_on=False)
        axes.axhline(mine.loc[mine["kind"] == "whole", "test_error_pct"].mean(), color="#6b7580", linestyle=":", linewidth=1.2)
        error_axis(axes.yaxis, rows["test_error_pct"])
        axes.set_title(f"{arm}, {data.label}")
        axes.set_xlabel("block")
    for axes in panels[::2]:
        axes.set_ylabel("test error")
    panels[0].legend(loc="best")
    return figure
