"""A signal's way through networks before training: six quantities by block, with the seeds' range."""

import math
from collections.abc import Sequence
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures._axes import plain_log_axis
from analysis.figures._palette import BLUE, BROWN, GREEN, GREY, ORANGE, PURPLE, RED, SILVER, TEAL
from analysis.inference.signal import FACTOR, judge
from benchmarks.spec.signal import NetworkSignal, SignalCheck
from benchmarks.store.drawable import shown_names

TITLE = "Signal before training"
CAPTION = (
    "Each quantity after every block, at initialisation in training mode: median over seeds, with their range. Crosses mark where a signal or a "
    "gradient dies or explodes; the dotted lines are 1,000 times the images' variance, and a thousandth of it."
)
COLOURS = (TEAL, RED, ORANGE, PURPLE, BLUE, GREEN, BROWN, GREY)
PANELS = {
    "mean": "mean of the stream",
    "variance": "variance of the stream",
    "branch_to_stream": "branch / stream (standard deviations)",
    "gradient": "norm of the gradient at the stream",
    "weight_gradient": "norm of the gradient at the weights",
    "largest_gain": "largest gain of the block",
}
LONGEST_NAME = 40
FEW_TICKS = 1_000  # ratio of the largest to the smallest value below which ticks are plain numbers


def is_possible(data: object) -> bool:
    """Return whether the data are those of a signal check."""
    return isinstance(data, SignalCheck)


def draw(data: SignalCheck) -> Figure:
    """Draw a panel per quantity, with a line per network."""
    figure = Figure(figsize=(13, 7), layout="constrained")
    panels = dict(zip(PANELS, figure.subplots(2, 3, sharex=True).ravel(), strict=True))
    names = shown_names([network.name for network in data.networks], "network ", lambda name: len(name) <= LONGEST_NAME)
    for column, axes in panels.items():
        for network, name, colour in zip(data.networks, names, cycle(COLOURS), strict=False):
            _draw_line(axes, network, column, name, colour)
        _scale(axes, column, data)
        axes.set_title(PANELS[column])
        axes.xaxis.get_major_locator().set_params(integer=True)
    for network, colour in zip(data.networks, cycle(COLOURS), strict=False):
        _mark_findings(panels["variance"], panels["gradient"], network, colour)
    _draw_limits(panels["variance"], data)
    for axes in list(panels.values())[3:]:
        axes.set_xlabel("place of the block, from the first to the last")
    if any(judge(signal) for network in data.networks for signal in network.signals):
        panels["mean"].plot([], [], "x", color=GREY, markersize=10, markeredgewidth=2.5, label="dies or explodes (per seed)")
    panels["mean"].legend()
    shape = "x".join(map(str, data.image_shape))
    figure.suptitle(f"{TITLE}, {data.batch_size} images of {data.dataset} ({shape})", x=0.01, ha="left", fontsize=11)
    return figure


def _scale(axes: Axes, column: str, data: SignalCheck) -> None:
    """Make the axis of positive quantities logarithmic, with plain numbers if they differ little; say so if there are none."""
    blocks = [block for network in data.networks for of_seeds in network.stream.values() for block in of_seeds]
    values = _finite([getattr(block, column) for block in blocks])
    positive = [value for value in values if value > 0]
    if not values:
        axes.text(0.5, 0.5, "none", transform=axes.transAxes, ha="center", color=GREY)
    elif column != "mean" and positive:
        axes.set_yscale("log", nonpositive="mask")
        if max(positive) < FEW_TICKS * min(positive):
            plain_log_axis(axes.yaxis)


def _draw_line(axes: Axes, network: NetworkSignal, column: str, name: str, colour: str) -> None:
    values = [_finite([getattr(block, column) for block in blocks]) for blocks in network.stream.values()]
    places = np.arange(1, len(values) + 1)
    low, middle, high = (
        np.array([function(of_seeds) if of_seeds else math.nan for of_seeds in values]) for function in (min, np.median, max)
    )
    axes.plot(places, middle, color=colour, linewidth=1.8, marker="o", markersize=3, label=name)
    axes.fill_between(places, low, high, color=colour, alpha=0.2, linewidth=0)


def _mark_findings(variance: Axes, gradient: Axes, network: NetworkSignal, colour: str) -> None:
    """Mark where a signal or a gradient dies or explodes, at its value, or at the edge if that cannot be drawn."""
    names = list(network.stream)
    for signal in network.signals:
        for finding in judge(signal):
            axes, column = (variance, "variance") if finding.quantity == "signal" else (gradient, "gradient")
            if finding.block not in names:
                continue
            place = names.index(finding.block)
            value = next(getattr(block, column) for block in signal.stream if block.name == finding.block)
            if value is not None and math.isfinite(value) and value > 0:
                axes.plot(place + 1, value, "x", color=colour, markersize=10, markeredgewidth=2.5)
            else:
                edge = 0.02 if finding.kind == "dies" else 0.98
                axes.plot(
                    place + 1, edge, "x", color=colour, markersize=10, markeredgewidth=2.5, transform=axes.get_xaxis_transform()
                )


def _draw_limits(axes: Axes, data: SignalCheck) -> None:
    """Draw the limits of the rule, without enlarging the axis for them."""
    low, high = axes.get_ylim()
    variance = float(np.mean([signal.images_variance for network in data.networks for signal in network.signals]))
    for limit in (variance * FACTOR, variance / FACTOR):
        axes.axhline(limit, color=SILVER, linestyle=":", linewidth=1.2)
    axes.set_ylim(low, high)


def _finite(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None and math.isfinite(value)]
