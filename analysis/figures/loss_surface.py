"""Loss around trained networks, as height on a plane of two random directions."""

import numpy as np
from matplotlib.figure import Figure

from analysis.figures import FigureData
from analysis.figures._palette import RED, WHITE

TITLE = "The loss around a trained network"
CAPTION = (
    "Training loss (256 images) on a plane of two random directions through the trained weights, each filter's direction with the norm of the "
    "filter (Li et al. 2018); first seed only. Colours and contours are the logarithm to base 10, on one scale that ends at 10,000. The cross is "
    "the trained network."
)
HIGHEST = 1e4  # higher and non-finite losses are drawn as this
LEAST_RANGE = 0.1  # of the colour scale, for flat surfaces


def is_possible(data: FigureData) -> bool:
    """Return whether the probe left results."""
    return bool(data.arrays.get("loss_surface"))


def draw(data: FigureData) -> Figure:
    """Draw one panel per network of the first seed."""
    first = min(network.seed for network in data.arrays["loss_surface"])
    networks = [network for network in data.arrays["loss_surface"] if network.seed == first]
    heights = [np.log10(np.clip(np.nan_to_num(network.arrays["losses"], nan=HIGHEST), 1e-4, HIGHEST)) for network in networks]
    lowest, highest = min(height.min() for height in heights), max(height.max() for height in heights)
    levels = np.linspace(lowest, max(highest, lowest + LEAST_RANGE), 22)
    figure = Figure(figsize=(5.2 * len(networks), 4.6), layout="constrained")
    panels = figure.subplots(1, len(networks), sharex=True, sharey=True, squeeze=False)[0]
    for axes, network, height in zip(panels, networks, heights, strict=True):
        side = round(len(height) ** 0.5)
        places = np.linspace(-1, 1, side)
        grid = height.reshape(side, side).T
        filled = axes.contourf(places, places, grid, levels=levels, cmap="viridis")
        if any(grid.min() < level < grid.max() for level in levels[::2]):  # else contour warns that there is no line
            axes.contour(places, places, grid, levels=levels[::2], colors=WHITE, linewidths=0.5)
        axes.plot(0, 0, "+", color=RED, markersize=12, markeredgewidth=2)
        axes.set_title(f"{network.arm}, {data.label}")
        axes.set_xlabel("first direction")
        axes.grid(visible=False)
    panels[0].set_ylabel("second direction")
    figure.colorbar(filled, ax=panels, label="training loss, log10 of nats", format="{x:.1f}")
    return figure
