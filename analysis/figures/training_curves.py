"""Error against epoch, with a panel per family (plain left, residual right) on one scale, as in He et al. 2015, figure 6."""

from typing import Any

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis.figures import FAMILY_WORDS, FigureData
from analysis.figures._axes import error_axis, families_of, panel_row, single_points
from analysis.figures._marks import label_ends
from analysis.figures._palette import SLATE
from analysis.figures._svg import mark

TITLE = "Training curves"
CAPTION = (
    "Thin dashes: running training error of the epoch. Bold: test error after it. Lines are means over the runs that train (over all if none "
    "does), bands their range. A diverged run keeps its last errors. Drawn as in He et al. 2015, figure 6; the scale is linear up to 2% and "
    "logarithmic above."
)
STYLES: dict[str, dict[str, Any]] = {"train_error_pct": {"linestyle": "--", "linewidth": 1}, "test_error_pct": {"linewidth": 2.2}}


def is_possible(data: FigureData) -> bool:
    """Return whether any epoch was measured."""
    return not data.history.empty


def draw(data: FigureData) -> Figure:
    """Draw a panel per family on one scale."""
    families = families_of(data.history)
    figure, panels = panel_row(len(families), 4.2, 5.0)
    error_axis(panels[0].yaxis, data.history[[*STYLES]].to_numpy().ravel())
    for axes, family in zip(panels, families, strict=True):
        _panel(axes, data, family)
        axes.set_title(f"{FAMILY_WORDS[family].capitalize()}, {data.label}")
        axes.set_ylabel("error")
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 2.5, 5, 10]))
        axes.legend(
            handles=[
                Line2D([], [], color=SLATE, linewidth=2.2, label="test error"),
                Line2D([], [], color=SLATE, linewidth=1, linestyle="--", label="training error"),
            ],
            loc="lower left",
            fontsize=9,
        )
    label_ends([(axes, _ends(data, family)) for axes, family in zip(panels, families, strict=True)], 16)
    return figure


def _arms(data: FigureData, family: str) -> list[str]:
    rows = data.history[data.history["family"] == family].sort_values("depth", kind="stable")
    return list(dict.fromkeys(rows["arm"]))


def _panel(axes: Axes, data: FigureData, family: str) -> None:
    arms = _arms(data, family)
    names = data.told_apart(arms)
    for arm in arms:
        rows, colour = data.history[data.history["arm"] == arm], data.look(arm).colour
        for metric, style in STYLES.items():
            is_test = metric == "test_error_pct"
            sns.lineplot(
                data=rows,
                x="epoch",
                y=metric,
                color=colour,
                estimator="mean",
                errorbar=("pi", 100) if is_test else None,
                legend=False,
                ax=axes,
                label=names[arm] if is_test else None,
                gid=mark("line", arm),
                **({"err_kws": {"alpha": 0.12, "linewidth": 0}} if is_test else {}),
                **style,
                **single_points(data.history),
            )


def _ends(data: FigureData, family: str) -> list[tuple[float, float, str, str]]:
    """Return where the line of each arm ends, its name with the runs that did not train, and its colour."""
    ends, arms = [], _arms(data, family)
    names = data.told_apart(arms)
    for arm in arms:
        means = data.history[data.history["arm"] == arm].groupby("epoch")["test_error_pct"].mean().dropna()
        if len(means):
            note = f" ({data.failures[arm]})" if arm in data.failures else ""
            ends.append((float(means.index[-1]), float(means.iloc[-1]), f"{names[arm]}{note}", data.look(arm).colour))
    return ends
