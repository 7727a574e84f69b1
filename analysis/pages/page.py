"""What a report is written from, be it a study's or a timing session's."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import pandas as pd

from analysis.figures import FigureData, SurveyData
from analysis.inference.verdicts import Verdict
from analysis.pages.drawn_names import Key
from analysis.tables.published import PublishedEffect
from benchmarks.store.out import Out

Table = tuple[Sequence[str], Sequence[Sequence[str]]]  # names of columns, and rows of texts


class Page(Protocol):
    """All that a report says; its own templates may ask it for more."""

    @property
    def name(self) -> str:
        """The suite's, or the survey's."""

    @property
    def folder(self) -> str:
        """Where the report stands under OUT."""

    @property
    def is_own(self) -> bool:
        """Whether it was run for this suite, and not only for others that share its arms."""

    @property
    def question(self) -> str:
        """What the suite or the survey asks."""

    @property
    def kicker(self) -> str:
        """On what and how, in a line."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before the verdicts."""

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One for each claim."""

    @property
    def published_effects(self) -> Mapping[str, PublishedEffect | None]:
        """By claim, the same effect in published figures."""

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures that the suite or the survey names."""

    @property
    def frame(self) -> pd.DataFrame:
        """The rows that are written beside the page."""

    @property
    def frame_file(self) -> str:
        """The name of the file that holds these rows."""

    @property
    def templates(self) -> Mapping[str, str]:
        """By file of the report, the template that it is made with."""

    @property
    def table(self) -> Table:
        """What a run prints of its arms or networks."""

    def figure_data(self, out: Out) -> tuple[FigureData | SurveyData, Key]:
        """What the figures are drawn from, and their legend."""

    def values(self, out: Out) -> dict[str, object]:
        """What the templates need from beside the page itself."""
