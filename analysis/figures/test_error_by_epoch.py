"""Test error against epoch, with a line per arm, and a panel per depth where a kind of network has several."""

from collections import Counter

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.figures import FigureData
from analysis.figures._axes import PANEL, error_axis, panel_row, single_points
from analysis.figures._marks import LINE, POINT, label_ends
from analysis.figures._svg import mark

TITLE = "Test error during training"
CAPTION = (
    "Mean after each epoch over the runs that train (over all if none does), a line per arm; a name says how many did not train if some fail. The "
    "scale is linear up to 2% and logarithmic above. No epoch is selected: the last one counts. A diverged run keeps its last error."
)
SEVERAL = 2  # kinds that differ in depth, from which on each depth has its panel
LABEL = 24  # characters on a line of a label


def is_possible(data: FigureData) -> bool:
    """Return whether any epoch was measured."""
    return not data.history.empty


def draw(data: FigureData) -> Figure:
    """Draw the panels on one scale, each with the names at the ends of its lines."""
    panels = _arms_by_panel(data)
    names = {title: data.told_apart(arms) for title, arms in panels.items()}
    longest = max(sum(2 + len(data.failures.get(arm, "")) // 12 for arm in arms) for arms in panels.values())
    figure, drawn = panel_row(len(panels), max(3.7, longest * LINE / POINT + 0.8), PANEL + 0.6)
    error_axis(drawn[0].yaxis, data.history["test_error_pct"])
    for axes, (title, arms) in zip(drawn, panels.items(), strict=True):
        for arm in arms:
            _line(axes, data, arm, names[title][arm])
        axes.set_title(f"{title}, {data.label}" if title else f"Test error, {data.label}")
        axes.set_xlabel("epoch")
        axes.set_ylabel("test error")
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 2.5, 5, 10]))
    ends = []
    for axes, (title, arms) in zip(drawn, panels.items(), strict=True):
        last = [(arm, _mean_of_last(data.history, arm)) for arm in arms]
        ends.append((axes, [(*end, _label(data, arm, names[title][arm]), data.look(arm).colour) for arm, end in last if end]))
    label_ends(ends, LABEL)
    return figure


def _arms_by_panel(data: FigureData) -> dict[str, list[str]]:
    """Return the arms of each panel by its title: by depth if networks of one kind differ in depth, else all in one."""
    arms = data.trials.drop_duplicates("arm")
    depths = dict(zip(arms["arm"], arms["depth"], strict=True))
    measured = [arm for arm in depths if arm in set(data.history["arm"])]
    kinds = [(data.words[arm].kind, depths[arm]) for arm in measured]
    if sum(number > 1 for number in Counter(kind for kind, _ in set(kinds)).values()) < SEVERAL:
        return {"": measured}
    by_depth = {depth: [arm for arm in measured if depths[arm] == depth] for depth in sorted({depths[arm] for arm in measured})}
    return {f"{depth} layers": arms for depth, arms in by_depth.items()}


def _line(axes: Axes, data: FigureData, arm: str, name: str) -> None:
    look, rows = data.look(arm), data.history[data.history["arm"] == arm]
    style = {"color": look.colour, "linewidth": 2, "label": name, "gid": mark("line", arm)} | single_points(data.history)
    sns.lineplot(data=rows, x="epoch", y="test_error_pct", estimator="mean", errorbar=None, ax=axes, legend=False, **style)
    if len(rows["epoch"].unique()) > 1:
        last = _mean_of_last(data.history, arm)
        if last is not None:
            axes.plot([last[0]], [last[1]], look.marker, color=look.colour, markersize=6, gid=mark("mean", arm), clip_on=False)


def _mean_of_last(history: pd.DataFrame, arm: str) -> tuple[float, float] | None:
    """Return the last epoch of an arm and the drawn value there."""
    rows = history[(history["arm"] == arm) & history["test_error_pct"].notna()]
    if rows.empty:
        return None
    last = rows["epoch"].max()
    return float(last), float(rows.loc[rows["epoch"] == last, "test_error_pct"].mean())


def _label(data: FigureData, arm: str, name: str) -> str:
    return f"{name} ({data.failures[arm]})" if arm in data.failures else name
