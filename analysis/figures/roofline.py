"""Roofline: achieved multiply-adds per second of each network, and the limits by the machine's measured peak and bandwidth."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import FAMILY_COLOURS, FAMILY_MARKERS, SurveyData
from analysis.figures._axes import place_labels, plain_log_axis
from analysis.figures._palette import SILVER, SLATE

TITLE = "Roofline"
CAPTION = (
    "One point per network and batch size at inference; both axes are logarithmic. Horizontal: multiply-adds per byte that must be moved at least "
    "(weights read once, the output of every counted layer written and read once). Vertical: achieved multiply-adds per second. The flat roof is a "
    "large convolution, the dotted one a large matrix product, the slope a large copy, all measured in the same rounds and precision. Points above "
    "the slope run from cache. Hollow: compiled, or replayed as a graph. Names that would cover others are left out; networks.csv has all."
)


def is_possible(data: SurveyData) -> bool:
    """Return whether the machine's peaks and any network's rate were measured."""
    return data.peaks is not None and bool(data.every["infer_gmacs_per_sec"].notna().any())


def draw(data: SurveyData) -> Figure:
    """Draw one panel; smaller points are smaller batches."""
    assert data.peaks is not None
    figure = Figure(figsize=(10, 5.2), layout="constrained")
    axes = figure.subplots()
    rows = data.every.dropna(subset=["infer_gmacs_per_sec"])
    for row in rows.itertuples():
        colour, is_eager = FAMILY_COLOURS[str(row.family)], row.mode == "eager"
        axes.plot(
            row.macs_per_byte,
            row.infer_gmacs_per_sec,
            FAMILY_MARKERS[str(row.family)],
            color=colour,
            markersize=_size(int(str(row.batch_size))),
            markerfacecolor=colour if is_eager else "none",
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    peak, product, copy = (value / 1e9 for value in (data.peaks.convolution, data.peaks.matmul, data.peaks.copy))
    ridge = peak / copy  # to the right of it arithmetic is the limit, not bandwidth
    left, right = 0.5 * min(ridge, rows["macs_per_byte"].min()), 1.6 * max(ridge, rows["macs_per_byte"].max())
    places = np.geomspace(left, right, 200)
    higher = max(peak, product)
    for name, rate, style in (("a large convolution", peak, "-"), ("a large matrix product", product, ":")):
        axes.plot(places, np.minimum(rate, copy * places), color=SLATE, linewidth=1.3, linestyle=style)
        above = (4, 4) if rate == higher else (4, -11)
        axes.annotate(f"{name}, {rate:.0f} GMAC/s", (ridge, rate), above, textcoords="offset points", fontsize=8)
    axes.set_xlim(left, right)
    axes.set_ylim(0.5 * min(copy * left, rows["infer_gmacs_per_sec"].min()), 2 * higher)
    for axis in (axes.xaxis, axes.yaxis):
        plain_log_axis(axis)
    axes.set_xlabel("multiply-adds per byte moved, at least")
    axes.set_ylabel(f"GMAC/s achieved, {data.label}")
    axes.set_title("Achieved multiply-adds per second at inference")
    _add_legend(axes, rows)
    points = list(zip(rows["macs_per_byte"], rows["infer_gmacs_per_sec"], strict=True))
    place_labels(axes, points, rows["model"].tolist(), [_size(int(size)) / 2 for size in rows["batch_size"]])
    return figure


def _add_legend(axes: Axes, rows: pd.DataFrame) -> None:
    """Add a legend with the families by colour and marker, and the batch sizes by size."""
    for name in (name for name in FAMILY_COLOURS if name in set(rows["family"])):
        axes.plot([], [], FAMILY_MARKERS[name], color=FAMILY_COLOURS[name], label=name)
    for size in sorted(rows["batch_size"].unique()):
        axes.plot([], [], "o", color=SILVER, markersize=_size(int(size)), label=f"batch of {size}")
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))


def _size(batch_size: int) -> float:
    """Return the diameter of a point in typographic points."""
    return 3.5 + 1.0 * float(np.log2(batch_size))
