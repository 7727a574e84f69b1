"""Test error of every arm against the time of its training step on this machine."""

from matplotlib.figure import Figure

from analysis.figures import COLOURS, FAMILY_WORDS, MARKERS, FigureData
from analysis.figures._axes import error_axis, plain_log_axis

TITLE = "Test error against the time of a training step"
CAPTION = (
    "One point per arm that was trained on all images; left and down is better. Mean and 95% t interval are over the runs that train (over "
    "all if none does), cut at zero; a name says how many train if some fail. The scale is linear up to 2% and logarithmic above. The time is "
    "the median over rounds in which the arms took turns, with all cores. Squares are plain networks, circles residual ones, crosses others. "
    "Arms are numbered from the fastest to the slowest."
)


def is_possible(data: FigureData) -> bool:
    """Return whether any arm was timed."""
    return bool(data.arms["train_step_ms"].notna().any())


def draw(data: FigureData) -> Figure:
    """Draw one panel, with the arms numbered from the fastest to the slowest."""
    figure = Figure(figsize=(10, 4.8), layout="constrained")
    axes = figure.subplots()
    arms = data.arms[(data.arms["metric"] == "test_error_pct") & (data.arms["train_fraction"] == 1)].dropna(
        subset=["train_step_ms"]
    )
    for family, rows in arms.groupby("family", sort=False):
        axes.errorbar(
            rows["train_step_ms"],
            rows["value"],
            yerr=[rows["value"] - rows["low"].clip(lower=0), rows["high"] - rows["value"]],
            color=COLOURS[str(family)],
            marker=MARKERS[str(family)],
            markersize=7,
            linestyle="",
            capsize=3,
            label=FAMILY_WORDS[str(family)],
        )
    names = []
    for number, row in enumerate(arms.sort_values("train_step_ms").itertuples(), start=1):
        axes.annotate(str(number), (row.train_step_ms, row.value), (6, 4), textcoords="offset points", fontsize=8)
        names.append(f"{number}  {data.named(str(row.arm))}")
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    error_axis(axes.yaxis, [*arms["low"], *arms["high"]])
    axes.set_xscale("log")
    plain_log_axis(axes.xaxis)
    axes.margins(x=0.15)
    axes.set_xlabel("milliseconds per training step")
    axes.set_title(f"Test error, {data.label}")
    axes.text(1.03, 0.8, "\n".join(names), transform=axes.transAxes, va="top", fontsize=8.5, linespacing=1.5)
    return figure
