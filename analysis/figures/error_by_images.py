"""Test error against the share of the training images, for networks that were trained on more than one share."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.figures import FigureData
from analysis.figures._axes import error_axis, panel_row
from analysis.figures._marks import draw_seeds, label_ends, note_failures
from analysis.figures._svg import mark

TITLE = "Test error against the amount of data"
CAPTION = (
    "Each network was trained on shares of the training images, with the same number of steps on each. A marker and its bar are the mean and "
    "its 95% t interval over the runs that train (over all if none does), cut at zero; each small dot is one seed, hollow if it did not train. "
    "The scale is linear up to 2% and logarithmic above."
)
SIDES = 0.09  # relative shift of the share between networks


def is_possible(data: FigureData) -> bool:
    """Return whether any network was trained on more than one share of the images."""
    return bool((data.arms.groupby("network")["train_fraction"].nunique() > 1).any())


def draw(data: FigureData) -> Figure:
    """Draw one panel, with a line per network."""
    figure, (axes,) = panel_row(1, 4.2, 5.2)
    arms = data.arms[data.arms["metric"] == "test_error_pct"]
    networks = [name for name, rows in arms.groupby("network", sort=False) if rows["train_fraction"].nunique() > 1]
    drawn = arms[arms["network"].isin(networks)]
    seeds = data.trials[data.trials["arm"].isin(set(drawn["arm"]))]["test_error_pct"]
    axes.set_xscale("log")
    shares = sorted(100 * share for share in drawn["train_fraction"].unique())
    axes.set_xlim(shares[0] / 1.9, shares[-1] * 1.25)  # at the left is room for the number of failed runs
    error_axis(axes.yaxis, [*drawn["low"], *drawn["high"], *seeds])
    axes.xaxis.set_major_locator(FixedLocator(shares))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:g}%")
    axes.set_xlabel("share of the training images")
    axes.set_ylabel("test error")
    axes.set_title(f"Test error, {data.label}")
    figure.draw_without_rendering()
    names = _names(data, networks)
    ends = [
        _line(axes, data, network, names[str(network)], number - (len(networks) - 1) / 2)
        for number, network in enumerate(networks)
    ]
    label_ends([(axes, ends)])
    return figure


def _names(data: FigureData, networks: list[object]) -> dict[str, str]:
    """Return the words of each network: those of its arm on the most images."""
    largest = data.arms.sort_values("train_fraction").drop_duplicates("network", keep="last").set_index("network")["arm"]
    apart = data.told_apart([largest[network] for network in networks])
    return {str(network): apart[largest[network]] for network in networks}


def _line(axes: Axes, data: FigureData, network: object, name: str, side: float) -> tuple[float, float, str, str]:
    """Draw a network's means, intervals and seeds, and return where its line ends."""
    arms = data.arms[(data.arms["metric"] == "test_error_pct") & (data.arms["network"] == network)].sort_values("train_fraction")
    look = data.look(str(arms["arm"].iloc[-1]))
    places = 100 * arms["train_fraction"] * (1 + SIDES * side)
    axes.plot(places, arms["value"], color=look.colour, linewidth=1.6, label=name)
    for place, row in zip(places, arms.itertuples(), strict=True):
        arm = str(row.arm)
        bar = [max(0.0, float(row.low)), float(row.high)]
        axes.plot([place] * 2, bar, color=look.colour, linewidth=2, gid=mark("mean", arm))
        axes.plot([place], [row.value], look.marker, color=look.colour, gid=mark("mean", arm))
        seeds = data.trials[data.trials["arm"] == arm]
        draw_seeds(axes, data, seeds, "test_error_pct", at=place * 1.015, towards=(1, 0), size=3.2)
        note_failures(axes, data, arm, (place, float(row.value)))
    return float(places.iloc[-1]), float(arms["value"].iloc[-1]), name, look.colour
