"""Marks that figures share: a dot per seed, stacked so that none hides another, means with intervals, and labels at the ends of lines."""

import math
from collections.abc import Iterable, Mapping, Sequence
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from analysis.figures import FigureData, unescaped
from analysis.figures._palette import INK, SILVER
from analysis.figures._svg import mark
from analysis.figures._variants import SLIDE

DOT = 4.0  # diameter of a seed's dot, in points
GAP = 1.15  # of the diameter, between the centres of dots in a stack
FONT = 9.0
LINE = 11.5  # height of a line of a label, in points
SLIDE_WIDTH = 56  # the same on a slide, which is wide and low
LABEL_WIDTH = 22  # characters of a label, after which it is broken
POINT = 72.0


def seed_title(data: FigureData, row: Mapping[str, Any]) -> str:
    """Return the tooltip of a trial's dot: its arm, seed, errors and key, and that it did not train."""
    errors = [
        f"{words} error {row[column]:.2f}%"
        for words, column in (("training", "train_error_pct"), ("test", "test_error_pct"))
        if pd.notna(row[column])
    ]
    ending = "" if row["trains"] else "; did not train"
    arm = unescaped(data.named_only(row["arm"]))
    return f"{arm}, seed {row['seed']}: {', '.join(errors)}{ending}; trial {row['key']}"


def draw_seeds(
    axes: Axes, data: FigureData, rows: pd.DataFrame, metric: str, *, at: float, towards: tuple[int, int], size: float = DOT
) -> None:
    """Draw a dot per trial at its value, stacked away from a place on the other axis; hollow if the trial did not train.

    `towards` is the direction of the stack, such as (1, 0) to the right of a depth on the horizontal axis; the axes must have their final scale.
    """
    is_upright = towards[0] != 0  # values on the vertical axis
    rows = rows[rows[metric].notna()]
    values = rows[metric].clip(*sorted(axes.get_ylim() if is_upright else axes.get_xlim()))
    levels = stacked(axes, values.tolist(), is_upright=is_upright, size=size)
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    for row, value, level in zip(rows.to_dict("records"), values, levels, strict=True):
        shift = (0.5 + level) * size * GAP / POINT
        away = ScaledTranslation(towards[0] * shift, towards[1] * shift, figure.dpi_scale_trans)
        colour, trains = data.look(row["arm"]).colour, bool(row["trains"])
        gid = mark(
            "seed",
            unescaped(row["arm"]),
            seed_title(data, row),
            seed=row["seed"],
            key=row["key"],
            failed="" if trains else "true",
        )
        axes.plot(
            [at if is_upright else value],
            [value if is_upright else at],
            "o",
            color=colour,
            markersize=size - (0 if trains else 0.9),
            markeredgewidth=0 if trains else 0.9,
            markerfacecolor=colour if trains else "none",
            transform=axes.transData + away,
            clip_on=False,
            gid=gid,
            zorder=3,
            in_layout=False,
        )


def stacked(axes: Axes, values: Sequence[float], *, is_upright: bool, size: float = DOT) -> list[int]:
    """Return for each value the level of a stack, from 0, at which its dot overlaps no other one."""
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    zeros = np.zeros(len(values))
    points = np.column_stack([axes.get_xlim()[0] + zeros, values] if is_upright else [values, axes.get_ylim()[0] + zeros])
    places = axes.transData.transform(points)[:, int(is_upright)] * POINT / figure.dpi if len(values) else np.zeros(0)
    ends: list[float] = []  # of each level
    levels = [0] * len(values)
    for index in np.argsort(places, kind="stable"):
        free = (level for level, end in enumerate(ends) if places[index] - end >= size * GAP)
        level = next(free, len(ends))
        ends[level : level + 1] = [float(places[index])]
        levels[index] = level
    return levels


Ends = Sequence[tuple[float, float, str, str]]  # x and y of a line's end, its label and its colour


def label_ends(panels: Iterable[tuple[Axes, Ends]], width: int = LABEL_WIDTH, on_slide: int = SLIDE_WIDTH) -> None:
    """Write a label to the right of its panel for each line that ends there, with a thin line to it; none covers another.

    The axes must have their final scale. `width` is in characters, after which a label is broken, and `on_slide` the same on a slide.
    """
    given = [(axes, ends) for axes, ends in panels if ends]
    for figure in {id(axes.figure): axes.get_figure() for axes, _ in given}.values():
        assert isinstance(figure, Figure)
        figure.draw_without_rendering()
    for axes, ends in given:
        broken = on_slide if SLIDE.get() else width
        _label_ends(axes, [(x, y, fill(text, broken), colour) for x, y, text, colour in ends])


