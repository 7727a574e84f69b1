"""Figures, one file per kind: each has a `TITLE`, a `CAPTION`, `is_possible(data)` and `draw(data) -> Figure`, and computes no statistics."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from analysis.figures._families import COLOURS as COLOURS
from analysis.figures._families import FAMILY_COLOURS as FAMILY_COLOURS
from analysis.figures._families import FAMILY_MARKERS as FAMILY_MARKERS
from analysis.figures._families import FAMILY_WORDS as FAMILY_WORDS
from analysis.figures._families import MARKERS as MARKERS
from analysis.figures._inline import STYLESHEET as STYLESHEET  # for pages
from analysis.figures._inline import Panel, inlined, panels_of, svg_bytes, whole_file
from analysis.figures._looks import Look
from analysis.figures._palette import INK, MIST, SLATE, WHITE
from analysis.figures._scales import LINEAR, given, has_error_scale
from analysis.figures._variants import SLIDE, SLIDE_PANEL, Variant, arrange, small_png, style_of, written
from analysis.tables.arm_words import ArmWords, in_words, told_apart
from analysis.tables.probes import FunctionMap, ProbeArrays
from analysis.tables.published import Published
from analysis.tables.timings import Peaks
from benchmarks.spec.figures import FIGURE_PARTS, FIGURES
from benchmarks.spec.plugins import load_module, path_of

STYLE: dict[str, Any] = {
    "font.size": 10,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "grid.color": MIST,
    "grid.linewidth": 0.8,
    "axes.edgecolor": SLATE,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "text.color": INK,
    "axes.facecolor": "none",
    "figure.dpi": 72,  # that of SVG, so that boxes are measured as they are drawn
    "xtick.color": SLATE,
    "ytick.color": SLATE,
    "legend.frameon": False,
    "figure.facecolor": WHITE,
    "savefig.dpi": 160,
    "svg.fonttype": "none",
    "svg.hashsalt": "residual",  # the same figure gives the same bytes
}


@dataclass(frozen=True, kw_only=True, slots=True)
class FigureData:
    """Data of a study's figures: a row per trial, per epoch, and per arm and metric with its estimate, and published values.

    All are at the recipe's learning rate but `rates`, which holds the rows of `arms` at every rate, with `learning_rate` and `has_failures`.

    Means are over runs of one kind; `trained` holds for each arm with runs that fail how many train, such as "2 of 8", and `failures` the
    words "6 of 8 did not train". `arms` has in `median` the median over all runs where some but not all fail. `words` and `looks` hold for
    every arm its words and its one colour and mark. `confusions` holds by arm a matrix of counts, true by predicted class, of the test images
    over all seeds; it is empty without labels. `probes` holds by probe its rows with arm, family, depth and seed, `arrays` its long lists, one
    entry per network. `labels` holds the classes of the test images by seed; it is empty if they were not kept. `interval_note` is a sentence on
    the intervals of test errors.
    """

    trials: pd.DataFrame
    history: pd.DataFrame
    arms: pd.DataFrame
    rates: pd.DataFrame
    trained: Mapping[str, str]
    failures: Mapping[str, str]
    words: Mapping[str, ArmWords]
    looks: Mapping[str, Look]
    published: tuple[Published, ...]
    label: str
    chance_error_pct: float
    confusions: Mapping[str, NDArray[np.int64]]
    classes: tuple[str, ...]
    probes: Mapping[str, pd.DataFrame]
    arrays: Mapping[str, Sequence[ProbeArrays]]
    labels: Mapping[int, Sequence[int]]
    function_map: FunctionMap | None
    equal_costs: pd.DataFrame
    interval_note: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether no trial has a test error."""
        return len(self.trials) == 0

    @property
    def training_note(self) -> str:
        """Sentence with the arms of which some runs fail, to follow a caption; empty if none fails."""
        listed = ", ".join(f"{trained} of {arm}" for arm, trained in self.trained.items())
        return f" Not all runs train: {listed}." if listed else ""

    def named(self, arm: str) -> str:
        """Return the arm's words, followed by the number of runs that did not train if there are any."""
        return f"{self.named_only(arm)} ({self.failures[arm]})" if arm in self.failures else self.named_only(arm)

    def named_only(self, arm: str) -> str:
        """Return the arm's words, such as "residual, 56 layers"."""
        return in_words(self.words[arm]) if arm in self.words else arm

    def told_apart(self, arms: Iterable[str]) -> dict[str, str]:
        """Return for each of the arms that are shown together the words that the others do not share."""
        return told_apart({arm: self.words[arm] for arm in arms})

    def look(self, arm: str) -> Look:
        """Return the arm's colour and mark, which are the same in every figure."""
        return self.looks[arm]

    def has_rows(self, probe: str) -> bool:
        """Return whether a probe left rows."""
        return probe in self.probes and not self.probes[probe].empty


