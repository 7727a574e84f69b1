"""Axes of errors in per cent: linear up to 2% and logarithmic above, so that 1% and 70% are readable together, or linear throughout."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

import pandas as pd
from matplotlib.axis import XAxis, YAxis
from matplotlib.figure import Figure
from matplotlib.scale import SymmetricalLogScale
from matplotlib.ticker import MaxNLocator

LINEAR: ContextVar[bool] = ContextVar("linear", default=False)  # whether axes of errors are linear
TICKS_PCT = (0, 1, 2, 5, 10, 20, 50, 100)
LINEAR_UP_TO_PCT = 2.0
FROM_ZERO_BELOW_PCT = 5.0
MARGIN = 1.06  # factor between the largest error and the end of its axis
STEPS = [1, 2, 5, 10]  # between ticks

Value = TypeVar("Value")


class ErrorScale(SymmetricalLogScale):
    """Scale of an axis of errors, linear up to 2% and logarithmic above."""

    name = "error"


@contextmanager
def given(variable: ContextVar[Value], value: Value) -> Iterator[None]:
    """Give a variable a value within a block."""
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)


def has_error_scale(figure: Figure) -> bool:
    """Return whether a figure has an axis of errors that is logarithmic above 2%."""
    return any(ErrorScale.name in (axes.get_xscale(), axes.get_yscale()) for axes in figure.axes)


def error_axis(axis: XAxis | YAxis, errors_pct: Iterable[float]) -> None:
    """Scale an axis of errors in per cent: linear up to 2% and logarithmic above, so that small and large errors are readable.

    The axis starts at zero if any of the errors is below 5%, and close to the lowest error otherwise. Errors are clipped to 0 and 100. Where
    linear axes are wanted, all of it is linear.
    """
    shown = pd.Series(list(errors_pct), dtype=float).clip(0, 100)
    lowest, highest = shown.min(), shown.max()
    start, end, ticks = _linear_ends(lowest, highest) if LINEAR.get() else _ends(lowest, highest)
    if not LINEAR.get():
        axis.axes.set(**{f"{axis.axis_name}scale": ErrorScale(axis, linthresh=LINEAR_UP_TO_PCT, linscale=0.8)})
    ticks = sorted(tick for tick in ticks if start <= tick <= end)
    axis.set_ticks(ticks, labels=[f"{tick:g}%" for tick in ticks])
    axis.axes.minorticks_off()
    axis.axes.set(**{f"{axis.axis_name}lim": (start, end)})


def _ends(lowest: float, highest: float) -> tuple[float, float, Sequence[float]]:
    """Return start, end and ticks of an axis that is logarithmic above 2%."""
    if lowest >= FROM_ZERO_BELOW_PCT:
        start, end = lowest / MARGIN, min(100.0, highest * MARGIN)
        return start, end, _even_ticks(start, end)
    # further ticks, else the logarithmic part would have none
    ticks = (*TICKS_PCT, *((3, 4) if 2 < highest < 6 else ()))
    return -0.08, min(100.0, max(highest, 2) * 1.35), ticks


def _linear_ends(lowest: float, highest: float) -> tuple[float, float, Sequence[float]]:
    """Return start, end and ticks of a linear axis."""
    end = min(100.0, max(highest, 2) * MARGIN)
    start = lowest / MARGIN if lowest >= FROM_ZERO_BELOW_PCT else -end / 50
    return start, end, _even_ticks(start, end)


def _even_ticks(start: float, end: float) -> Sequence[float]:
    return [float(tick) for tick in MaxNLocator(6, steps=STEPS).tick_values(start, end)]
