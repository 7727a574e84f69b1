"""Training loss of networks that were trained on as they are, and with more blocks."""

from matplotlib.figure import Figure

from analysis.figures import FigureData
from analysis.figures._axes import families_of

TITLE = "Trained on with more blocks"
CAPTION = (
    "Trained networks of 20 layers, trained on for five passes at a constant rate: as they are, and with one or three new blocks a stage "
    "whose last norms start from gamma 0 or 1. The loss is that of the whole training set in evaluation mode, mean over seeds (thin: each "
    "seed), logarithmic."
)
STYLES = {
    (0, None): ("#1d2731", "-", "as it is"),
    (1, 0.0): ("#00798c", "-", "1 block more, gamma 0"),
    (1, 1.0): ("#00798c", "--", "1 block more, gamma 1"),
    (3, 0.0): ("#c46f00", "-", "3 blocks more, gamma 0"),
    (3, 1.0): ("#c46f00", "--", "3 blocks more, gamma 1"),
}


def is_possible(data: FigureData) -> bool:
    """Whether the probe was asked."""
    return data.has_rows("growing")


def draw(data: FigureData) -> Figure:
    """A panel for each family on one scale."""
    rows = data.probes["growing"]
    families = families_of(rows)
    figure = Figure(figsize=(5.5 * len(families), 4.4), layout="constrained")
    panels = figure.subplots(1, len(families), sharey=True, squeeze=False)[0]
    for axes, family in zip(panels, families, strict=True):
        for (blocks, gamma), (colour, line, label) in STYLES.items():
            is_gamma = rows["gamma"].isna() if gamma is None else rows["gamma"] == gamma
            found = rows[(rows["family"] == family) & (rows["blocks"] == blocks) & is_gamma]
            for _, seed in found.groupby("seed"):
                axes.plot(seed["epoch"], seed["train_loss"], color=colour, linestyle=line, linewidth=0.6, alpha=0.5)
            means = found.groupby("epoch")["train_loss"].mean()
            axes.plot(means.index, means, color=colour, linestyle=line, linewidth=2, label=label)
        axes.set_yscale("log")
        axes.set_xlabel("passes over the training images")
        axes.set_title(f"{family} networks, {data.label}")
    panels[0].set_ylabel("training loss, nats")
    panels[-1].legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=8.5)
    return figure
