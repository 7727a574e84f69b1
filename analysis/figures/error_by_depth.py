"""Training and test error against depth, with a dot per seed and the mean with its interval, next to published errors."""

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.figures import COLOURS, FAMILY_WORDS, MARKERS, FigureData
from analysis.figures._axes import error_axis, families_of, note_training, training_and_test_errors
from analysis.figures._palette import GREY, WHITE
from analysis.tables.published import Published

TITLE = "Error against depth"
CAPTION = (
    "Each dot is one seed; line and bar are the mean and its 95% t interval over the runs that train (over all if none does), cut at zero, "
    "with their number if some fail. The scale is linear up to 2% and logarithmic above. Right, on a separate linear scale: values that He et "
    "al. 2015 published for CIFAR-10 under their own recipe (plain networks read off figure 6, residual ones from table 6)."
)
SIDES = {"plain": 1 / 1.035, "residual": 1.035, "other": 1.0}  # sideways shifts, so that no family covers another


def is_possible(data: FigureData) -> bool:
    """Return whether any arm was measured."""
    return not data.arms.empty


def draw(data: FigureData) -> Figure:
    """Draw three panels: training error, test error, and published test error."""
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    train, test, published = figure.subplots(1, 3)
    for axes, metric, title in ((train, "train_error_pct", "Training error"), (test, "test_error_pct", "Test error")):
        _panel(axes, data, metric)
        error_axis(axes.yaxis, training_and_test_errors(data))
        _mark_chance_level(axes, data.chance_error_pct)
        axes.set_title(f"{title}, {data.label}")
    _published_panel(published, data)
    depths = sorted(data.trials["depth"].unique())
    for axes in (train, test, published):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator(depths))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticklabels([str(depth) for depth in depths])
        axes.set_xlim(depths[0] / 1.25, depths[-1] * 1.25)
        axes.set_xlabel("layers")
    handles, labels = train.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(handles))
    return figure


def _panel(axes: Axes, data: FigureData, metric: str) -> None:
    """Draw one metric, a line per family."""
    for family, rows in data.arms[data.arms["metric"] == metric].groupby("family", sort=False):
        side, colour = SIDES[str(family)], COLOURS[str(family)]
        low = rows["low"].clip(lower=0)
        axes.errorbar(
            rows["depth"] * side,
            rows["value"],
            yerr=[rows["value"] - low, rows["high"] - rows["value"]],
            color=colour,
            marker=MARKERS[str(family)],
            markersize=6,
            linewidth=2,
            capsize=3,
            label=FAMILY_WORDS[str(family)],
        )
        note_training(axes, data, zip(rows["arm"], rows["depth"] * side, rows["value"], strict=True))
        seeds = data.trials[data.trials["family"] == family]
        sns.scatterplot(
            x=seeds["depth"] * side**2.6, y=seeds[metric], color=colour, s=18, alpha=0.6, zorder=3, legend=False, ax=axes
        )
    axes.set_ylabel("")


def _mark_chance_level(axes: Axes, error_pct: float) -> None:
    """Draw a dotted line at the chance level, if the axis includes it."""
    if error_pct < axes.get_ylim()[1]:
        axes.axhline(error_pct, color=GREY, linewidth=1, linestyle=":")
        axes.annotate("chance level", (0.02, error_pct), xycoords=("axes fraction", "data"), va="top", fontsize=8)


def _is_comparable(published: Published) -> bool:
    """Return whether a published value is a test error on CIFAR-10 under the recipe of He et al. 2015, and not a best of several."""
    is_theirs = (published.dataset, published.recipe, published.metric) == ("CIFAR-10", "he2015", "test_error_pct")
    return is_theirs and not published.statistic.startswith("best")


def _published_panel(axes: Axes, data: FigureData) -> None:
    """Draw the published test errors of the arms, a line per family."""
    arms = data.trials.drop_duplicates("arm").set_index("arm")
    comparable = [row for row in data.published if _is_comparable(row) and row.arm in arms.index]
    errors = {row.arm: row.value for row in comparable if row.value is not None}
    for family in families_of(data.trials):
        mine = [arm for arm in errors if arms.loc[arm, "family"] == family]
        depths, values = [arms.loc[arm, "depth"] for arm in mine], [errors[arm] for arm in mine]
        axes.plot(depths, values, color=COLOURS[family], marker=MARKERS[family], markerfacecolor=WHITE, linestyle="--")
    axes.set_ylim(0, 1.15 * max(errors.values(), default=10))
    axes.yaxis.set_major_formatter("{x:g}%")
    axes.set_title("Published test error, CIFAR-10")
