"""What figures of errors have in common: an axis that shows 1% and 70% in one picture."""

from collections.abc import Iterable, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis, YAxis
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.scale import SymmetricalLogScale
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter
from matplotlib.transforms import Bbox

from analysis.figures import COLOURS, FigureData

TICKS_PCT = (0, 1, 2, 5, 10, 20, 50, 100)
LINEAR_UP_TO_PCT = 2.0
FROM_ZERO_BELOW_PCT = 5.0
PLACES = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))  # right and up of a point


def error_axis(axis: XAxis | YAxis, errors_pct: Iterable[float]) -> None:
    """Per cent of errors: linear up to 2%, logarithmic beyond, so that small and large errors can both be read.

    It begins at zero where some of these errors are small, and close to the lowest of them where none is. What lies beyond 0 or 100 counts as these.
    """
    shown = pd.Series(list(errors_pct), dtype=float).clip(0, 100)
    lowest, highest = shown.min(), shown.max()
    if lowest >= FROM_ZERO_BELOW_PCT:
        start, end = lowest / 1.06, min(100.0, highest * 1.06)
        ticks = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(start, end)
    else:
        start, end = -0.08, min(100.0, max(highest, 2) * 1.35)
        ticks = (*TICKS_PCT, *((3, 4) if 2 < highest < 6 else ()))  # without these its logarithmic part would have none
    ticks = sorted(tick for tick in ticks if start <= tick <= end)
    axis.axes.set(**{f"{axis.axis_name}scale": SymmetricalLogScale(axis, linthresh=LINEAR_UP_TO_PCT, linscale=0.8)})
    axis.set_ticks(ticks, labels=[f"{tick:g}%" for tick in ticks])
    axis.axes.minorticks_off()
    axis.axes.set(**{f"{axis.axis_name}lim": (start, end)})


def training_and_test_errors(data: FigureData) -> list[float]:
    """Those of every seed, and the ends of every arm's intervals."""
    metrics = ["train_error_pct", "test_error_pct"]
    means = data.arms[data.arms["metric"].isin(metrics)]
    return [*data.trials[metrics].to_numpy().ravel(), *means["low"], *means["high"]]


def families_of(rows: pd.DataFrame) -> list[str]:
    """The families that these rows are of: plain, residual, others."""
    return [family for family in COLOURS if family in set(rows["family"])]


def single_points(history: pd.DataFrame) -> dict[str, str]:
    """How lines over epochs are marked: one epoch alone makes no line."""
    return {"marker": "o"} if history["epoch"].nunique() == 1 else {}


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


def place_labels(axes: Axes, points: Sequence[tuple[float, float]], names: Sequence[str], radii: Sequence[float]) -> None:
    """Write each name beside its point where it meets neither another name nor another point, the first of eight places; else leave it out.

    Points are in data, radii in points of print. Names are placed in the order given, so that the more important come first.
    """
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    figure.draw_without_rendering()
    scale = figure.dpi / 72
    centres = [tuple(axes.transData.transform(point)) for point in points]
    taken = [
        Bbox.from_bounds(x - r * scale, y - r * scale, 2 * r * scale, 2 * r * scale)
        for (x, y), r in zip(centres, radii, strict=True)
    ]
    inside = axes.get_window_extent()
    for number, (point, name, radius) in enumerate(zip(points, names, radii, strict=True)):
        for right, up in PLACES:
            text = axes.annotate(
                name,
                point,
                (right * (radius + 3), up * (radius + 3)),
                textcoords="offset points",
                ha={-1: "right", 0: "center", 1: "left"}[right],
                va={-1: "top", 0: "center", 1: "bottom"}[up],
                fontsize=7.5,
            )
            box = text.get_window_extent()
            others = [one for at, one in enumerate(taken) if at != number]
            if inside.containsx(box.x1) and inside.containsx(box.x0) and not any(box.overlaps(one) for one in others):
                taken.append(box)
                break
            text.remove()


def by_depth(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the plain networks and of the residual ones in their original form, which differ in depth alone."""
    return rows[rows["arm"].str.fullmatch(r"(plain|resnet)\d+")]
