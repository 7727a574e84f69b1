"""Final training loss against depth: the distance of each family to the ground truth."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import COLOURS, FAMILY_WORDS, MARKERS, FigureData
from analysis.figures._axes import by_depth, panel_row, plain_powers
from analysis.figures._marks import draw_seeds, label_ends, note_failures
from analysis.figures._palette import SLATE
from analysis.figures._svg import mark
from analysis.tables.frames import of_one_kind

TITLE = "Distance to the ground truth against depth"
CAPTION = (
    "Loss on the whole training set after the last epoch, on a logarithmic scale. Each small dot is one seed, hollow if it did not train; the large "
    "marker and its bar are the mean and its 95% t interval over the runs that train (over all if none does), cut at the lowest loss. Dotted: "
    "lowest running loss of any epoch, mean over the same runs. The running loss is taken while the weights change and with batch norm in training "
    "mode, so it may be above or below the final loss."
)
SIDES = {"plain": -1, "residual": 1, "other": 1}  # to which the seeds of a family are stacked


def is_possible(data: FigureData) -> bool:
    """Return whether any network of `by_depth` has a training loss."""
    return bool(by_depth(data.trials)["train_loss"].notna().any())


def draw(data: FigureData) -> Figure:
    """Draw one panel with both families."""
    figure, (axes,) = panel_row(1, 4.4, 5.0)
    losses = by_depth(data.trials.dropna(subset=["train_loss"]))
    lowest = max(losses["train_loss"].min() / 1.5, 1e-6)
    depths = sorted(losses["depth"].unique())
    axes.set_yscale("log")
    axes.set_ylim(lowest, max(lowest * 10, 1.5 * losses["train_loss"].max()))
    plain_powers(axes.yaxis)
    axes.set_xticks(depths, [str(depth) for depth in depths])
    reach = 0.12 * (depths[-1] - depths[0]) + 1
    axes.set_xlim(depths[0] - reach, depths[-1] + reach)
    axes.set(xlabel="layers", ylabel="training loss, nats", title=f"Training loss, {data.label}")
    figure.draw_without_rendering()
    ends = _families(axes, data, losses, lowest)
    axes.plot([], [], color=SLATE, linewidth=1.8, label="after the last epoch")
    axes.plot([], [], color=SLATE, linestyle=":", linewidth=1.8, label="lowest running loss")
    axes.legend(handles=axes.lines[-2:], loc="upper left", fontsize=9)
    label_ends([(axes, ends)], 12)
    return figure


def _families(axes: Axes, data: FigureData, losses: pd.DataFrame, lowest: float) -> list[tuple[float, float, str, str]]:
    """Draw a line per family with its seeds, and return where the lines end."""
    best, ends = _lowest_running(losses), []
    means = by_depth(data.arms[data.arms["metric"] == "train_loss"])
    for family, rows in means.groupby("family", sort=False):
        colour, words, side = COLOURS[str(family)], FAMILY_WORDS[str(family)], SIDES[str(family)]
        rows = rows.sort_values("depth")
        axes.plot(rows["depth"], rows["value"].clip(lower=lowest), color=colour, linewidth=1.8, label=words)
        axes.plot(best[str(family)], color=colour, linestyle=":", linewidth=1.8, label=f"{words}, lowest running loss")
        for row in rows.itertuples():
            arm, own, value = str(row.arm), data.look(str(row.arm)).colour, max(lowest, float(row.value))
            bar = [min(value, max(lowest, float(row.low))), max(value, float(row.high))]
            axes.plot([row.depth] * 2, bar, color=own, linewidth=2, gid=mark("mean", arm))
            axes.plot([row.depth], [value], MARKERS[str(family)], color=own, markersize=7, gid=mark("mean", arm))
            seeds = losses[losses["arm"] == arm]
            draw_seeds(axes, data, seeds, "train_loss", at=row.depth + 0.8 * side, towards=(side, 0), size=3.2)
            note_failures(axes, data, arm, (row.depth, value))
        ends.append((float(rows["depth"].iloc[-1]), max(lowest, float(rows["value"].iloc[-1])), words, colour))
    return ends


def _lowest_running(losses: pd.DataFrame) -> dict[str, "pd.Series[float]"]:
    """Compute by family and depth the mean of the lowest running loss, over runs of one kind."""
    families = of_one_kind(losses).groupby("family")
    return {str(family): rows.groupby("depth")["lowest_train_loss"].mean() for family, rows in families}