def _label_ends(axes: Axes, ends: Ends) -> None:
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    (left, right), (bottom, top) = sorted(axes.get_xlim()), sorted(axes.get_ylim())
    ends = [
        (min(max(x, left), right), min(max(y, bottom), top), text, colour)
        for x, y, text, colour in ends
        if math.isfinite(x) and math.isfinite(y)
    ]
    to_axes = axes.transData + axes.transAxes.inverted()
    extent = axes.get_window_extent()
    height, reach = extent.height * POINT / figure.dpi, 1 + 14 * figure.dpi / POINT / extent.width
    places = [tuple(to_axes.transform((x, y))) for x, y, _, _ in ends]
    order = sorted(range(len(ends)), key=lambda index: places[index][1])
    sizes = [LINE * (1 + ends[index][2].count("\n")) for index in order]
    centres = _spread([float(np.clip(places[index][1], 0, 1)) * height for index in order], sizes, height)
    for index, centre in zip(order, centres, strict=True):
        x, y, text, colour = ends[index]
        axes.annotate(
            text,
            (x, y),
            (reach, centre / height),
            textcoords="axes fraction",
            va="center",
            fontsize=FONT,
            color=INK,
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 1.2, "shrinkA": 1, "shrinkB": 2, "relpos": (0, 0.5)},
        )


def _spread(centres: Sequence[float], sizes: Sequence[float], height: float) -> list[float]:
    """Move the centres of labels, from the lowest to the highest, apart by as little as keeps them from overlapping, inside the height."""
    moved = list(centres)
    for _ in range(200):
        is_free = True
        for low in range(len(moved) - 1):
            overlap = (sizes[low] + sizes[low + 1]) / 2 - (moved[low + 1] - moved[low])
            if overlap > 0.01:
                moved[low] -= overlap / 2
                moved[low + 1] += overlap / 2
                is_free = False
        if moved and sum(sizes) <= height:
            moved[0] = max(moved[0], sizes[0] / 2)
            moved[-1] = min(moved[-1], height - sizes[-1] / 2)
        if is_free:
            break
    return moved


def chance_line(axes: Axes, data: FigureData, *, is_upright: bool = True) -> None:
    """Draw a dotted line at the chance level, with its name, if the axis includes it."""
    low, high = sorted(axes.get_ylim() if is_upright else axes.get_xlim())
    if not low < data.chance_error_pct < high:
        return
    if is_upright:
        axes.axhline(data.chance_error_pct, color=SILVER, linewidth=1, linestyle=":")
        axes.annotate("chance level", (0.01, data.chance_error_pct), xycoords=("axes fraction", "data"), va="top", fontsize=9)
    else:
        axes.axvline(data.chance_error_pct, color=SILVER, linewidth=1, linestyle=":")


def draw_median(axes: Axes, value: Any, at: float, colour: str, arm: str, *, is_upright: bool = True) -> None:
    """Draw a cross at the median over all runs of an arm; nothing where the mean is over all of them."""
    if pd.notna(value):
        x, y = (at, value) if is_upright else (value, at)
        title = f"median over all runs: {value:.2f}"
        axes.plot([x], [y], "x", color=colour, markersize=7, markeredgewidth=1.6, gid=mark("median", arm, title), clip_on=False)


def note_failures(axes: Axes, data: FigureData, arm: str, place: tuple[float, float]) -> None:
    """Write at the left of an arm's mean, and down from it, how many of its runs did not train, if some fail.

    Above a mean near the top are the line of the chance level and the title.
    """
    if arm in data.failures:
        text = fill(data.failures[arm], 9)
        axes.annotate(text, place, (-20, 5), textcoords="offset points", ha="right", va="top", fontsize=9)


def arms_by_depth(rows: pd.DataFrame) -> list[str]:
    """Return the arms of some rows in the order of their families, and by depth in a family."""
    arms = rows.drop_duplicates("arm").sort_values("depth", kind="stable")
    families = list(dict.fromkeys(rows["family"]))
    return [arm for family in families for arm in arms.loc[arms["family"] == family, "arm"]]
