"""Training and test error of every arm: a dot per seed, and the mean with its interval."""

from itertools import product
from textwrap import fill, wrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import FigureData
from analysis.figures._axes import PANEL, error_axis, panel_row, training_and_test_errors
from analysis.figures._marks import DOT, GAP, LINE, POINT, chance_line, draw_median, draw_seeds, stacked
from analysis.figures._scales import LINEAR
from analysis.figures._svg import mark
from analysis.figures._variants import SLIDE

TITLE = "Error by arm"
CAPTION = (
    "One row per arm. Each small dot is one seed, hollow if it did not train; dots at one value are stacked. The large marker and its bar are the "
    "mean and its 95% t interval over the runs that train (over all if none does), cut at zero; a cross is the median over all runs where some "
    "fail. The scale is linear up to 2% and logarithmic above. The dotted line is the chance level."
)
NAME_WIDTH = 46  # characters on a line of a row's name
BAR = 9.0  # height of the mean and its bar, in points
SPACE = 9.0  # between rows
MOST_ROWS = 9  # of a panel
MANY_ARMS, SLIDE_NAMES = 9, (46, 80)  # arms, and characters on a line of their names up to so many arms and beyond
SLIDE_TICKS = (0, 2, 10, 50)  # for which there is room
PANELS = {"train_error_pct": "Training error", "test_error_pct": "Test error"}


def is_possible(data: FigureData) -> bool:
    """Return whether any arm was measured."""
    return not data.arms.empty


def describe(data: FigureData) -> str:
    """Return the mean test error of each arm."""
    rows = data.arms[data.arms["metric"] == "test_error_pct"]
    return (
        f"Mean test error on {data.label}: {'; '.join(f'{data.named(row.arm)} {row.value:.1f}%' for row in rows.itertuples())}."
    )


def draw(data: FigureData) -> Figure:
    """Draw panels with the arms as rows, of training error and of test error: a pair, or several for many arms.

    The vertical axis counts points of the figure.
    """
    arms = list(dict.fromkeys(data.trials["arm"]))
    blocks = [arms] if SLIDE.get() else _blocks(arms)
    figure, panels = panel_row(len(PANELS) * len(blocks), 3.0, PANEL)
    error_axis(panels[0].xaxis, training_and_test_errors(data))
    if SLIDE.get():
        _draw_means(panels, data, arms)
        return figure
    figure.draw_without_rendering()
    names = {arm: wrap(_name(data, arm), NAME_WIDTH) for arm in arms}
    levels = {arm: max(_levels(axes, data, arm, metric) for axes, metric in zip(panels, PANELS, strict=False)) for arm in arms}
    heights = {arm: LINE * len(names[arm]) + BAR + DOT * GAP * levels[arm] + SPACE for arm in arms}
    total = max(sum(heights[arm] for arm in block) for block in blocks)
    figure.set_figheight((total + 58) / POINT)
    panels[0].set_ylim(total, 0)
    panels[0].set_yticks([])
    figure.draw_without_rendering()
    for axes, (block, (metric, title)) in zip(panels, product(blocks, PANELS.items()), strict=True):
        top = 0.0
        for arm in block:
            _row(axes, data, arm, metric, (top, names[arm]))
            top += heights[arm]
        chance_line(axes, data, is_upright=False)
        axes.set_title(f"{title}, {data.label}")
        axes.set_xlabel(title.lower())
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
    return figure


def _blocks(arms: list[str]) -> list[list[str]]:
    """Return the arms in blocks of about equal length, which stand side by side."""
    size = -(-len(arms) // -(-len(arms) // MOST_ROWS))
    return [arms[start : start + size] for start in range(0, len(arms), size)]


def _draw_means(panels: list[Axes], data: FigureData, arms: list[str]) -> None:
    """Draw for a slide, which has no room for seeds, the mean of each arm next to its name."""
    width = SLIDE_NAMES[len(arms) > MANY_ARMS]
    for axes, (metric, title) in zip(panels, PANELS.items(), strict=True):
        for place, arm in enumerate(arms):
            _mean(axes, data, arm, metric, float(place))
        axes.set_ylim(len(arms) - 0.4, -0.6)  # the first arm on top
        axes.set_yticks(range(len(arms)), [fill(_name(data, arm), width) for arm in arms], fontsize=9)
        axes.tick_params(axis="y", length=0)
        axes.set_title(f"{title}, {data.label}")
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
        ticks = axes.get_xticks()
        shown = ticks[::2] if LINEAR.get() else [tick for tick in ticks if tick in SLIDE_TICKS]
        if len(shown) > 1:
            axes.set_xticks(shown, [f"{tick:g}%" for tick in shown])


def _mean(axes: Axes, data: FigureData, arm: str, metric: str, middle: float) -> None:
    """Draw an arm's mean with its interval, and its median where it has one, in a row."""
    look = data.look(arm)
    for row in data.arms[(data.arms["arm"] == arm) & (data.arms["metric"] == metric)].itertuples():
        bar = [max(0.0, float(row.low)), float(row.high)]
        axes.plot(bar, [middle] * 2, color=look.colour, linewidth=2.4, solid_capstyle="butt", gid=mark("mean", arm))
        axes.plot([row.value], [middle], look.marker, color=look.colour, markersize=7, gid=mark("mean", arm), clip_on=False)
        draw_median(axes, row.median, middle, look.colour, arm, is_upright=False)


def _name(data: FigureData, arm: str) -> str:
    shown = data.told_apart(dict.fromkeys(data.trials["arm"]))[arm]
    return f"{shown} ({data.failures[arm]})" if arm in data.failures else shown


def _levels(axes: Axes, data: FigureData, arm: str, metric: str) -> int:
    values = data.trials.loc[data.trials["arm"] == arm, metric].dropna().clip(*axes.get_xlim()).tolist()
    return 1 + max(stacked(axes, values, is_upright=False), default=0)


def _row(axes: Axes, data: FigureData, arm: str, metric: str, place: tuple[float, list[str]]) -> None:
    """Draw an arm's name, its mean with the interval, and below them its seeds."""
    top, name = place
    axes.text(0.005, top + 2, "\n".join(name), transform=axes.get_yaxis_transform(), va="top", fontsize=9)
    middle = top + LINE * len(name) + BAR / 2 + 1
    _mean(axes, data, arm, metric, middle)
    seeds = data.trials[data.trials["arm"] == arm]
    draw_seeds(axes, data, seeds, metric, at=middle + BAR / 2 + 1, towards=(0, -1))
