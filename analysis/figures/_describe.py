"""Describe a panel in words, with numbers, from what is drawn in it, for readers who do not see it."""

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.container import BarContainer
from numpy.typing import NDArray

from analysis.figures._svg import mark_of

MOST_LINES = 12  # that are described one by one


def title_of(axes: Axes) -> str:
    """Return the title of a panel on one line; empty if it has none."""
    titles = (axes.get_title(loc=place) for place in ("left", "center", "right"))
    return " ".join(next((title for title in titles if title), "").replace(r"\$", "$").split())


def describe(axes: Axes, *, is_told: bool = False) -> str:
    """Return what a panel shows: its axes, its lines with their ends, and its seeds or bars.

    Without any of them it is the number of points and the ranges of the axes, unless the figure `is_told` in words of its own.
    """
    sentences = [_axes_in_words(axes), *_lines_in_words(axes), _seeds_in_words(axes), _bars_in_words(axes)]
    if not is_told and len([sentence for sentence in sentences if sentence]) < 2:
        sentences.append(_points_in_words(axes))
    text = " ".join(sentence for sentence in sentences if sentence)
    return " ".join(text.replace(r"\$", "$").split())


def _axes_in_words(axes: Axes) -> str:
    names = [name for name in (axes.get_ylabel(), axes.get_xlabel()) if name]
    words = " against ".join(names)
    return f"{words[:1].upper()}{words[1:]}." if names else ""


def _lines_in_words(axes: Axes) -> Iterable[str]:
    """Yield a sentence per labelled line, with its first and its last value."""
    drawn = [line for line in axes.lines if str(line.get_label() or "_")[0] != "_"]
    for points in drawn[:MOST_LINES]:
        xy: NDArray[np.float64] = np.ma.column_stack([np.ma.asarray(value, float) for value in points.get_data(orig=False)])
        xy = np.asarray(xy, float)[np.isfinite(np.asarray(xy, float)).all(axis=1)]
        if len(xy):
            ends = f"{_number(xy[0][1])} at {_number(xy[0][0])}"
            last = f", {_number(xy[-1][1])} at {_number(xy[-1][0])}" if len(xy) > 1 else ""
            yield f"{points.get_label()}: {ends}{last}."
    if len(drawn) > MOST_LINES:
        yield f"And {len(drawn) - MOST_LINES} more lines."


def _seeds_in_words(axes: Axes) -> str:
    """Return how many runs are drawn, and how many of them as hollow because they did not train."""
    marks = [
        found for found in (mark_of(artist.get_gid()) for artist in axes.get_children()) if found and found["role"] == "seed"
    ]
    failed = sum(found.get("failed", "") == "true" for found in marks)
    if not marks:
        return ""
    return f"{len(marks)} runs" + (f", of which {failed} did not train." if failed else ".")


def _bars_in_words(axes: Axes) -> str:
    """Return how many upright bars are drawn, and the highest."""
    bars = [bar for drawn in axes.containers if isinstance(drawn, BarContainer) for bar in drawn]
    if not bars:
        return ""
    highest = max(bars, key=lambda bar: bar.get_height())
    return (
        f"{len(bars)} bars, the highest {_number(highest.get_height())} at {_number(highest.get_x() + highest.get_width() / 2)}."
    )


def _points_in_words(axes: Axes) -> str:
    """Return how many points are drawn, and the ranges of the axes."""
    counted = sum(len(np.asarray(found.get_offsets())) for found in axes.collections if isinstance(found, PathCollection))
    counted += sum(len(np.asarray(line.get_xdata())) for line in axes.lines if line.get_marker() not in ("None", "", None))
    counted += sum(np.asarray(image.get_array()).size for image in axes.images)
    what = f"{counted:,} points" if counted else f"{len(axes.lines)} lines"
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    ranges = f"horizontally from {_number(left)} to {_number(right)}, vertically from {_number(bottom)} to {_number(top)}"
    return f"{what}, {ranges}."


def _number(value: float) -> str:
    """Write a number with three digits and a real minus sign."""
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")
