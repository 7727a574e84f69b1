"""Where the test images lie behind some layers, on two principal axes, coloured by class."""

from matplotlib import colormaps
from matplotlib.figure import Figure

from analysis.figures import FigureData

TITLE = "Test images through the layers"
CAPTION = (
    "Each dot is a test image on the first two principal axes of the averaged features behind the stem, behind two blocks on the way, and "
    "behind the last; coloured by class, seed 0. Scales differ from picture to picture."
)


def is_possible(data: FigureData) -> bool:
    """Whether the probe was asked, and the labels are there."""
    return bool(data.arrays.get("separation")) and bool(data.labels)


def draw(data: FigureData) -> Figure:
    """One row an arm, one column a layer."""
    first = min(one.seed for one in data.arrays["separation"])
    found = [one for one in data.arrays["separation"] if one.seed == first]
    columns = max(len(one.arrays) for one in found)
    figure = Figure(figsize=(2.75 * columns, 2.6 * len(found)), layout="constrained")
    panels = figure.subplots(len(found), columns, squeeze=False)
    colours = [colormaps["tab10"](label % 10) for label in data.labels]
    for line, one in zip(panels, found, strict=True):
        for axes, (layer, flat) in zip(line, one.arrays.items(), strict=False):
            places = flat.reshape(-1, 2)
            axes.scatter(places[:, 0], places[:, 1], s=5, c=colours[: len(places)], linewidths=0, rasterized=True)
            axes.set_title(
                f"{one.arm}, {layer.replace('layer', 'block')}" if layer != "layer 0" else f"{one.arm}, stem", fontsize=9
            )
            axes.set_xticks([])
            axes.set_yticks([])
            axes.grid(visible=False)
    return figure
