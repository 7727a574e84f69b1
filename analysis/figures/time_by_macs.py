"""Inference time per image against multiply-adds per image: how well one predicts the other."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import FAMILY_COLOURS, FAMILY_MARKERS, SurveyData
from analysis.figures._axes import plain_log_axis
from analysis.figures._palette import SILVER
from analysis.figures._survey import draw_key, name_mark, name_points, single_panel

TITLE = "Time against multiply-adds"
CAPTION = (
    "One point per network; both axes are logarithmic. The bar is the range from the lower to the upper quartile of the rounds. A dotted line is "
    "a constant rate of multiply-adds per second: if multiply-adds determined time, all points would lie on one such line. "
    "Names that would cover others are left out; the table has all."
)
RATES = (25, 50, 100, 200, 400, 800, 1600, 3200, 6400, 12800)  # billions per second


def is_possible(data: SurveyData) -> bool:
    """Return whether any network was timed at inference and counted exactly."""
    return bool(data.networks[["infer_step_time", "gmacs"]].notna().all(axis=1).any())


def draw(data: SurveyData) -> Figure:
    """Draw one panel, with the names for which there is room."""
    figure, axes = single_panel()
    networks = data.networks.dropna(subset=["gmacs"])
    low, middle, high = (networks[f"infer_step_time{end}"] / networks["batch_size"] for end in ("_low", "", "_high"))
    networks = networks.assign(milliseconds=middle)
    axes.vlines(networks["gmacs"], low, high, color=[FAMILY_COLOURS[family] for family in networks["family"]], linewidth=1.4)
    for row in networks.itertuples():
        colour, marker = FAMILY_COLOURS[str(row.family)], FAMILY_MARKERS[str(row.family)]
        gid = name_mark(row.model, f"{row.gmacs:.3g} GMACs", f"{row.milliseconds:.3g} ms per image")
        axes.plot([row.gmacs], [row.milliseconds], marker, color=colour, markersize=5, gid=gid)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.margins(x=0.1, y=0.1)
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    _draw_rates(axes)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    plain_log_axis(axes.xaxis)
    plain_log_axis(axes.yaxis)
    axes.set_xlabel("GMACs per image")
    axes.set_ylabel(f"milliseconds per image, {data.label}")
    axes.set_title("Time against multiply-adds")
    draw_key(figure, networks["family"])
    name_points(axes, networks, "gmacs", "milliseconds", [3.0] * len(networks))
    return figure


def _draw_rates(axes: Axes) -> None:
    """Draw a line of constant rate for each rate that crosses the panel."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    for rate in RATES:
        ends = np.array([left, right])
        times = 1000 * ends / rate
        if times[1] > bottom and times[0] < top:
            axes.plot(ends, times, color=SILVER, linewidth=0.9, linestyle=":", zorder=0)
            inside = min(right, rate * top / 1000)
            axes.annotate(
                f"{rate} GMAC/s", (inside, 1000 * inside / rate), (-3, 0), textcoords="offset points", fontsize=9, ha="right"
            )
