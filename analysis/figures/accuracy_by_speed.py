"""Published accuracy of every network against its speed on this machine; the area of a bubble shows the size."""

import math

from matplotlib.figure import Figure

from analysis.figures import FAMILY_COLOURS, FAMILY_MARKERS, SurveyData
from analysis.figures._axes import plain_log_axis
from analysis.figures._palette import GREY, WHITE
from analysis.figures._survey import dot, draw_key, name_mark, name_points, single_panel

TITLE = "Accuracy against speed"
CAPTION = (
    "One bubble per network; its area is the number of parameters. Right and up is better. Speed was measured here at inference (median over "
    "rounds in which the networks took turns). Accuracy is torchvision's published value: ImageNet's validation images, one central crop, one "
    "training run. A hollow bubble was trained with a newer and longer recipe: its height is not comparable with the others'."
)
POINTS_PER_MILLION = 3.0  # area per million parameters, in square points
LEGEND_MILLIONS = (10, 50, 125)


def is_possible(data: SurveyData) -> bool:
    """Return whether any network was timed and has a published accuracy."""
    return bool(data.networks[["infer_step_time", "top1"]].notna().all(axis=1).any())


def draw(data: SurveyData) -> Figure:
    """Draw one panel, with large bubbles behind small ones."""
    figure, axes = single_panel()
    networks = data.networks.dropna(subset=["infer_step_time", "top1"]).sort_values("param_count", ascending=False)
    for row in networks.itertuples():
        is_comparable = row.top1_recipe == data.comparable_recipe
        colour = FAMILY_COLOURS[str(row.family)]
        axes.plot(
            [row.infer_samples_per_sec],
            [row.top1],
            FAMILY_MARKERS[str(row.family)],
            markersize=2 * _radius(row.param_count / 1e6),
            markerfacecolor=colour if is_comparable else "none",
            markeredgecolor=WHITE if is_comparable else colour,
            markeredgewidth=1.0 if is_comparable else 1.6,
            alpha=0.85,
            gid=name_mark(row.model, f"{row.top1:.2f}%", f"{row.infer_samples_per_sec:.3g} images/s"),
        )
    axes.set_xscale("log")
    plain_log_axis(axes.xaxis)
    axes.margins(x=0.12, y=0.14)
    axes.set_xlabel(f"images per second at inference, {data.label}")
    axes.set_ylabel("published top-1 accuracy, %")
    axes.set_title("Accuracy against speed")
    sizes = [dot(GREY, 2 * _radius(number), f"{number} M parameters", is_hollow=True) for number in LEGEND_MILLIONS]
    draw_key(figure, networks["family"], sizes)
    name_points(axes, networks, "infer_samples_per_sec", "top1", [_radius(number / 1e6) for number in networks["param_count"]])
    return figure


def _radius(millions: float) -> float:
    """Return the radius, in points, of a bubble for a network of this many million parameters."""
    return math.sqrt(POINTS_PER_MILLION * millions / math.pi)
