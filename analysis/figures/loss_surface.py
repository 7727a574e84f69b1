"""Loss around trained networks, as height on a plane of two random directions."""

import math

import numpy as np
from matplotlib.figure import Figure

from analysis.figures import FigureData
from analysis.figures._axes import panel_grid
from analysis.figures._palette import RED, WHITE
from benchmarks.spec.words import capital

TITLE = "The loss around a trained network"
CAPTION = (
    "Training loss (256 images) on a plane of two random directions through the trained weights, each filter's direction with the norm of the "
    "filter (Li et al. 2018); first seed only. Colours and contours are logarithmic, on one scale for all panels. The cross is the trained network."
)
HIGHEST = 1e4  # higher and non-finite losses are drawn as this
LEAST_RANGE = 0.1  # of the colour scale, for flat surfaces
PLACES = (-1, -0.5, 0, 0.5, 1)


def is_possible(data: FigureData) -> bool:
    """Return whether the probe left results."""
    return bool(data.arrays.get("loss_surface"))


def draw(data: FigureData) -> Figure:
    """Draw one panel per network of the first seed, and one scale of colours below."""
    first = min(network.seed for network in data.arrays["loss_surface"])
    networks = [network for network in data.arrays["loss_surface"] if network.seed == first]
    heights = [np.log10(np.clip(np.nan_to_num(network.arrays["losses"], nan=HIGHEST), 1e-4, HIGHEST)) for network in networks]
    lowest, highest = min(height.min() for height in heights), max(height.max() for height in heights)
    levels = np.linspace(lowest, max(highest, lowest + LEAST_RANGE), 22)
    figure, panels = panel_grid(len(networks), min(2, len(networks)), 4.0, 4.2)
    for axes, network, height in zip(panels, networks, heights, strict=True):
        side = round(len(height) ** 0.5)
        places = np.linspace(-1, 1, side)
        grid = height.reshape(side, side).T
        filled = axes.contourf(places, places, grid, levels=levels, cmap="viridis")
        if any(grid.min() < level < grid.max() for level in levels[::2]):  # else contour warns that there is no line
            axes.contour(places, places, grid, levels=levels[::2], colors=WHITE, linewidths=0.5, linestyles="solid")
        axes.plot(0, 0, "+", color=RED, markersize=12, markeredgewidth=2)
        axes.set_title(f"{capital(data.named_only(network.arm))}, {data.label}")
        axes.set_xlabel("first direction")
        axes.set_ylabel("second direction")
        axes.set_xticks(PLACES, [_signed(place) for place in PLACES])
        axes.set_yticks(PLACES, [_signed(place) for place in PLACES])
        axes.grid(visible=False)
    bar = figure.colorbar(filled, ax=panels, label="training loss, nats", location="bottom", aspect=35, shrink=0.7)
    ticks = _ticks(lowest, levels[-1])
    bar.set_ticks(ticks, labels=[_loss(tick) for tick in ticks])
    return figure


def _ticks(low: float, high: float) -> list[float]:
    """Return the logarithms of round losses inside a range: powers of ten, with 2 and 5 times them if there are few; else both ends."""
    powers = range(math.floor(low), math.ceil(high) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5)):
        ticks = [power + math.log10(step) for power in powers for step in steps if low <= power + math.log10(step) <= high]
        if len(ticks) > 2:
            return ticks
    return [low, high]


def _loss(height: float) -> str:
    loss = 10**height
    words = f"{loss:,.0f}" if loss >= 10 else f"{loss:.2g}"
    return f"{words} or more" if loss >= HIGHEST else words


def _signed(place: float) -> str:
    return f"{place:g}".replace("-", "\N{MINUS SIGN}")
