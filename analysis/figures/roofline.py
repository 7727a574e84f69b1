"""Multiply-adds a second that each network achieves, under the roof that the machine's measured peak and bandwidth make."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import FAMILY_COLOURS, FAMILY_MARKERS, SurveyData
from analysis.figures._axes import place_labels, plain_log_axis

TITLE = "Under the machine's roof"
CAPTION = (
    "One point a network and batch size at inference; both axes logarithmic. Across: its multiply-adds for each byte that it must move at the least "
    "(weights read once, the output of every counted layer written and read once). Up: the multiply-adds a second that it achieves. The flat roof "
    "is a large convolution, dotted a large matrix product, the slope a large copy, all measured in the same rounds and precision. What the "
    "caches hold need not keep under the slope. Hollow: compiled, or replayed as a graph. Names that would cover others are left out; "
    "networks.csv has all."
)


def is_possible(data: SurveyData) -> bool:
    """Whether the machine's peaks were measured."""
    return data.peaks is not None and bool(data.every["infer_gmacs_per_sec"].notna().any())


def draw(data: SurveyData) -> Figure:
    """One panel; the smaller the batch the smaller the point."""
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
    ridge = peak / copy  # from here on arithmetic is the limit, and not the copy
    left, right = 0.5 * min(ridge, rows["macs_per_byte"].min()), 1.6 * max(ridge, rows["macs_per_byte"].max())
    places = np.geomspace(left, right, 200)
    higher = max(peak, product)
    for name, rate, style in (("a large convolution", peak, "-"), ("a large matrix product", product, ":")):
        axes.plot(places, np.minimum(rate, copy * places), color="#4a535c", linewidth=1.3, linestyle=style)
        above = (4, 4) if rate == higher else (4, -11)
        axes.annotate(f"{name}, {rate:.0f} GMAC/s", (ridge, rate), above, textcoords="offset points", fontsize=8)
    axes.set_xlim(left, right)
    axes.set_ylim(0.5 * min(copy * left, rows["infer_gmacs_per_sec"].min()), 2 * higher)
    for axis in (axes.xaxis, axes.yaxis):
        plain_log_axis(axis)
    axes.set_xlabel("multiply-adds a byte, at the least of bytes")
    axes.set_ylabel(f"GMAC/s achieved, {data.label}")
    axes.set_title("Achieved multiply-adds a second at inference")
    _add_legend(axes, rows)
    points = list(zip(rows["macs_per_byte"], rows["infer_gmacs_per_sec"], strict=True))
    place_labels(axes, points, rows["model"].tolist(), [_size(int(size)) / 2 for size in rows["batch_size"]])
    return figure


def _add_legend(axes: Axes, rows: pd.DataFrame) -> None:
    """Families by colour and form, batches by size."""
    for name in (name for name in FAMILY_COLOURS if name in set(rows["family"])):
        axes.plot([], [], FAMILY_MARKERS[name], color=FAMILY_COLOURS[name], label=name)
    for size in sorted(rows["batch_size"].unique()):
        axes.plot(
            [], [], "o", color="#b8c0c8", markersize=_size(int(size)), label=f"{size} image{'s' if size > 1 else ''} at once"
        )
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))


def _size(batch_size: int) -> float:
    """Of a point, in points of print."""
    return 3.5 + 1.0 * float(np.log2(batch_size))
