"""Confusion matrices: the predicted classes of the test images of each class, over all seeds."""

import math

import numpy as np
from matplotlib.figure import Figure

from analysis.figures import FigureData
from analysis.figures._palette import INK, WHITE

TITLE = "Confusion"
CAPTION = (
    "One matrix per arm, over all seeds: for the test images of each true class (row), the percentage predicted as each class (column). "
    "Shares that round to 0 are left blank."
)
MOST_CLASSES = 20  # beyond that the numbers would be too small to read


def is_possible(data: FigureData) -> bool:
    """Return whether there is a confusion matrix."""
    return bool(data.confusions)


def draw(data: FigureData) -> Figure:
    """Draw one panel per arm."""
    names = list(data.confusions)
    num_columns = max(1, math.ceil(math.sqrt(len(names))))
    num_rows = max(1, math.ceil(len(names) / num_columns))
    figure = Figure(figsize=(11, 11 / num_columns * num_rows * 0.95), layout="constrained")
    panels = figure.subplots(num_rows, num_columns, squeeze=False).ravel()
    for axes in panels:
        axes.set_axis_off()
    for axes, name in zip(panels, names, strict=False):
        counts = data.confusions[name]
        shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.set_axis_on()
        axes.grid(visible=False)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
        axes.set_title(name, fontsize=9)
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")
        if len(shares) > MOST_CLASSES:
            continue
        axes.set_xticks(range(len(shares)), data.classes, fontsize=8, rotation=90 if max(map(len, data.classes)) > 2 else 0)
        axes.set_yticks(range(len(shares)), data.classes, fontsize=8)
        for (row, column), share in np.ndenumerate(shares):
            if round(share):
                colour = WHITE if share > 50 else INK
                axes.text(column, row, f"{share:.0f}", ha="center", va="center", fontsize=7, color=colour)
    return figure
