"""Training loss of trained networks whose training continues unmodified or with additional blocks."""

from matplotlib.figure import Figure

from analysis.figures import FigureData
from analysis.figures._axes import families_of
from analysis.figures._palette import INK, ORANGE, TEAL

TITLE = "Continued training with additional blocks"
CAPTION = (
    "Training of 20-layer networks continues for five epochs at a constant learning rate, unmodified or with one or three new blocks per stage "
    "whose last norms start from gamma 0 or 1. The loss is that of the whole training set in evaluation mode, on a logarithmic scale: mean over "
    "seeds, and each seed as a thin line."
)
STYLES = {
    (0, None): (INK, "-", "unmodified"),
    (1, 0.0): (TEAL, "-", "1 new block, gamma 0"),
    (1, 1.0): (TEAL, "--", "1 new block, gamma 1"),
    (3, 0.0): (ORANGE, "-", "3 new blocks, gamma 0"),
    (3, 1.0): (ORANGE, "--", "3 new blocks, gamma 1"),
}


def is_possible(data: FigureData) -> bool:
    """Return whether the probe left results."""
    return data.has_rows("growing")


def draw(data: FigureData) -> Figure:
    """Draw a panel per family on one scale."""
    rows = data.probes["growing"]
    families = families_of(rows)
    figure = Figure(figsize=(5.5 * len(families), 4.4), layout="constrained")
    panels = figure.subplots(1, len(families), sharey=True, squeeze=False)[0]
    for axes, family in zip(panels, families, strict=True):
        for (blocks, gamma), (colour, line, label) in STYLES.items():
            is_gamma = rows["gamma"].isna() if gamma is None else rows["gamma"] == gamma
            curves = rows[(rows["family"] == family) & (rows["blocks"] == blocks) & is_gamma]
            for _, seed in curves.groupby("seed"):
                axes.plot(seed["epoch"], seed["train_loss"], color=colour, linestyle=line, linewidth=0.6, alpha=0.5)
            means = curves.groupby("epoch")["train_loss"].mean()
            axes.plot(means.index, means, color=colour, linestyle=line, linewidth=2, label=label)
        axes.set_yscale("log")
        axes.set_xlabel("epochs")
        axes.set_title(f"{family} networks, {data.label}")
    panels[0].set_ylabel("training loss, nats")
    panels[-1].legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=8.5)
    return figure
