"""Test error against the share of the training images, for networks that were trained on more than one share."""

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.figures import FigureData
from analysis.figures._axes import error_axis, note_training

TITLE = "Test error against the amount of data"
CAPTION = (
    "Each network was trained on shares of the training images, with the same number of steps on each. A marker and its bar are the mean and "
    "its 95% t interval over the runs that train (over all if none does), cut at zero, with their number if some fail; each small dot is one "
    "seed. The scale is linear up to 2% and logarithmic above."
)
SHAPES = "osD^v"
SIDES, DOTS = 0.09, 1.025  # relative shifts of the share: between networks, and from a mean to its seeds


def is_possible(data: FigureData) -> bool:
    """Return whether any network was trained on more than one share of the images."""
    return bool((data.arms.groupby("network")["train_fraction"].nunique() > 1).any())


def draw(data: FigureData) -> Figure:
    """Draw one panel, with a line per network."""
    figure = Figure(figsize=(8, 4.6), layout="constrained")
    axes = figure.subplots()
    arms = data.arms[data.arms["metric"] == "test_error_pct"]
    networks = [name for name, rows in arms.groupby("network", sort=False) if rows["train_fraction"].nunique() > 1]
    colours = sns.color_palette("colorblind", len(networks))
    for number, (network, colour) in enumerate(zip(networks, colours, strict=True)):
        rows = arms[arms["network"] == network].sort_values("train_fraction")
        side = 1 + SIDES * (number - (len(networks) - 1) / 2)
        errors = [rows["value"] - rows["low"].clip(lower=0), rows["high"] - rows["value"]]
        shares = 100 * rows["train_fraction"] * side
        axes.errorbar(shares, rows["value"], yerr=errors, color=colour, marker=SHAPES[number % 5], capsize=3, label=str(network))
        note_training(axes, data, zip(rows["arm"], shares, rows["value"], strict=True))
        for row in rows.itertuples():
            seeds = data.trials.loc[data.trials["arm"] == row.arm, "test_error_pct"]
            axes.plot(
                [100 * row.train_fraction * side * DOTS] * len(seeds), seeds, color=colour, marker=".", linestyle="", alpha=0.6
            )
    present_shares = sorted(100 * share for share in arms["train_fraction"].unique())
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(present_shares))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:g}%")
    axes.set_xlabel("share of the training images")
    axes.set_title(f"Test error, {data.label}")
    axes.legend(loc="best")
    drawn = arms[arms["network"].isin(networks)]
    error_axis(axes.yaxis, [*drawn["low"], *drawn["high"]])
    return figure
