"""Training and test error against depth, with a dot per seed and the mean with its interval, next to published errors."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.figures import COLOURS, FAMILY_WORDS, MARKERS, FigureData
from analysis.figures._axes import error_axis, families_of, panel_row, training_and_test_errors
from analysis.figures._marks import Ends, chance_line, draw_median, draw_seeds, label_ends, note_failures
from analysis.figures._palette import WHITE
from analysis.figures._svg import mark
from analysis.tables.published import Published

TITLE = "Error against depth"
CAPTION = (
    "Each dot is one seed, hollow if it did not train; dots at one value are stacked. Line and bar are the mean and its 95% t interval over the "
    "runs that train (over all if none does), cut at zero; a cross is the median over all runs where some fail. All panels have one scale, linear "
    "up to 2% and logarithmic above. Right: values that He et al. 2015 published for CIFAR-10 under their own recipe (plain networks read off "
    "figure 6, residual ones from table 6)."
)
SIDES = {"plain": -1, "residual": 1, "other": 1}  # to which the seeds of a family are stacked


def is_possible(data: FigureData) -> bool:
    """Return whether any arm was measured."""
    return not data.arms.empty


def describe(data: FigureData) -> str:
    """Return the mean test errors at the smallest and at the largest depth."""
    rows = data.arms[data.arms["metric"] == "test_error_pct"]
    at = []
    for depth in dict.fromkeys((rows["depth"].min(), rows["depth"].max())):
        errors = [f"{data.named(row.arm)}: {row.value:.1f}%" for row in rows[rows["depth"] == depth].itertuples()]
        at.append("; ".join(errors))
    return f"Mean test error on {data.label}, from the shallowest to the deepest networks: {'; '.join(at)}."


def draw(data: FigureData) -> Figure:
    """Draw three panels on one scale: training error, test error, and published test error."""
    figure, (train, test, published) = panel_row(3, 3.5, 3.5)
    errors = _published_errors(data)
    depths = sorted(data.trials["depth"].unique())
    train.set_xscale("log")
    train.set_xlim(depths[0] / 1.45, depths[-1] * 1.3)
    error_axis(train.yaxis, [*training_and_test_errors(data), *errors.values()])
    figure.draw_without_rendering()
    ends = []
    for axes, metric, title in ((train, "train_error_pct", "Training error"), (test, "test_error_pct", "Test error")):
        ends.append((axes, _panel(axes, data, metric)))
        axes.set_title(f"{title}, {data.label}")
    ends.append((published, _published_panel(published, data, errors)))
    for axes in (train, test, published):
        axes.xaxis.set_major_locator(FixedLocator(depths))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set_xlabel("layers")
        axes.set_ylabel("error")
    label_ends(ends, 10)
    return figure


def _panel(axes: Axes, data: FigureData, metric: str) -> Ends:
    """Draw one metric, a line per family, and return the ends of the lines."""
    ends = []
    for family, rows in data.arms[data.arms["metric"] == metric].groupby("family", sort=False):
        colour, marker, side = COLOURS[str(family)], MARKERS[str(family)], SIDES[str(family)]
        rows = rows.sort_values("depth")
        axes.plot(rows["depth"], rows["value"], color=colour, linewidth=1.6, label=FAMILY_WORDS[str(family)])
        for row in rows.itertuples():
            arm, own = str(row.arm), data.look(str(row.arm)).colour
            axes.plot([row.depth] * 2, [max(0.0, row.low), row.high], color=own, linewidth=2, gid=mark("mean", arm))
            axes.plot([row.depth], [row.value], marker, color=own, markersize=6.5, gid=mark("mean", arm))
            draw_median(axes, row.median, row.depth, own, arm)
            seeds = data.trials[data.trials["arm"] == arm]
            draw_seeds(axes, data, seeds, metric, at=row.depth * (1 + 0.035 * side), towards=(side, 0), size=3.2)
            note_failures(axes, data, arm, (row.depth, row.value))
        ends.append((rows["depth"].iloc[-1], rows["value"].iloc[-1], FAMILY_WORDS[str(family)], colour))
    chance_line(axes, data)
    return ends


def _is_comparable(published: Published) -> bool:
    """Return whether a published value is a test error on CIFAR-10 under the recipe of He et al. 2015, and not a best of several."""
    is_theirs = (published.dataset, published.recipe, published.metric) == ("CIFAR-10", "he2015", "test_error_pct")
    return is_theirs and not published.statistic.startswith("best")


def _published_errors(data: FigureData) -> dict[str, float]:
    """Return the published test errors that may be compared with each other, by arm."""
    arms = set(data.trials["arm"])
    return {row.arm: row.value for row in data.published if _is_comparable(row) and row.arm in arms and row.value is not None}


def _published_panel(axes: Axes, data: FigureData, errors: dict[str, float]) -> Ends:
    """Draw the published test errors of the arms, a line per family, and return the ends of the lines."""
    arms, ends = data.trials.drop_duplicates("arm").set_index("arm"), []
    for family in families_of(data.trials):
        mine = sorted((arm for arm in errors if arms.loc[arm, "family"] == family), key=lambda arm: int(arms.loc[arm, "depth"]))
        if not mine:
            continue
        depths, values = [arms.loc[arm, "depth"] for arm in mine], [errors[arm] for arm in mine]
        axes.plot(depths, values, color=COLOURS[family], linestyle="--", label=f"{FAMILY_WORDS[family]}, published")
        for arm, depth, value in zip(mine, depths, values, strict=True):
            look = data.look(arm)
            axes.plot([depth], [value], MARKERS[family], color=look.colour, markerfacecolor=WHITE, gid=mark("mean", arm))
        ends.append((depths[-1], values[-1], FAMILY_WORDS[family], COLOURS[family]))
    axes.set_title("Published, CIFAR-10")
    if not errors:
        axes.text(0.5, 0.5, "none for these networks", transform=axes.transAxes, ha="center")
    return ends
