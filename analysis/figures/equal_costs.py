"""Ratios of costs and times between networks that have the same cost by one count."""

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.figures import FigureData, SurveyData
from analysis.figures._axes import panel_row
from analysis.figures._marks import LINE, POINT, label_ends
from analysis.figures._palette import BLUE, BROWN, GREEN, GREY, ORANGE, PURPLE, RED, SLATE, TEAL
from analysis.tables.arm_words import short_name

TITLE = "Equal costs are not equal times"
CAPTION = (
    "One line per pair of networks that were matched on one count. A point is the ratio of their costs by that count, by another or by "
    "time; 1 is equal. Counts are exact; the bar of a time is its 95% interval over timing sessions, if there are several."
)
WORDS = {
    "macs": "multiply-adds",
    "params": "parameters",
    "activations": "activations",
    "train_step_seconds": "time of a training step",
    "infer_step_seconds": "time of inference",
}
SHADES = (TEAL, ORANGE, PURPLE, RED, GREY, BLUE, BROWN, GREEN)


def is_possible(data: FigureData | SurveyData) -> bool:
    """Return whether any arms of equal cost were timed."""
    return bool(data.equal_costs["quantity"].str.endswith("_seconds").any())


def draw(data: FigureData | SurveyData) -> Figure:
    """Draw one panel, with a column for each count and time, and the names of the pairs at the ends of their lines."""
    columns = [quantity for quantity in WORDS if quantity in set(data.equal_costs["quantity"])]
    pairs = list(data.equal_costs.groupby(["reference", "arm"], sort=False))
    figure, (axes,) = panel_row(1, max(4.0, len(pairs) * 3.2 * LINE / POINT + 0.9), 5.4)
    ends = [
        _line(axes, data, (str(pair[0]), str(pair[1])), rows, columns, (number, (number - (len(pairs) - 1) / 2) * 0.07))
        for number, (pair, rows) in enumerate(pairs)
    ]
    axes.axhline(1.0, color=SLATE, linewidth=1)
    axes.set_xticks(range(len(columns)), [fill(WORDS[column], 11) for column in columns], fontsize=9)
    axes.yaxis.set_major_locator(MaxNLocator(7))
    axes.set_ylabel("ratio")
    axes.set_title(f"Networks of equal cost, {data.label}")
    axes.grid(visible=False, axis="x")
    label_ends([(axes, ends)])
    return figure


def _line(
    axes: Axes,
    data: FigureData | SurveyData,
    pair: tuple[str, str],
    rows: pd.DataFrame,
    columns: list[str],
    place: tuple[int, float],
) -> tuple[float, float, str, str]:
    """Draw the ratios of a pair (reference, arm), given its number and its shift to the side; return where its line ends, and its name."""
    number, side = place
    reference, arm = pair
    ratios = rows.set_index("quantity").loc[[column for column in columns if column in set(rows["quantity"])]]
    x = np.array([columns.index(str(column)) + side for column in ratios.index])
    colour = data.look(arm).colour if isinstance(data, FigureData) else SHADES[number % len(SHADES)]
    marker = data.look(arm).marker if isinstance(data, FigureData) else "osD^vPX*"[number % 8]
    names = data.told_apart(pair) if isinstance(data, FigureData) else {name: short_name(name) for name in pair}
    label = f"{names[arm]} over {names[reference]}"
    axes.plot(x, ratios["ratio"], marker=marker, color=colour, linewidth=1.0, markersize=5, label=label)
    axes.vlines(x, ratios["low"], ratios["high"], color=colour, linewidth=1.8)
    return float(x[-1]), float(ratios["ratio"].iloc[-1]), label, colour
