"""Training and test error against the learning rate: a line per arm, because one rate favours some arms."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.figures import FigureData
from analysis.figures._axes import PANEL, error_axis, panel_row
from analysis.figures._marks import LINE, POINT, Ends, chance_line, label_ends
from analysis.figures._palette import WHITE
from analysis.figures._svg import mark

TITLE = "Error against the learning rate"
CAPTION = (
    "One line per arm that a claim compares. A marker and its bar are the mean and its 95% t interval over the runs that train (over all if none "
    "does), cut at zero; a marker is hollow if some runs fail. The claims are tested at each of these rates. The scale of errors is linear up to "
    "2% and logarithmic above. The dotted line is the chance level."
)
SIDE = 0.03  # relative shift of the rate between arms
PANELS = {"train_error_pct": "Training error", "test_error_pct": "Test error"}


def is_possible(data: FigureData) -> bool:
    """Return whether any arm was measured at more than one rate."""
    return bool((data.rates.groupby("arm")["learning_rate"].nunique() > 1).any())


def draw(data: FigureData) -> Figure:
    """Draw two panels, training error and test error, with a line per arm."""
    spread = data.rates.groupby("arm")["learning_rate"].transform("nunique") > 1
    at_rates = data.rates[spread & data.rates["metric"].isin([*PANELS])]
    arms = list(dict.fromkeys(at_rates["arm"]))
    figure, panels = panel_row(2, max(3.7, len(arms) * 2 * LINE / POINT + 0.8), PANEL + 0.5)
    error_axis(panels[0].yaxis, [*at_rates["low"], *at_rates["high"]])
    panels[0].set_xscale("log")
    panels[0].xaxis.set_major_locator(FixedLocator(sorted(at_rates["learning_rate"].unique())))
    panels[0].xaxis.set_minor_locator(NullLocator())
    panels[0].xaxis.set_major_formatter("{x:g}")
    ends = []
    for axes, (metric, title) in zip(panels, PANELS.items(), strict=True):
        ends.append((axes, _lines(axes, data, at_rates[at_rates["metric"] == metric], arms)))
        axes.set_xlabel("learning rate")
        axes.set_ylabel(title.lower())
        axes.set_title(f"{title}, {data.label}")
        chance_line(axes, data)
    label_ends(ends)
    return figure


def _lines(axes: Axes, data: FigureData, rows: pd.DataFrame, arms: list[str]) -> Ends:
    """Draw the means and intervals of each arm, a little to the side of the others, and return the ends of the lines."""
    names, ends = data.told_apart(arms), []
    for number, arm in enumerate(arms):
        mine = rows[rows["arm"] == arm].sort_values("learning_rate")
        look = data.look(arm)
        x = mine["learning_rate"] * (1 + SIDE * (number - (len(arms) - 1) / 2))
        axes.plot(x, mine["value"], color=look.colour, linewidth=1.6, label=names[arm], gid=mark("line", arm))
        axes.vlines(x, mine["low"].clip(lower=0), mine["high"], color=look.colour, linewidth=1.6, gid=mark("mean", arm))
        for is_hollow in (False, True):
            here = mine["has_failures"] == is_hollow
            face = WHITE if is_hollow else look.colour
            axes.plot(
                x[here],
                mine["value"][here],
                look.marker,
                color=look.colour,
                markerfacecolor=face,
                zorder=3,
                gid=mark("mean", arm),
            )
        if len(mine):
            ends.append((float(x.iloc[-1]), float(mine["value"].iloc[-1]), names[arm], look.colour))
    return ends
