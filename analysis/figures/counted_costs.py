"""Parameters and multiply-adds of counted networks, with the pairs that claims compare, and the lengths of the paths through one of them."""

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.figures import FAMILY_COLOURS, FAMILY_MARKERS, SurveyData
from analysis.figures._axes import panel_row
from analysis.figures._marks import LINE, POINT, label_ends
from analysis.figures._palette import SILVER, SLATE, TEAL
from analysis.figures._svg import mark
from analysis.figures._variants import SLIDE
from analysis.tables.arm_words import in_words, noun_phrase, words_of
from analysis.tables.counts import short_count
from benchmarks.spec.words import capital
from resnet_variants.paths import MIDDLE, share_of_paths

TITLE = "Counted costs"
CAPTION = (
    "One row per network, by multiply-adds, of more than 16 only those that claims compare; the axis of counts is logarithmic. Hollow: "
    "parameters. Filled: multiply-adds per image of the network's own size. A bracket joins two networks that a claim compares, "
    "with how many times the smaller count the larger is. Paths: each residual block "
    "is passed through its branch or its shortcut; the length of a path is the number of branches on it."
)
WORDS = {"params": "parameters", "macs": "multiply-adds", "activations": "activations"}
ROW = 2.2  # lines of text
MOST_ROWS = 16  # of which a screen shows readable names
SINGLE, BESIDE_PATHS = 5.2, 4.2  # inches, of a panel: axes get equal widths, and those of counts have labels at both sides
WRAP, WRAP_ON_SLIDE, WRAP_OF_PAIRS = 25, 60, 17  # characters
LEFT, RIGHT = 0.27, 0.28  # shares of the axis for the numbers next to marks
LANE, LANES = 0.045, 0.25  # shares for a bracket, and for all at most
THOUSAND = 3  # powers of ten between ticks
EQUAL = 1e-9
Bracket = tuple[int, int, str]  # upper row, lower row, words


def is_possible(data: SurveyData) -> bool:
    """Return whether any network was counted exactly."""
    return bool(data.networks[["param_count", "gmacs"]].notna().all(axis=1).any())


def describe(data: SurveyData) -> str:
    """Return the counts of every network, the pairs that claims compare, and the shares of paths of middle length."""
    networks = [
        f"{capital(_named(row.model))}: {short_count(row.param_count)} parameters, {short_count(row.macs)} multiply-adds."
        for row in _counted(data).itertuples()
    ]
    pairs = [f"{capital(_named(arm))} over {_named(reference)}: {words}." for reference, arm, words in _pairs(data)]
    paths = [f"{_named(name)}: {_share(number)} of {number}." for name, number in data.paths.items()]
    return " ".join([*networks, *pairs, *map(capital, paths)])


def draw(data: SurveyData) -> Figure:
    """Draw a panel of counts, and one of path lengths for each network of whose paths a claim speaks."""
    counted = _counted(data)
    height = max(3.0, len(counted) * ROW * LINE / POINT + 0.9)
    figure, (costs, *others) = panel_row(1 + len(data.paths), height, BESIDE_PATHS if data.paths else SINGLE, is_shared=False)
    for axes, (name, number) in zip(others, data.paths.items(), strict=True):
        _draw_paths(axes, name, number)
    _draw_costs(costs, counted, _pairs(data))
    return figure


def _counted(data: SurveyData) -> pd.DataFrame:
    """Return the networks that were counted exactly, the lightest first, with multiply-adds as whole numbers; of many those that claims compare."""
    rows = data.networks.dropna(subset=["param_count", "gmacs"])
    is_compared = rows["model"].isin(data.compared_counts[["reference", "arm"]].to_numpy().ravel())
    if len(rows) > MOST_ROWS and is_compared.any():
        rows = rows[is_compared]
    return rows.assign(macs=(1e9 * rows["gmacs"]).round()).sort_values("macs", kind="stable").reset_index(drop=True)


def _pairs(data: SurveyData) -> list[tuple[str, str, str]]:
    """Return each pair of networks that claims compare, as reference, arm and their ratios in words."""
    found = []
    for (reference, arm), rows in data.compared_counts.groupby(["reference", "arm"], sort=False):
        equal = [WORDS[row.metric] for row in rows.itertuples() if abs(row.times - 1) < EQUAL]
        others = [
            f"{row.times:.3g} times the {WORDS[row.metric]}{'' if abs(row.stated - 1) < EQUAL else f' ({row.stated:.3g} claimed)'}"
            for row in rows.itertuples()
            if abs(row.times - 1) >= EQUAL
        ]
        found.append((str(reference), str(arm), "; ".join([*([f"equal {' and '.join(equal)}"] if equal else []), *others])))
    return found


