"""Published accuracy of every network against its speed on this machine; the area of a bubble shows the size."""

import math

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures import FAMILY_COLOURS, FAMILY_MARKERS, SurveyData
from analysis.figures._axes import place_labels, plain_log_axis
from analysis.figures._palette import SILVER, WHITE

TITLE = "Accuracy against speed"
CAPTION = (
    "One bubble per network; its area is the number of parameters. Right and up is better. Speed was measured here at inference (median over "
    "rounds in which the networks took turns). Accuracy is torchvision's published value: ImageNet's validation images, one central crop, one "
    "training run. A hollow bubble was trained with a newer and longer recipe: its height is not comparable with the others'."
)
POINTS_PER_MILLION = 6.0  # area per million parameters, in square points
LEGEND_MILLIONS = (10, 50, 125)


def is_possible(data: SurveyData) -> bool:
    """Return whether any network was timed and has a published accuracy."""
    return bool(data.networks[["infer_step_time", "top1"]].notna().all(axis=1).any())


def draw(data: SurveyData) -> Figure:
    """Draw one panel, with large bubbles behind small ones."""
    figure = Figure(figsize=(10, 5.6), layout="constrained")
    axes = figure.subplots()
    networks = data.networks.dropna(subset=["infer_step_time", "top1"]).sort_values("param_count", ascending=False)
    for row in networks.itertuples():
        is_comparable = row.top1_recipe == data.comparable_recipe
        colour = FAMILY_COLOURS[str(row.family)]
        axes.scatter(
            row.infer_samples_per_sec,
            row.top1,
            s=POINTS_PER_MILLION * row.param_count / 1e6,
            marker=FAMILY_MARKERS[str(row.family)],
            facecolor=colour if is_comparable else "none",
            edgecolor=WHITE if is_comparable else colour,
            linewidth=1.0 if is_comparable else 1.6,
            alpha=0.85,
        )
    axes.set_xscale("log")
    plain_log_axis(axes.xaxis)
    axes.margins(x=0.12, y=0.14)
    axes.set_xlabel(f"images per second at inference, {data.label}")
    axes.set_ylabel("top-1 accuracy on ImageNet, % (published)")
    axes.set_title("Accuracy against speed")
    families = [name for name in FAMILY_COLOURS if name in set(networks["family"])]
    handles = [_dot(FAMILY_COLOURS[name], 9.0, name, FAMILY_MARKERS[name]) for name in families]
    sizes = [_dot(SILVER, 2 * _radius(number), f"{number} M parameters") for number in LEGEND_MILLIONS]
    axes.legend(handles=[*handles, *sizes], loc="upper left", bbox_to_anchor=(1.01, 1.0), labelspacing=1.5, handletextpad=1.2)
    points = list(zip(networks["infer_samples_per_sec"], networks["top1"], strict=True))
    radii = [_radius(number / 1e6) for number in networks["param_count"]]
    place_labels(axes, points, networks["model"].tolist(), radii)
    return figure


def _radius(millions: float) -> float:
    """Return the radius, in points, of a bubble for a network of this many million parameters."""
    return math.sqrt(POINTS_PER_MILLION * millions / math.pi)


def _dot(colour: str, diameter: float, label: str, marker: str = "o") -> Line2D:
    return Line2D([], [], color=colour, marker=marker, linestyle="", markersize=diameter, label=label)
