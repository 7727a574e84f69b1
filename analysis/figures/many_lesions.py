"""Test error of trained networks by the number of removed blocks and of swapped pairs."""

from matplotlib.figure import Figure

from analysis.figures import FAMILY_WORDS, MARKERS, FigureData
from analysis.figures._axes import shade

TITLE = "Many lesions"
CAPTION = (
    "Up to ten random blocks of a trained network removed (left), or up to ten random pairs of blocks of a stage swapped (right), one after the "
    "other, after Veit et al. 2016: mean over draws and seeds, and each draw as a thin line. Darker is deeper. Blocks that change the shape are kept."
)
KINDS = {"removed": "removed blocks", "swapped": "swapped pairs of blocks"}


def is_possible(data: FigureData) -> bool:
    """Return whether the probe left results."""
    return data.has_rows("many_lesions")


def draw(data: FigureData) -> Figure:
    """Draw one panel per kind of lesion, with a line per family and depth."""
    rows = data.probes["many_lesions"]
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    panels = figure.subplots(1, len(KINDS), sharey=True)
    for axes, (kind, words) in zip(panels, KINDS.items(), strict=True):
        for (family, depth), group in rows[rows["kind"] == kind].groupby(["family", "depth"]):
            colour = shade(str(family), int(str(depth)), rows["depth"].astype(int))
            for _, one in group.groupby(["seed", "draw"]):
                axes.plot(one["number"], one["test_error_pct"], color=colour, linewidth=0.5, alpha=0.25)
            means = group.groupby("number")["test_error_pct"].mean()
            label = f"{FAMILY_WORDS[str(family)]}, {depth} layers"
            axes.plot(means.index, means, color=colour, marker=MARKERS[str(family)], markersize=4.5, linewidth=2, label=label)
        axes.set_xlabel(f"number of {words}")
        axes.set_title(f"{words.capitalize()}, {data.label}")
    panels[0].set_ylim(0, 100)
    panels[0].yaxis.set_major_formatter("{x:.0f}%")
    panels[0].set_ylabel("test error")
    panels[-1].legend(fontsize=8.5)
    return figure
