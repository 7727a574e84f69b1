"""Axes, colours and labels that several figures share."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator
from matplotlib.transforms import Bbox

from analysis.figures import COLOURS, FigureData
from analysis.figures._scales import error_axis as error_axis
from analysis.figures._variants import SLIDE as SLIDE

PANEL = 4.3  # width of a panel, in inches: its text is readable on a phone
PLACES = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))  # steps to the right and up from a point


def training_and_test_errors(data: FigureData) -> list[float]:
    """Return the errors of all seeds, and the bounds of all intervals, in per cent."""
    metrics = ["train_error_pct", "test_error_pct"]
    means = data.arms[data.arms["metric"].isin(metrics)]
    return [*data.trials[metrics].to_numpy().ravel(), *means["low"], *means["high"]]


def families_of(rows: pd.DataFrame) -> list[str]:
    """Return the families of these rows, in the order plain, residual, other."""
    return [family for family in COLOURS if family in set(rows["family"])]


def single_points(history: pd.DataFrame) -> dict[str, str]:
    """Return the marker for lines over epochs; a single epoch has no line and needs one."""
    return {"marker": "o"} if history["epoch"].nunique() == 1 else {}


def plain_log_axis(axis: Axis) -> None:
    """Set ticks at 1, 2 and 5 times each power of ten, as plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def plain_powers(axis: Axis) -> None:
    """Set ticks at powers of ten of a logarithmic axis, as plain numbers such as 0.001 and 1,000."""
    axis.set_major_locator(LogLocator(numticks=8))
    axis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:.10f}".rstrip("0"))
    axis.set_minor_locator(NullLocator())


def panel_row(number: int, height: float = 3.6, width: float = PANEL, *, is_shared: bool = True) -> tuple[Figure, list[Axes]]:
    """Make a figure with panels side by side; each has its own labels, so that it can stand by itself on a phone. Sizes are in inches."""
    return panel_grid(number, number, height, width, is_shared=is_shared)


def panel_grid(
    number: int, columns: int, height: float = 3.6, width: float = PANEL, *, is_shared: bool = True
) -> tuple[Figure, list[Axes]]:
    """Make a figure with a number of panels in rows of `columns` panels, as `panel_row` does."""
    rows = -(-number // columns)
    width, height = SLIDE.get() or (width, height)
    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    grid = figure.subplots(rows, columns, sharey=is_shared, sharex=is_shared, squeeze=False).ravel()
    for axes in grid[number:]:
        axes.remove()
    for axes in grid[:number]:
        axes.tick_params(labelleft=True, labelbottom=True)
    return figure, list(grid[:number])


def place_labels(axes: Axes, points: Sequence[tuple[float, float]], names: Sequence[str], radii: Sequence[float]) -> None:
    """Write each name at the first of eight places around its point without overlap; leave it out if there is none.

    Points are in data coordinates, radii in typographic points. Names are placed in the given order, the most important first.
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
                fontsize=9,
            )
            box = text.get_window_extent()
            others = [other for index, other in enumerate(taken) if index != number]
            if inside.containsx(box.x1) and inside.containsx(box.x0) and not any(box.overlaps(other) for other in others):
                taken.append(box)
                break
            text.remove()


def by_depth(rows: pd.DataFrame) -> pd.DataFrame:
    """Select the rows of plain networks and original residual networks, which differ only in depth and shortcuts."""
    return rows[rows["arm"].str.fullmatch(r"(plain|resnet)\d+")]
