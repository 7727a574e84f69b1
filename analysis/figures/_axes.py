"""What figures of errors have in common: an axis that shows 1% and 70% in one picture."""

from collections.abc import Iterable
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import to_rgb
from matplotlib.ticker import LogLocator, NullFormatter

from analysis.figures import COLOURS

TICKS_PCT = (0, 1, 2, 5, 10, 20, 50, 100)
LINEAR_UP_TO_PCT = 2.0


def error_axis(axes: Axes, highest_pct: float, *, which: Literal["x", "y"] = "y") -> None:
    """Per cent of errors: linear up to 2%, logarithmic beyond, so that small and large errors can both be read."""
    (axes.set_xscale if which == "x" else axes.set_yscale)("symlog", linthresh=LINEAR_UP_TO_PCT, linscale=0.8)
    ticks = [tick for tick in TICKS_PCT if tick <= 1.25 * max(highest_pct, 2)]
    (axes.set_xticks if which == "x" else axes.set_yticks)(ticks, [f"{tick}%" for tick in ticks])
    axes.minorticks_off()
    (axes.set_xlim if which == "x" else axes.set_ylim)(-0.08, min(100.0, max(highest_pct, 2) * 1.35))


def plain_log_axis(axis: Axis) -> None:
    """Ticks at 1, 2 and 5 times each power of ten, as plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def shade(family: str, depth: int, depths: Iterable[int]) -> tuple[float, float, float]:
    """The family's colour, paler for shallower networks."""
    order = sorted(set(depths))
    strength = 0.35 + 0.65 * (order.index(depth) + 1) / len(order)
    red, green, blue = (1 - strength * (1 - part) for part in to_rgb(COLOURS[family]))
    return red, green, blue
