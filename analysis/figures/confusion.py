"""Confusion matrices: what each network says of the images of each class, all seeds together."""

import math

import numpy as np
from matplotlib.figure import Figure

from analysis.figures import FigureData

TITLE = "Confusion"
CAPTION = (
    "One matrix an arm, all seeds together: of the test images of a class (row), the per cent that the network said to be of each class (column). "
    "Shares that round to nothing are left blank."
)
MOST_CLASSES = 20  # of which the shares can still be read


def is_possible(data: FigureData) -> bool:
    """Whether the test labels were kept."""
    return bool(data.confusions)


def draw(data: FigureData) -> Figure:
    """One panel an arm."""
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
        axes.set_xlabel("said")
        axes.set_ylabel("is")
        if len(shares) > MOST_CLASSES:
            continue
        axes.set_xticks(range(len(shares)), data.classes, fontsize=8, rotation=90 if max(map(len, data.classes)) > 2 else 0)
        axes.set_yticks(range(len(shares)), data.classes, fontsize=8)
        for (row, column), share in np.ndenumerate(shares):
            if round(share):
                colour = "white" if share > 50 else "#1d2731"
                axes.text(column, row, f"{share:.0f}", ha="center", va="center", fontsize=7, color=colour)
    return figure
