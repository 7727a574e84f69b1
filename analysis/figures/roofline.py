"""Roofline: achieved multiply-adds per second of each network, and the limits by the machine's measured peak and bandwidth."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import FAMILY_COLOURS, FAMILY_MARKERS, SurveyData
from analysis.figures._axes import plain_log_axis
from analysis.figures._palette import GREY, SLATE
from analysis.figures._survey import dot, draw_key, name_mark, name_points, single_panel
from analysis.tables.timings import Peaks

TITLE = "Roofline"
CAPTION = (
    "One point per network and batch size at inference; both axes are logarithmic. Horizontal: multiply-adds per byte that must be moved at least "
    "(weights read once, the output of every counted layer written and read once). Vertical: achieved multiply-adds per second. The flat roof is a "
    "large convolution, the dotted one a large matrix product, the slope a large copy, all measured in the same rounds and precision. Points above "
    "the slope run from cache. Hollow: compiled, or replayed as a graph. The panel shows the range of the points. Names that would cover others are "
    "left out; networks.csv has all."
)

FARTHEST = 1.6  # times the highest point up to which the panel reaches for a roof


def is_possible(data: SurveyData) -> bool:
    """Return whether the machine's peaks and any network's rate were measured."""
    return data.peaks is not None and bool(data.every["infer_gmacs_per_sec"].notna().any())


def draw(data: SurveyData) -> Figure:
    """Draw one panel; smaller points are smaller batches."""
    assert data.peaks is not None
    figure, axes = single_panel()
    rows = data.every.dropna(subset=["infer_gmacs_per_sec"])
    for row in rows.itertuples():
        colour, is_eager = FAMILY_COLOURS[str(row.family)], row.mode == "eager"
        axes.plot(
            [row.macs_per_byte],
            [row.infer_gmacs_per_sec],
            FAMILY_MARKERS[str(row.family)],
            color=colour,
            markersize=_size(int(str(row.batch_size))),
            markerfacecolor=colour if is_eager else "none",
            gid=name_mark(row.model, f"batch of {row.batch_size}", f"{row.infer_gmacs_per_sec:.3g} GMAC/s"),
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    _draw_roofs(axes, data.peaks, rows)
    for axis in (axes.xaxis, axes.yaxis):
        plain_log_axis(axis)
    axes.set_xlabel("multiply-adds per byte moved, at least")
    axes.set_ylabel(f"GMAC/s achieved, {data.label}")
    axes.set_title("Achieved multiply-adds per second at inference")
    batches = [dot(GREY, _size(int(size)), f"batch of {size}") for size in sorted(rows["batch_size"].unique())]
    draw_key(figure, rows["family"], batches)
    name_points(axes, rows, "macs_per_byte", "infer_gmacs_per_sec", [_size(int(size)) / 2 for size in rows["batch_size"]])
    return figure


def _draw_roofs(axes: Axes, peaks: Peaks, rows: pd.DataFrame) -> None:
    """Draw the limits of the machine over the range of the points, which fills the panel; a roof far above them is only named."""
    peak, product, copy = (value / 1e9 for value in (peaks.convolution, peaks.matmul, peaks.copy))
    left, right = rows["macs_per_byte"].min() / 1.15, rows["macs_per_byte"].max() * 1.2
    bottom, highest = rows["infer_gmacs_per_sec"].min() / 1.12, rows["infer_gmacs_per_sec"].max()
    top = max(1.15 * highest, min(1.15 * max(peak, product), FARTHEST * highest))
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    places = np.geomspace(left, right, 200)
    for name, rate, style in (("a large convolution", peak, "-"), ("a large matrix product", product, ":")):
        roof = np.minimum(rate, copy * places)
        axes.plot(places, roof, color=SLATE, linewidth=1.3, linestyle=style)
        is_seen = roof[-1] < top
        is_right = rate >= max(peak, product)  # the lower one is named at the left, where points are below it
        place = (right if is_right else left, (roof[-1] if is_right else roof[0]) if is_seen else top / 1.01)
        words = f"{name}, {rate:.0f} GMAC/s" + ("" if is_seen else ", above")
        shift, side = (-3 if is_right else 3, 3 if is_seen else -10), "right" if is_right else "left"
        axes.annotate(words, place, shift, textcoords="offset points", ha=side, fontsize=9)


def _size(batch_size: int) -> float:
    """Return the diameter of a point in typographic points."""
    return 3.5 + 1.0 * float(np.log2(batch_size))
