"""The course's sketch of classes of functions and the ground truth: classes that include each other, and classes that do not.

Drawn after Zhang et al., Dive into Deep Learning, section 8.6.1 and figure 8.6.1.
"""

import math
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Ellipse

from analysis.figures._palette import GOLD, INK, TEAL

TRUTH = (0.86, 0.78)
LIMITS = (-1.05, 1.05)


@dataclass(frozen=True, kw_only=True, slots=True)
class Class:
    """Class of functions in a sketch: an ellipse with its centre, width, height and angle, and where its name is."""

    centre: tuple[float, float]
    width: float
    height: float
    angle: float
    name: tuple[float, float]


OTHER = (  # larger ones may be farther from the ground truth
    Class(centre=(-0.30, 0.05), width=0.34, height=0.26, angle=20, name=(-0.30, 0.05)),
    Class(centre=(-0.10, 0.28), width=0.62, height=0.44, angle=35, name=(-0.02, 0.42)),
    Class(centre=(0.12, 0.22), width=1.00, height=0.62, angle=30, name=(0.42, 0.36)),
    Class(centre=(-0.38, -0.18), width=1.08, height=0.86, angle=-25, name=(-0.66, -0.08)),
    Class(centre=(-0.20, -0.42), width=1.52, height=0.96, angle=-12, name=(-0.20, -0.70)),
)
START, FIRST, ANGLE = (-0.64, -0.52), (0.36, 0.28), 38  # of the nested classes: centre, width and height of the first
DRIFT = 0.9  # share of its growth by which a class moves towards the ground truth; below 1 it includes the smaller ones


def _nested(times: float, name: tuple[float, float]) -> Class:
    """Return a class that is `times` as large as the first one, and includes all smaller ones."""
    moved = DRIFT * (times - 1) * FIRST[0] / 2
    centre = (START[0] + moved * math.cos(math.radians(ANGLE)), START[1] + moved * math.sin(math.radians(ANGLE)))
    return Class(centre=centre, width=times * FIRST[0], height=times * FIRST[1], angle=ANGLE, name=name)


NESTED = (
    _nested(1.0, (-0.64, -0.52)),
    _nested(2.0, (-0.38, -0.30)),
    _nested(3.0, (-0.10, -0.09)),
    _nested(4.1, (0.16, 0.12)),
    _nested(5.3, (0.45, 0.36)),
)


def draw_sketch(axes: Axes, classes: tuple[Class, ...]) -> None:
    """Draw the classes, each with its name, and the ground truth outside of them; nothing in it is measured."""
    for number, shown in enumerate(classes, start=1):
        axes.add_patch(
            Ellipse(shown.centre, shown.width, shown.height, angle=shown.angle, facecolor=TEAL, alpha=0.09, edgecolor="none")
        )
        axes.add_patch(
            Ellipse(shown.centre, shown.width, shown.height, angle=shown.angle, fill=False, edgecolor=TEAL, linewidth=1.3)
        )
        axes.text(*shown.name, f"class {number}", ha="center", va="center", fontsize=9)
    axes.plot(*TRUTH, marker="*", markersize=15, color=GOLD, markeredgecolor=INK, linestyle="")
    axes.annotate("ground truth", TRUTH, (0, 10), textcoords="offset points", ha="center", fontsize=9)
    axes.set_xlim(*LIMITS)
    axes.set_ylim(*LIMITS)
    axes.set_aspect("equal")
    axes.set_axis_off()