@dataclass(frozen=True, kw_only=True, slots=True)
class SurveyData:
    """Data of a survey's figures: a row per network with timm's columns, for the batch size of the claims, and the machine.

    `every` also has the rows of other batch sizes and of compiled networks. Published accuracies are comparable only under one recipe, the
    `comparable_recipe`. `compared_counts` has a row per claim that compares a count of two networks; `paths` the number of residual blocks of each
    network of whose paths a claim speaks.
    """

    networks: pd.DataFrame
    every: pd.DataFrame
    label: str
    comparable_recipe: str
    peaks: Peaks | None
    equal_costs: pd.DataFrame
    compared_counts: pd.DataFrame
    paths: Mapping[str, int]

    @property
    def is_empty(self) -> bool:
        """Whether no network could be timed or counted."""
        return len(self.networks) == 0


Data = TypeVar("Data", contravariant=True)


class FigureKind(Protocol[Data]):
    """Interface of a file of this folder."""

    TITLE: str
    CAPTION: str

    def is_possible(self, data: Data) -> bool:
        """Return whether the data contain all that the figure needs."""

    def draw(self, data: Data) -> Figure:
        """Draw the figure."""


def unescaped(name: str) -> str:
    """Return a drawn name as it was given: in drawings, dollar signs are escaped."""
    return name.replace(r"\$", "$")


def load_figure(name: str) -> FigureKind[Any]:
    """Load the kind of figure that a file of this folder defines.

    Raises:
        ValueError: the file does not exist, cannot be imported, or lacks a part; the message has its path.
    """
    module: Any = load_module("figure", FIGURES, name)
    for part in FIGURE_PARTS:
        value = getattr(module, part, None)
        if not (isinstance(value, str) if part.isupper() else callable(value)):
            raise ValueError(
                f"{path_of(FIGURES, name)}: its {part} must be a {'str' if part.isupper() else 'function'}, not {value!r}"
            )
    kind: FigureKind[Any] = module
    return kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """A drawn figure: the bytes of its files as "svg" and "png", its panels as inline SVG for a page, and its texts.

    `linear` are its panels with linear axes of errors, where seeds have no titles; empty if the axes of `inline` are no others.
    """

    files: dict[str, bytes]
    inline: str
    linear: str
    texts: frozenset[str]


def render(kind: FigureKind[Data], data: Data, name: str = "figure", has_png: bool = True) -> Rendered:
    """Draw a figure, and return it as files (PNG only if asked for) and for a page; the same data give the same bytes.

    `name` begins the ids of the page's SVG, which must differ between the figures of a page.
    """
    with rc_context(STYLE):  # type: ignore[arg-type]  # the stub lists every key as a literal
        figure, panels = _drawn(kind, data)
        svg = svg_bytes(figure)
        png = {"png": small_png(figure)} if has_png else {}
        texts = frozenset(text.get_text() for text in figure.findobj(Text) if isinstance(text, Text))
        linear = ""
        if has_error_scale(figure):
            with given(LINEAR, True):
                other, others = _drawn(kind, data)
            linear = inlined(svg_bytes(other), others, f"{name}-linear", has_titles=False)
    files = {"svg": whole_file(svg, panels, (name, kind.TITLE), WHITE), **png}
    return Rendered(files=files, inline=inlined(svg, panels, name), linear=linear, texts=texts)


def _drawn(kind: FigureKind[Data], data: Data) -> tuple[Figure, list[Panel]]:
    """Draw a figure, and return it with its panels, the first of which begins with what the kind says of the data by `describe`, if it does."""
    figure = kind.draw(data)
    describe = getattr(kind, "describe", None)
    return figure, panels_of(figure, kind.TITLE, str(describe(data)) if callable(describe) else "")


def render_variant(kind: FigureKind[Data], data: Data, name: str, variant: Variant, ending: str) -> bytes:
    """Draw a figure in another form than a report's: a panel, a slide, on dark ground or on none; as "svg", "png" or "pdf".

    Raises:
        ValueError: the figure has no such panel, or does not fit a slide.
    """
    style = rc_context(style_of(variant, STYLE))  # type: ignore[arg-type]  # the stub lists every key as a literal
    with given(SLIDE, SLIDE_PANEL if variant.is_slide else None), given(LINEAR, variant.is_linear), style:
        figure = kind.draw(data)
        arrange(figure, variant)
        return written(figure, variant, ending, (name, kind.TITLE))


def inline_svg(kind: FigureKind[Data], data: Data, name: str) -> str:
    """Draw a figure for a page, as described in `_inline`; `render` gives the same together with the files."""
    return render(kind, data, name).inline
