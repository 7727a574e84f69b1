"""Training loss of trained networks whose training continues unmodified or with additional blocks."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import FAMILY_WORDS, FigureData
from analysis.figures._axes import families_of, panel_row, plain_powers
from analysis.figures._marks import Ends, label_ends
from analysis.figures._palette import BLUE, INK, ORANGE, PURPLE

TITLE = "Continued training with additional blocks"
CAPTION = (
    "Training of 20-layer networks continues for five epochs at a constant learning rate, unmodified or with one or three new blocks per stage "
    "whose last norms start from gamma 0 or 1. The loss is that of the whole training set in evaluation mode, on a logarithmic scale: mean over "
    "seeds, and each seed as a thin line. Lines that nowhere differ by 1% are one to the eye; they share a label."
)
STYLES = {  # colour, line and width: of lines that coincide, the narrower one is drawn above the wider one
    (0, None): (INK, "-", 5.0, "unmodified"),
    (1, 0.0): (BLUE, "-", 3.0, "1 new block, gamma 0"),
    (3, 0.0): (ORANGE, (0, (2, 2)), 1.6, "3 new blocks, gamma 0"),
    (1, 1.0): (BLUE, "--", 1.8, "1 new block, gamma 1"),
    (3, 1.0): (PURPLE, "--", 1.8, "3 new blocks, gamma 1"),
}
SAME = 0.01  # largest relative difference between lines that share a label


def is_possible(data: FigureData) -> bool:
    """Return whether the probe left results."""
    return data.has_rows("growing")


def draw(data: FigureData) -> Figure:
    """Draw a panel per family on one scale."""
    rows = data.probes["growing"]
    families = families_of(rows)
    figure, panels = panel_row(len(families), 4.2, 5.2)
    ends = [(axes, _lines(axes, rows[rows["family"] == family])) for axes, family in zip(panels, families, strict=True)]
    panels[0].set_yscale("log")
    plain_powers(panels[0].yaxis)
    for axes, family in zip(panels, families, strict=True):
        axes.set_xlabel("epochs")
        axes.set_ylabel("training loss, nats")
        axes.set_title(f"{FAMILY_WORDS[family].capitalize()}, 20 layers, {data.label}")
    label_ends(ends, 24)
    return figure


def _lines(axes: Axes, rows: pd.DataFrame) -> Ends:
    """Draw the curves of a family, and return where they end; those that coincide share one label, which says so."""
    drawn: dict[tuple[int, float | None], pd.Series[float]] = {}
    for (blocks, gamma), (colour, line, width, label) in STYLES.items():
        is_gamma = rows["gamma"].isna() if gamma is None else rows["gamma"] == gamma
        curves = rows[(rows["blocks"] == blocks) & is_gamma]
        for _, seed in curves.groupby("seed"):
            axes.plot(seed["epoch"], seed["train_loss"], color=colour, linestyle=line, linewidth=0.5, alpha=0.5)
        means = curves.groupby("epoch")["train_loss"].mean().dropna()
        if len(means):
            axes.plot(means.index, means, color=colour, linestyle=line, linewidth=width, label=label)
            drawn[blocks, gamma] = means
    ends = []
    for group in _coinciding(drawn):
        means, (colour, *_) = drawn[group[-1]], STYLES[group[-1]]
        labels = "; ".join(STYLES[key][-1] for key in group)
        ending = " (the same line)" if len(group) > 1 else ""
        ends.append((float(means.index[-1]), float(means.iloc[-1]), f"{labels}{ending}", colour))
    return ends


def _coinciding(
    drawn: "dict[tuple[int, float | None], pd.Series[float]]",
) -> list[list[tuple[int, float | None]]]:
    """Group the lines that nowhere differ by the share `SAME`."""
    groups: list[list[tuple[int, float | None]]] = []
    for key, means in drawn.items():
        same = (
            group
            for group in groups
            if len(drawn[group[0]]) == len(means) and np.allclose(drawn[group[0]], means, rtol=SAME, atol=0)
        )
        group = next(same, None)
        if group is None:
            groups.append([key])
        else:
            group.append(key)
    return groups
