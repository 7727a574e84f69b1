"""Curves that perceptrons of growing depth learn, without and with shortcuts: functions of one variable, which can be plotted."""

from matplotlib.figure import Figure

from analysis.figures import FigureData
from analysis.figures._axes import panel_grid
from analysis.figures._marks import label_ends
from analysis.figures._palette import INK
from analysis.figures._svg import mark
from benchmarks.spec.words import capital

TITLE = "Learned curves"
CAPTION = (
    "Perceptrons with one input and one output, fitted to the dashed black curve (64 points, 400 steps, equal for all). A coloured line is the "
    "curve that one seed learned. A network is represented by a perceptron with a hidden layer per block, a perceptron by itself."
)
COLUMNS = 2


def is_possible(data: FigureData) -> bool:
    """Return whether any curve was learned."""
    return bool(data.arrays.get("regression"))


def draw(data: FigureData) -> Figure:
    """Draw a panel per depth, with the curves of every arm of that depth."""
    networks = data.arrays["regression"]
    depths = sorted({network.depth for network in networks})
    figure, panels = panel_grid(len(depths), min(COLUMNS, len(depths)), 2.7, 4.6)
    ends = []
    for axes, depth in zip(panels, depths, strict=True):
        here = [network for network in networks if network.depth == depth]
        arms = list(dict.fromkeys(network.arm for network in here))
        names, last = data.told_apart(arms), {}
        axes.plot(
            here[0].arrays["x"], here[0].arrays["true"], color=INK, linewidth=1.6, linestyle="--", label="true curve", zorder=3
        )
        for network in here:
            colour, x, learned = data.look(network.arm).colour, network.arrays["x"], network.arrays["learned"]
            axes.plot(x, learned, color=colour, linewidth=1.1, gid=mark("line", network.arm))
            last[network.arm] = (float(x[-1]), float(learned[-1]), names[network.arm], colour)
        truth = (float(here[0].arrays["x"][-1]), float(here[0].arrays["true"][-1]), "true curve", INK)
        ends.append((axes, [*last.values(), truth]))
        axes.set_ylim(-2.2, 2.2)
        axes.set_xlabel("input")
        axes.set_ylabel("output")
        axes.set_title(f"{depth} layers" if len(arms) > 1 else capital(data.named_only(arms[0])))
    label_ends(ends, 18)
    return figure
