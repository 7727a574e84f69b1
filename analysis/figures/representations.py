"""Features of the test images after some layers, on two principal axes, coloured by class."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures import FigureData
from analysis.figures._axes import panel_grid
from analysis.figures._palette import BLUE, BROWN, GOLD, GREEN, GREY, NAVY, OLIVE, ORANGE, PINK, PURPLE, RED, TEAL
from benchmarks.spec.words import capital

TITLE = "Test images through the layers"
CAPTION = (
    "Each dot is a test image on the first two principal axes of the averaged features after the stem, after two blocks on the way, and after "
    "the last block; coloured by class, first seed only. Each panel has its own scale."
)
HUES = (RED, BLUE, GREEN, ORANGE, PURPLE, TEAL, PINK, BROWN, OLIVE, GREY, NAVY, GOLD)
MOST_CLASSES = 20  # that the key names


def is_possible(data: FigureData) -> bool:
    """Return whether the probe left results and the labels were kept."""
    return _first_seed(data) in data.labels


def draw(data: FigureData) -> Figure:
    """Draw a panel per arm and layer, a row per arm, and a key of the classes below."""
    first = _first_seed(data)
    assert first is not None
    networks = [network for network in data.arrays["separation"] if network.seed == first]
    labels = np.asarray(data.labels[first])
    columns = max(len(network.arrays) for network in networks)
    figure, panels = panel_grid(columns * len(networks), columns, 2.6, 2.7, is_shared=False)
    rows = (panels[start : start + columns] for start in range(0, len(panels), columns))
    for row, network in zip(rows, networks, strict=True):
        for axes in row[len(network.arrays) :]:
            axes.set_axis_off()
        for axes, (layer, flat) in zip(row, network.arrays.items(), strict=False):
            places = flat.reshape(-1, 2)
            shown = labels[: len(places)]
            for label in np.unique(shown):
                here = places[: len(shown)][shown == label]
                axes.plot(here[:, 0], here[:, 1], "o", color=HUES[label % len(HUES)], markersize=2.4, markeredgewidth=0)
            place = "stem" if layer == "layer 0" else layer.replace("layer", "block")
            axes.set_title(f"{capital(data.named_only(network.arm))}\n{place}", fontsize=10)
            axes.set_xticks([])
            axes.set_yticks([])
    handles = [_dot(number, name) for number, name in enumerate(data.classes[:MOST_CLASSES])]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(5, len(handles)), title="class", fontsize=9)
    return figure


def _dot(number: int, name: str) -> Line2D:
    return Line2D([], [], color=HUES[number % len(HUES)], marker="o", linestyle="", markersize=6, label=name)


def _first_seed(data: FigureData) -> int | None:
    """Return the first seed with results of the probe; None if there are none."""
    return min((network.seed for network in data.arrays.get("separation", ())), default=None)
