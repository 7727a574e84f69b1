"""The loss around trained networks, as heights on a plane of two random directions."""

import numpy as np
from matplotlib.figure import Figure

from analysis.figures import FigureData

TITLE = "The loss around a trained network"
CAPTION = (
    "Training loss (256 images) on a plane of two random directions through the trained weights, each filter's direction as long as the "
    "filter itself (Li et al. 2018); seed 0. Colours and lines are its logarithm to base 10, on one scale that ends at 10,000; the cross is the "
    "trained network."
)
HIGHEST = 1e4  # what is higher, or no number, is drawn as this
LEAST_RANGE = 0.1  # of the scale: a surface may be flat


def is_possible(data: FigureData) -> bool:
    """Whether the probe was asked."""
    return bool(data.arrays.get("loss_surface"))


def draw(data: FigureData) -> Figure:
    """One panel a network of the first seed."""
    first = min(one.seed for one in data.arrays["loss_surface"])
    found = [one for one in data.arrays["loss_surface"] if one.seed == first]
    heights = [np.log10(np.clip(np.nan_to_num(one.arrays["losses"], nan=HIGHEST), 1e-4, HIGHEST)) for one in found]
    lowest, highest = min(one.min() for one in heights), max(one.max() for one in heights)
    levels = np.linspace(lowest, max(highest, lowest + LEAST_RANGE), 22)
    figure = Figure(figsize=(5.2 * len(found), 4.6), layout="constrained")
    panels = figure.subplots(1, len(found), sharex=True, sharey=True, squeeze=False)[0]
    for axes, one, height in zip(panels, found, heights, strict=True):
        side = round(len(height) ** 0.5)
        places = np.linspace(-1, 1, side)
        grid = height.reshape(side, side).T
        filled = axes.contourf(places, places, grid, levels=levels, cmap="viridis")
        if any(grid.min() < level < grid.max() for level in levels[::2]):  # else it warns that there is no line
            axes.contour(places, places, grid, levels=levels[::2], colors="white", linewidths=0.5)
        axes.plot(0, 0, "+", color="#d1495b", markersize=12, markeredgewidth=2)
        axes.set_title(f"{one.arm}, {data.label}")
        axes.set_xlabel("first direction")
        axes.grid(visible=False)
    panels[0].set_ylabel("second direction")
    figure.colorbar(filled, ax=panels, label="training loss, log10 of nats", format="{x:.1f}")
    return figure
