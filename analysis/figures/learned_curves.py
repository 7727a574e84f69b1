"""Curves that perceptrons of growing depth learn, without and with shortcuts: functions of one variable, which can be plotted."""

from matplotlib.figure import Figure

from analysis.figures import COLOURS, FigureData
from analysis.figures._palette import INK

TITLE = "Learned curves"
CAPTION = (
    "Perceptrons with one input and one output, fitted to the dashed black curve (64 points, 400 steps, equal for all). A coloured line is the "
    "curve that one seed learned. A network is represented by a perceptron with a hidden layer per block, a perceptron by itself."
)


def is_possible(data: FigureData) -> bool:
    """Return whether any curve was learned."""
    return bool(data.arrays.get("regression"))


def draw(data: FigureData) -> Figure:
    """Draw a row of panels per family, with a column per depth."""
    networks = data.arrays["regression"]
    depths = sorted({network.depth for network in networks})
    families = [family for family in COLOURS if family in {network.family for network in networks}]
    figure = Figure(figsize=(11, 2.4 * len(families)), layout="constrained")
    panels = figure.subplots(len(families), len(depths), sharex=True, sharey=True, squeeze=False)
    for row, family in enumerate(families):
        for column, depth in enumerate(depths):
            axes = panels[row][column]
            here = [network for network in networks if (network.family, network.depth) == (family, depth)]
            for network in here:
                axes.plot(network.arrays["x"], network.arrays["learned"], color=COLOURS[family], linewidth=1.1, alpha=0.8)
            if here:
                axes.set_title(here[0].arm)
                axes.plot(here[0].arrays["x"], here[0].arrays["true"], color=INK, linewidth=1.2, linestyle="--")
            axes.set_ylim(-2.2, 2.2)
    for axes in panels[-1]:
        axes.set_xlabel("input")
    for line in panels:
        line[0].set_ylabel("output")
    return figure
