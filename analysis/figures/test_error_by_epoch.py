"""Test error against epoch, with a panel per depth and a line per arm."""

import math

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.figures import FigureData
from analysis.figures._axes import error_axis, single_points

TITLE = "Test error during training"
CAPTION = (
    "Mean after each epoch over the runs that train (over all if none does), a line per arm; a name says how many train if some fail. The "
    "scale is linear up to 2% and logarithmic above. No epoch is selected: the last one counts. A diverged run keeps its last error."
)
DASHES = ("-", "--", ":", "-.")


def is_possible(data: FigureData) -> bool:
    """Return whether any epoch was measured."""
    return not data.history.empty


def draw(data: FigureData) -> Figure:
    """Draw a panel per depth on one scale, each with its legend below."""
    depths = sorted(data.history["depth"].unique())
    most = max(data.history[data.history["depth"] == depth]["arm"].nunique() for depth in depths)
    columns = max(1, 3 // len(depths))  # columns of a legend
    figure = Figure(figsize=(11, 4.4 + 0.22 * math.ceil(most / columns)), layout="constrained")
    panels = figure.subplots(1, len(depths), sharey=True, squeeze=False)[0]
    colours = sns.color_palette("colorblind", 10)
    arms_by_depth = {depth: list(dict.fromkeys(data.trials.loc[data.trials["depth"] == depth, "arm"])) for depth in depths}
    kinds = list(dict.fromkeys(_kind(arm, depth) for depth in depths for arm in arms_by_depth[depth]))
    for axes, depth in zip(panels, depths, strict=True):
        rows = data.history[data.history["depth"] == depth]
        for arm in arms_by_depth[depth]:
            number = kinds.index(_kind(arm, depth))
            style = {
                "color": colours[number % 10],
                "linestyle": DASHES[number % len(DASHES)],
                "linewidth": 2,
                "label": data.named(arm),
            }
            style |= single_points(data.history)
            sns.lineplot(
                data=rows[rows["arm"] == arm], x="epoch", y="test_error_pct", estimator="mean", errorbar=None, ax=axes, **style
            )
        axes.set_title(f"{depth} layers, {data.label}")
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 2.5, 5, 10]))
        axes.set_ylabel("")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=columns, fontsize=8)
    error_axis(panels[0].yaxis, data.history["test_error_pct"])
    return figure


def _kind(arm: str, depth: int) -> str:
    """Return the arm's name without its depth, which has the same colour in every panel."""
    return arm.replace(str(depth), "", 1)
