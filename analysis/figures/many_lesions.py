"""Test error of trained networks by the number of removed blocks and of swapped pairs."""

from typing import Any

from matplotlib.figure import Figure

from analysis.figures import FigureData
from analysis.figures._axes import panel_row
from analysis.figures._marks import arms_by_depth, label_ends
from analysis.figures._svg import mark

TITLE = "Many lesions"
CAPTION = (
    "Up to ten random blocks of a trained network removed (left), or up to ten random pairs of blocks of a stage swapped (right), one after the "
    "other, after Veit et al. 2016: mean over draws and seeds, and each draw as a thin line. Blocks that change the shape are kept."
)
KINDS = {"removed": "removed blocks", "swapped": "swapped pairs of blocks"}


def is_possible(data: FigureData) -> bool:
    """Return whether the probe left results."""
    return data.has_rows("many_lesions")


def draw(data: FigureData) -> Figure:
    """Draw one panel per kind of lesion, with a line per arm."""
    rows = data.probes["many_lesions"]
    figure, panels = panel_row(len(KINDS), 4.0, 5.0)
    arms, ends = arms_by_depth(rows), []
    names = data.told_apart(arms)
    for axes, (kind, words) in zip(panels, KINDS.items(), strict=True):
        drawn = []
        for arm in arms:
            look, group = data.look(arm), rows[(rows["kind"] == kind) & (rows["arm"] == arm)]
            for _, sequence in group.groupby(["seed", "draw"]):
                axes.plot(sequence["number"], sequence["test_error_pct"], color=look.colour, linewidth=0.5, alpha=0.25)
            means = group.groupby("number")["test_error_pct"].mean().dropna()
            style: dict[str, Any] = {
                "marker": look.marker,
                "markersize": 4.5,
                "linewidth": 2,
                "label": names[arm],
                "gid": mark("line", arm),
            }
            axes.plot(means.index, means, color=look.colour, **style)
            if len(means):
                drawn.append((float(means.index[-1]), float(means.iloc[-1]), names[arm], look.colour))
        ends.append((axes, drawn))
        axes.set_xlabel(f"number of {words}")
        axes.set_ylabel("test error")
        axes.set_title(f"{words.capitalize()}, {data.label}")
    panels[0].set_ylim(0, 100)
    panels[0].yaxis.set_major_formatter("{x:.0f}%")
    label_ends(ends, 20)
    return figure