def _draw_costs(axes: Axes, counted: pd.DataFrame, pairs: list[tuple[str, str, str]]) -> None:
    """Draw both counts of each network in its row, and a bracket for each pair."""
    for place, row in enumerate(counted.itertuples()):
        colour, marker = FAMILY_COLOURS[str(row.family)], FAMILY_MARKERS[str(row.family)]
        for count, words, face, (side, shift) in (
            (row.param_count, "parameters", "none", ("right", -6)),
            (row.macs, "multiply-adds", colour, ("left", 6)),
        ):
            gid = mark("network", str(row.model), f"{capital(_named(row.model))}: {count:,.0f} {words}")
            axes.plot([count], [place], marker, color=colour, markerfacecolor=face, markersize=7, gid=gid)
            if place == 0:
                axes.annotate(words, (count, place), (0, 11), textcoords="offset points", ha=side, fontsize=9)
            axes.annotate(
                short_count(count), (count, place), (shift, 0), textcoords="offset points", ha=side, va="center", fontsize=9
            )
    wrap = WRAP_ON_SLIDE if SLIDE.get() else WRAP
    axes.set_yticks(range(len(counted)), [fill(capital(_named(name)), wrap) for name in counted["model"]], fontsize=9)
    axes.set_ylim(len(counted) - 0.4, -1.1)
    axes.set_xscale("log")
    powers = np.log10(counted[["param_count", "macs"]].to_numpy())
    lanes = _lanes(counted, pairs)
    lane = min(LANE, LANES / max(1, len(lanes)))
    whole = np.ptp(powers) / (1 - LEFT - RIGHT - lane * len(lanes))
    axes.set_xlim(10 ** (powers.min() - LEFT * whole), 10 ** (powers.max() + (RIGHT + lane * len(lanes)) * whole))
    ticks = np.arange(THOUSAND * np.ceil(powers.min() / THOUSAND), powers.max() + 1, THOUSAND)
    axes.xaxis.set_major_locator(FixedLocator(list(10.0**ticks)))
    axes.xaxis.set_major_formatter(lambda value, _: short_count(value))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("parameters, or multiply-adds per image")
    axes.set_title("Parameters and multiply-adds")
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    label_ends([(axes, _draw_brackets(axes, lanes, lane))], WRAP_OF_PAIRS, WRAP_OF_PAIRS)


def _lanes(counted: pd.DataFrame, pairs: list[tuple[str, str, str]]) -> list[list[Bracket]]:
    """Return the brackets of the pairs in lanes in which none overlaps another, the longest in the first."""
    places = {str(name): place for place, name in enumerate(counted["model"])}
    known = [(places[reference], places[arm], words) for reference, arm, words in pairs if {reference, arm} <= places.keys()]
    found: list[Bracket] = [(min(one, other), max(one, other), words) for one, other, words in known]
    lanes: list[list[Bracket]] = []
    for top, bottom, words in sorted(found, key=lambda bracket: bracket[0] - bracket[1]):
        free = (lane for lane in lanes if all(bottom < other[0] or other[1] < top for other in lane))
        chosen = next(free, None)
        if chosen is None:
            lanes.append(chosen := [])
        chosen.append((top, bottom, words))
    return lanes


def _draw_brackets(axes: Axes, lanes: list[list[Bracket]], width: float) -> list[tuple[float, float, str, str]]:
    """Draw the brackets at the right, each lane of a share of the axis; return where their labels begin, and the labels."""
    ends = []
    across = axes.get_yaxis_transform()
    for number, lane in enumerate(lanes):
        x = 1 - width * (len(lanes) - number - 0.5)
        (place, _) = axes.transData.inverted().transform(axes.transAxes.transform((x, 0)))
        for top, bottom, words in lane:
            axes.plot(
                [x - width / 2, x, x, x - width / 2], [top, top, bottom, bottom], color=SLATE, linewidth=1.2, transform=across
            )
            ends.append((float(place), (top + bottom) / 2, words, SLATE))
    return ends


def _draw_paths(axes: Axes, name: str, num_blocks: int) -> None:
    """Draw the share of all paths by length, with those of middle length in a colour."""
    lengths = np.arange(num_blocks + 1)
    shares = np.array([100 * share_of_paths(num_blocks, length, length) for length in range(num_blocks + 1)])
    is_middle = (lengths >= MIDDLE[0]) & (lengths <= MIDDLE[1])
    axes.bar(lengths[~is_middle], shares[~is_middle], width=0.8, color=SILVER)
    axes.bar(lengths[is_middle], shares[is_middle], width=0.8, color=TEAL)
    axes.set_xlabel("blocks on a path")
    axes.set_ylabel("share of all paths, %")
    axes.set_title(f"Paths ({_named(name)}: {num_blocks} blocks)")
    axes.set_ylim(0, 1.25 * shares.max())
    axes.annotate(
        fill(_share(num_blocks), 24), (0.5, 0.98), xycoords="axes fraction", ha="center", va="top", fontsize=9, color=TEAL
    )
    axes.grid(visible=False, axis="x")


def _share(num_blocks: int) -> str:
    """Describe the share of paths of middle length."""
    fewest, most = MIDDLE
    return f"{100 * share_of_paths(num_blocks, fewest, most):.1f}% of all paths pass through {fewest} to {most} blocks"


def _named(name: object) -> str:
    """Return a network's own name in words, such as "ResNet-34", or its label, such as "plain, 20 layers"."""
    phrase = noun_phrase(str(name))
    return in_words(words_of([str(name)])[str(name)]) if phrase.startswith("the ") else phrase
