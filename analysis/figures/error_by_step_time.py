"""Test error of every arm against the time of its training step on this machine."""

from matplotlib.figure import Figure

from analysis.figures import FigureData
from analysis.figures._axes import PANEL, error_axis, panel_row, plain_log_axis
from analysis.figures._marks import LINE, POINT, label_ends
from analysis.figures._svg import mark

TITLE = "Test error against the time of a training step"
CAPTION = (
    "One point per arm that was trained on all images; left and down is better. Mean and 95% t interval are over the runs that train (over "
    "all if none does), cut at zero; a name says how many did not train if some fail. The scale is linear up to 2% and logarithmic above. The time "
    "is the median over rounds in which the arms took turns, with all cores."
)


def is_possible(data: FigureData) -> bool:
    """Return whether any arm was timed."""
    return bool(data.arms["train_step_ms"].notna().any())


def draw(data: FigureData) -> Figure:
    """Draw one panel, with the names of the arms at the right."""
    arms = data.arms[(data.arms["metric"] == "test_error_pct") & (data.arms["train_fraction"] == 1)].dropna(
        subset=["train_step_ms"]
    )
    figure, (axes,) = panel_row(1, max(4.0, len(arms) * 2 * LINE / POINT + 0.8), PANEL + 0.9)
    error_axis(axes.yaxis, [*arms["low"], *arms["high"]])
    axes.set_xscale("log")
    axes.set_xlim(arms["train_step_ms"].min() / 1.2, arms["train_step_ms"].max() * 1.2)
    plain_log_axis(axes.xaxis)
    axes.set_xlabel("milliseconds per training step")
    axes.set_ylabel("test error")
    axes.set_title(f"Test error, {data.label}")
    names, ends = data.told_apart(list(arms["arm"])), []
    for row in arms.itertuples():
        arm, look = str(row.arm), data.look(str(row.arm))
        note = f" ({data.failures[arm]})" if arm in data.failures else ""
        title = f"{names[arm]}: {row.value:.2f}% test error, {row.train_step_ms:.3g} ms per step"
        bar = [max(0.0, float(row.low)), float(row.high)]
        axes.plot([row.train_step_ms] * 2, bar, color=look.colour, linewidth=1.6, gid=mark("mean", arm))
        axes.plot(
            [row.train_step_ms],
            [row.value],
            look.marker,
            color=look.colour,
            markersize=7,
            label=names[arm],
            gid=mark("mean", arm, title),
        )
        ends.append((float(row.train_step_ms), float(row.value), f"{names[arm]}{note}", look.colour))
    label_ends([(axes, ends)])
    return figure
