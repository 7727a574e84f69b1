"""Final training loss against depth: the distance of each family to the ground truth."""

import pandas as pd
from matplotlib.figure import Figure

from analysis.figures import COLOURS, FAMILY_WORDS, MARKERS, FigureData
from analysis.figures._axes import by_depth, note_training
from analysis.tables.frames import of_one_kind

TITLE = "Distance to the ground truth against depth"
CAPTION = (
    "Loss on the whole training set after the last epoch, on a logarithmic scale. Each small dot is one seed; the large marker and its bar "
    "are the mean and its 95% t interval over the runs that train (over all if none does), cut at the lowest loss. Hollow: lowest running "
    "loss of any epoch, mean over the same runs. The running loss is taken while the weights change and with batch norm in training mode, so "
    "it may be above or below the final loss."
)


def is_possible(data: FigureData) -> bool:
    """Return whether any network of `by_depth` has a training loss."""
    return bool(by_depth(data.trials)["train_loss"].notna().any())


def draw(data: FigureData) -> Figure:
    """Draw one panel with both families."""
    figure = Figure(figsize=(8.5, 4.4), layout="constrained")
    axes = figure.subplots()
    losses = by_depth(data.trials.dropna(subset=["train_loss"]))
    lowest = max(losses["train_loss"].min() / 1.5, 1e-6)
    best = _lowest_running(losses)
    means = by_depth(data.arms[data.arms["metric"] == "train_loss"])
    for family, rows in means.groupby("family", sort=False):
        colour, marker = COLOURS[str(family)], MARKERS[str(family)]
        bars = [rows["value"] - rows["low"].clip(lower=lowest).clip(upper=rows["value"]), rows["high"] - rows["value"]]
        axes.errorbar(
            rows["depth"],
            rows["value"],
            yerr=bars,
            color=colour,
            marker=marker,
            markersize=7,
            capsize=3,
            label=FAMILY_WORDS[str(family)],
        )
        note_training(axes, data, zip(rows["arm"], rows["depth"], rows["value"], strict=True))
        seeds = losses[losses["family"] == family]
        axes.plot(seeds["depth"] * 1.02, seeds["train_loss"], ".", color=colour, alpha=0.6)
        axes.plot(
            best[str(family)],
            marker,
            color=colour,
            markersize=7,
            mfc="none",
            linestyle=":",
            label=f"{FAMILY_WORDS[str(family)]}, lowest running",
        )
    axes.set_yscale("log")
    axes.set_ylim(bottom=lowest)
    depths = sorted(losses["depth"].unique())
    axes.set_xticks(depths, [str(depth) for depth in depths])
    axes.set(xlabel="layers", ylabel="training loss, nats", title=f"Training loss, {data.label}")
    axes.legend()
    return figure


def _lowest_running(losses: pd.DataFrame) -> dict[str, "pd.Series[float]"]:
    """Compute by family and depth the mean of the lowest running loss, over runs of one kind."""
    families = of_one_kind(losses).groupby("family")
    return {str(family): rows.groupby("depth")["lowest_train_loss"].mean() for family, rows in families}
