"""Training and test error of every arm: a dot per seed, and the mean with its interval."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import COLOURS, FAMILY_WORDS, MARKERS, FigureData
from analysis.figures._axes import error_axis, families_of, training_and_test_errors
from analysis.figures._palette import GREY

TITLE = "Error by arm"
CAPTION = (
    "One row per arm. Each small dot is one seed; the large marker and its bar are the mean and its 95% t interval over the runs that train "
    "(over all if none does), cut at zero; a name says how many train if some fail. The scale is linear up to 2% and logarithmic above. The "
    "dotted line is the chance level. Squares are plain networks, circles residual ones, crosses others."
)
SEEDS_BELOW = 0.28  # rows; else the mean would cover the seeds


def is_possible(data: FigureData) -> bool:
    """Return whether any arm was measured."""
    return not data.arms.empty


def draw(data: FigureData) -> Figure:
    """Draw two panels with the arms as common rows: training error and test error."""
    arms = list(dict.fromkeys(data.trials["arm"]))
    figure = Figure(figsize=(11, 1.2 + 0.42 * len(arms)), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, metric, title in zip(panels, ("train_error_pct", "test_error_pct"), ("Training error", "Test error"), strict=True):
        _panel(axes, data, metric, arms)
        error_axis(axes.xaxis, training_and_test_errors(data))
        if data.chance_error_pct < axes.get_xlim()[1]:
            axes.axvline(data.chance_error_pct, color=GREY, linewidth=1, linestyle=":")
        axes.set_title(f"{title}, {data.label}")
    panels[0].set_yticks(range(len(arms)), [data.named(arm) for arm in arms])
    panels[0].set_ylim(len(arms) - 0.4, -0.6)  # the first arm on top
    families = families_of(data.arms)
    if "other" in families:
        for family in families:
            panels[0].plot([], [], color=COLOURS[family], marker=MARKERS[family], label=FAMILY_WORDS[family])
        figure.legend(loc="outside lower center", ncols=len(families))
    return figure


def _panel(axes: Axes, data: FigureData, metric: str, arms: list[str]) -> None:
    """Draw the means, intervals and seeds of one metric."""
    for row in data.arms[data.arms["metric"] == metric].itertuples():
        place, colour = arms.index(str(row.arm)), COLOURS[str(row.family)]
        low = max(0.0, float(row.low))
        axes.plot([low, row.high], [place, place], color=colour, linewidth=2.4, solid_capstyle="butt")
        axes.plot([row.value], [place], color=colour, marker=MARKERS[str(row.family)], markersize=7)
        seeds = data.trials.loc[data.trials["arm"] == row.arm, metric]
        axes.plot(seeds, [place + SEEDS_BELOW] * len(seeds), color=colour, marker=".", linestyle="", alpha=0.6)
    axes.grid(visible=False, axis="y")
