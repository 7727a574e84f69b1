"""What perceptrons of growing depth make of a curve, without and with shortcuts: functions that can be drawn."""

from matplotlib.figure import Figure

from analysis.figures import COLOURS, FAMILY_WORDS, FigureData

TITLE = "The map's twin: learned curves"
CAPTION = (
    "Perceptrons of one input and one output, fitted to the black curve (64 points, 400 steps, the same for all); a coloured line is what one "
    "seed has learned. They have as many hidden layers as the network of that depth has blocks."
)


def is_possible(data: FigureData) -> bool:
    """Whether any curve was learned."""
    return bool(data.arrays.get("regression"))


def draw(data: FigureData) -> Figure:
    """A line of panels for each family, one column a depth."""
    found = data.arrays["regression"]
    depths = sorted({one.depth for one in found})
    families = [family for family in COLOURS if family in {one.family for one in found}]
    figure = Figure(figsize=(11, 2.4 * len(families)), layout="constrained")
    panels = figure.subplots(len(families), len(depths), sharex=True, sharey=True, squeeze=False)
    for row, family in enumerate(families):
        for column, depth in enumerate(depths):
            axes = panels[row][column]
            here = [one for one in found if (one.family, one.depth) == (family, depth)]
            for one in here:
                axes.plot(one.arrays["x"], one.arrays["learned"], color=COLOURS[family], linewidth=1.1, alpha=0.8)
            if here:
                axes.plot(here[0].arrays["x"], here[0].arrays["true"], color="#1d2731", linewidth=1.2, linestyle="--")
            axes.set_title(f"{FAMILY_WORDS[family]}, {(depth - 2) // 2} layers")
            axes.set_ylim(-2.2, 2.2)
    for axes in panels[-1]:
        axes.set_xlabel("input")
    for line in panels:
        line[0].set_ylabel("output")
    return figure
