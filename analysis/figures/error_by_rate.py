"""Training and test error against the learning rate: a line per arm, because one rate favours some arms."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.figures import FigureData
from analysis.figures._axes import error_axis
from analysis.figures._palette import GREY, WHITE

TITLE = "Error against the learning rate"
CAPTION = (
    "One line per arm that a claim compares. A marker and its bar are the mean and its 95% t interval over the runs that train (over all if none "
    "does), cut at zero; a marker is white if some runs fail. The claims are tested at each of these rates. The scale of errors is linear up to "
    "2% and logarithmic above. The dotted line is the chance level."
)
SHAPES = "osD^vPX*<>"
SIDE = 0.03  # relative shift of the rate between arms


def is_possible(data: FigureData) -> bool:
    """Return whether any arm was measured at more than one rate."""
    return bool((data.rates.groupby("arm")["learning_rate"].nunique() > 1).any())


def draw(data: FigureData) -> Figure:
    """Draw two panels, training error and test error, with a line per arm."""
    spread = data.rates.groupby("arm")["learning_rate"].transform("nunique") > 1
    data_at_rates = data.rates[spread]
    arms = list(dict.fromkeys(data_at_rates["arm"]))
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, metric, title in zip(panels, ("train_error_pct", "test_error_pct"), ("Training error", "Test error"), strict=True):
        rows = data_at_rates[data_at_rates["metric"] == metric]
        for number, arm in enumerate(arms):
            _line(axes, rows[rows["arm"] == arm], number, len(arms))
        rates = sorted(data_at_rates["learning_rate"].unique())
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator(rates))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set_xlabel("learning rate")
        axes.set_title(f"{title}, {data.label}")
    shown = data_at_rates[data_at_rates["metric"].isin(["train_error_pct", "test_error_pct"])]
    error_axis(panels[0].yaxis, [*shown["low"], *shown["high"]])
    for axes in panels:
        if data.chance_error_pct < axes.get_ylim()[1]:
            axes.axhline(data.chance_error_pct, color=GREY, linewidth=1, linestyle=":")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper")
    return figure


def _line(axes: Axes, rows: pd.DataFrame, number: int, num_arms: int) -> None:
    """Draw one arm's means and intervals, a little to the side of the others."""
    rows = rows.sort_values("learning_rate")
    colour = sns.color_palette("colorblind", num_arms)[number]
    x = rows["learning_rate"] * (1 + SIDE * (number - (num_arms - 1) / 2))
    errors = [rows["value"] - rows["low"].clip(lower=0), rows["high"] - rows["value"]]
    shape = SHAPES[number % len(SHAPES)]
    axes.errorbar(x, rows["value"], yerr=errors, color=colour, marker=shape, capsize=3, label=str(rows["arm"].iloc[0]))
    some_fail = rows["has_failures"]
    axes.plot(x[some_fail], rows["value"][some_fail], color=colour, marker=shape, linestyle="", markerfacecolor=WHITE, zorder=3)
