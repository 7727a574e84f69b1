"""Figures, one file a kind: each has a `TITLE`, a `CAPTION`, `is_possible(data)` and `draw(data) -> Figure`, and computes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol, TypeVar

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from analysis.tables.probes import FunctionMap, ProbeArrays
from analysis.tables.published import Published
from analysis.tables.timings import Peaks
from benchmarks.spec.plugins import load_module, path_of
from benchmarks.spec.suite import FIGURE_PARTS, FIGURES

FORMATS = ("svg", "png")
COLOURS = {"plain": "#d1495b", "residual": "#00798c", "other": "#6b7580"}
FAMILY_WORDS = {"plain": "plain", "residual": "residual", "other": "other networks"}
FAMILY_COLOURS = {
    "ResNet": "#00798c",
    "ResNet, pre-activation": "#4f7cc4",
    "ResNeXt": "#c46f00",
    "Wide ResNet": "#5b4b8a",
    "plain": "#d1495b",
    "other residual networks": "#3b8a5b",
    "without residual blocks": "#6b7580",
    "other networks": "#1d2731",
}
FAMILY_MARKERS = {
    "ResNet": "o",
    "ResNet, pre-activation": "D",
    "ResNeXt": "^",
    "Wide ResNet": "s",
    "plain": "v",
    "other residual networks": "p",
    "without residual blocks": "P",
    "other networks": "X",
}
MARKERS = {"plain": "s", "residual": "o", "other": "P"}
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
    "grid.color": "#e3e6ea",
    "grid.linewidth": 0.8,
    "axes.edgecolor": "#9aa3ad",
    "xtick.color": "#4a535c",
    "ytick.color": "#4a535c",
    "legend.frameon": False,
    "figure.facecolor": "white",
    "savefig.dpi": 160,
    "svg.fonttype": "path",
    "svg.hashsalt": "residual",  # the same figure is the same file
}


@dataclass(frozen=True, kw_only=True, slots=True)
class FigureData:
    """What figures are drawn from: a row a trial, a row an epoch, a row an arm with its estimates, and what papers print.

    A confusion is a matrix of counts, truth by guess, of an arm's test images over all seeds; there is none where the labels were not kept.
    `probes` are the rows that each probe left, with arm, family, depth and seed; `arrays` its long lists, one entry a network. `labels` are
    those of the test images, none where they were not kept.
    """

    trials: pd.DataFrame
    history: pd.DataFrame
    arms: pd.DataFrame
    published: tuple[Published, ...]
    label: str
    chance_error_pct: float
    confusions: Mapping[str, NDArray[np.int64]]
    classes: tuple[str, ...]
    probes: Mapping[str, pd.DataFrame]
    arrays: Mapping[str, Sequence[ProbeArrays]]
    labels: tuple[int, ...]
    function_map: FunctionMap | None
    equal_costs: pd.DataFrame

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw: no trial has a test error."""
        return len(self.trials) == 0

    def has_rows(self, probe: str) -> bool:
        """Whether a probe left rows."""
        return probe in self.probes and not self.probes[probe].empty


@dataclass(frozen=True, kw_only=True, slots=True)
class SurveyData:
    """What figures of a survey are drawn from: a row a network with timm's columns, in the batches that claims speak of, and where it was timed.

    `every` has the rows of other batches and of compiled networks, too. Published accuracies compare under one recipe alone, the
    `comparable_recipe`.
    """

    networks: pd.DataFrame
    every: pd.DataFrame
    label: str
    comparable_recipe: str
    peaks: Peaks | None
    equal_costs: pd.DataFrame

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw: no network could be timed or counted."""
        return len(self.networks) == 0


Data = TypeVar("Data", contravariant=True)


class FigureKind(Protocol[Data]):
    """A file of this folder."""

    TITLE: str
    CAPTION: str

    def is_possible(self, data: Data) -> bool:
        """Whether the data hold what the picture needs."""

    def draw(self, data: Data) -> Figure:
        """The picture."""


def load_figure(name: str) -> FigureKind[Any]:
    """The kind of figure that a file of this folder draws.

    Raises:
        ValueError: there is no such file; or it fails, or lacks a part, which is said with its path.
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


def render(kind: FigureKind[Data], data: Data) -> tuple[dict[str, bytes], set[str]]:
    """The picture in every format, by the format's name, and every text in it; the same data give the same bytes."""
    rendered = {}
    with rc_context(STYLE):  # type: ignore[arg-type]  # the stub lists every key as a literal
        figure = kind.draw(data)
        for name in FORMATS:
            buffer = BytesIO()
            metadata = {"Date": None} if name == "svg" else {"Software": None}
            figure.savefig(buffer, format=name, metadata=metadata, bbox_inches="tight")
            rendered[name] = buffer.getvalue()
        texts = {text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)}
    return rendered, texts
