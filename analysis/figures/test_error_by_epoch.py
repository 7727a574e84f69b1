"""Test error against epoch, a panel for each depth, a line for each arm."""

import math

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.figures import FigureData
from analysis.figures._axes import error_axis, single_points

TITLE = "Test error while training"
CAPTION = (
    "The mean over seeds after each epoch, a line an arm; the scale is linear up to 2% and logarithmic above. No epoch is picked: the last one "
    "counts. A run that diverged keeps the error that it ended with."
)
DASHES = ("-", "--", ":", "-.")


def is_possible(data: FigureData) -> bool:
    """Whether any epoch was measured."""
    return not data.history.empty


def draw(data: FigureData) -> Figure:
    """Panels by depth on one scale, the legend of each beneath it."""
    depths = sorted(data.history["depth"].unique())
    most = max(data.history[data.history["depth"] == depth]["arm"].nunique() for depth in depths)
    columns = max(1, 3 // len(depths))  # of a legend
    figure = Figure(figsize=(11, 4.4 + 0.22 * math.ceil(most / columns)), layout="constrained")
    panels = figure.subplots(1, len(depths), sharey=True, squeeze=False)[0]
    colours = sns.color_palette("colorblind", 10)
    arms_by_depth = {depth: list(dict.fromkeys(data.trials.loc[data.trials["depth"] == depth, "arm"])) for depth in depths}
    kinds = list(dict.fromkeys(_kind(arm, depth) for depth in depths for arm in arms_by_depth[depth]))
    for axes, depth in zip(panels, depths, strict=True):
        rows = data.history[data.history["depth"] == depth]
        for arm in arms_by_depth[depth]:
            number = kinds.index(_kind(arm, depth))
            style = {"color": colours[number % 10], "linestyle": DASHES[number % len(DASHES)], "linewidth": 2, "label": arm}
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
    """The arm's name without its depth: of one colour in every panel."""
    return arm.replace(str(depth), "", 1)
