"""Confusion matrices: the predicted classes of the test images of each class, over all seeds."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.figures import FigureData
from analysis.figures._axes import panel_grid
from analysis.figures._palette import INK, SILVER, TEAL
from benchmarks.spec.words import capital

TITLE = "Confusion"
CAPTION = (
    "One matrix per arm, over all seeds: for the test images of each true class (row), the percentage predicted as each class (column). "
    "Shares that round to 0 are left blank."
)
MOST_CLASSES = 20  # beyond that the numbers would be too small to read
STRONGEST = 0.5  # opacity of a cell of 100%, on which ink is readable


def is_possible(data: FigureData) -> bool:
    """Return whether there is a confusion matrix."""
    return bool(data.confusions)


def draw(data: FigureData) -> Figure:
    """Draw one panel per arm."""
    names = list(data.confusions)
    figure, panels = panel_grid(len(names), min(3, len(names)), 3.9, 3.8, is_shared=False)
    for axes, name in zip(panels, names, strict=True):
        counts = data.confusions[name]
        shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        number = len(shares)
        if number > MOST_CLASSES:
            axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
        axes.grid(visible=False)
        axes.set_xlim(-0.5, number - 0.5)
        axes.set_ylim(number - 0.5, -0.5)
        axes.set_aspect("equal")
        axes.set_title(capital(data.named_only(name)), fontsize=10)
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")
        if number <= MOST_CLASSES:
            _cells(axes, data, shares)
    return figure


def _cells(axes: Axes, data: FigureData, shares: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> None:
    """Draw and write every share that does not round to 0."""
    places, is_long = range(len(shares)), max(map(len, data.classes)) > 2
    axes.set_xticks(places, data.classes, fontsize=9, rotation=90 if is_long else 0)
    axes.set_yticks(places, data.classes, fontsize=9)
    for (row, column), share in np.ndenumerate(shares):
        if round(share):
            opacity = STRONGEST * share / 100
            axes.add_patch(
                Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=TEAL, alpha=opacity, edgecolor="none", in_layout=False)
            )
            axes.text(column, row, f"{share:.0f}", ha="center", va="center", fontsize=9, color=INK, in_layout=False)
    for spine in axes.spines.values():
        spine.set(visible=True, edgecolor=SILVER)
