"""Features of the test images after some layers, on two principal axes, coloured by class."""

from matplotlib import colormaps
from matplotlib.figure import Figure

from analysis.figures import FigureData

TITLE = "Test images through the layers"
CAPTION = (
    "Each dot is a test image on the first two principal axes of the averaged features after the stem, after two blocks on the way, and after "
    "the last block; coloured by class, first seed only. Each panel has its own scale."
)


def is_possible(data: FigureData) -> bool:
    """Return whether the probe left results and the labels were kept."""
    return _first_seed(data) in data.labels


def draw(data: FigureData) -> Figure:
    """Draw one row of panels per arm, with a column per layer."""
    first = _first_seed(data)
    assert first is not None
    networks = [network for network in data.arrays["separation"] if network.seed == first]
    columns = max(len(network.arrays) for network in networks)
    figure = Figure(figsize=(2.75 * columns, 2.6 * len(networks)), layout="constrained")
    panels = figure.subplots(len(networks), columns, squeeze=False)
    colours = [colormaps["tab10"](label % 10) for label in data.labels[first]]
    for row, network in zip(panels, networks, strict=True):
        for axes, (layer, flat) in zip(row, network.arrays.items(), strict=False):
            places = flat.reshape(-1, 2)
            axes.scatter(places[:, 0], places[:, 1], s=5, c=colours[: len(places)], linewidths=0, rasterized=True)
            place = "stem" if layer == "layer 0" else layer.replace("layer", "block")
            axes.set_title(f"{network.arm}, {place}", fontsize=9)
            axes.set_xticks([])
            axes.set_yticks([])
            axes.grid(visible=False)
    return figure


def _first_seed(data: FigureData) -> int | None:
    """Return the first seed with results of the probe; None if there are none."""
    return min((network.seed for network in data.arrays.get("separation", ())), default=None)
