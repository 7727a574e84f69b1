"""Interface of the content of a report, of a study or of a timing session."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import pandas as pd

from analysis.figures import FigureData, SurveyData
from analysis.inference.predictions import Scored
from analysis.inference.totals import Group, RunSet
from analysis.inference.tuned import Tuned
from analysis.inference.verdicts import Verdict
from analysis.pages.drawn_names import Key
from analysis.tables.published import PublishedEffect
from benchmarks.store.out import Out

Table = tuple[Sequence[str], Sequence[Sequence[str]]]  # names of columns, and rows of texts


class Page(Protocol):
    """Content of a report; templates may use further attributes of the concrete class."""

    @property
    def name(self) -> str:
        """Name of the suite or survey."""

    @property
    def folder(self) -> str:
        """Folder of the report, relative to OUT."""

    @property
    def is_own(self) -> bool:
        """Whether the records were made for this suite, and not only for others that share its arms."""

    @property
    def question(self) -> str:
        """Question of the suite or survey."""

    @property
    def main_claim(self) -> str:
        """Id of the claim that answers the question; "" if the suite claims nothing that is judged here."""

    @property
    def answer(self) -> str:
        """Answer to the question in one sentence with its numbers."""

    @property
    def kicker(self) -> str:
        """Line with the suite and the conditions of the run."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings to read before the verdicts."""

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Verdicts, one per claim."""

    @property
    def tuned(self) -> Tuned | None:
        """Verdicts with each arm at its own best learning rate, in none of the totals; None if the arms are not tuned."""

    @property
    def predictions(self) -> Scored | None:
        """Predictions of the claims from before the run, with their scores; None without any."""

    @property
    def run_sets(self) -> frozenset[RunSet]:
        """Distinct sets of runs that the tested claims of evidence rest on."""

    @property
    def groups(self) -> Sequence[Group]:
        """Verdicts by kind of claim."""

    @property
    def published_effects(self) -> Mapping[str, PublishedEffect | None]:
        """Effect in published values, by claim id; None if there is none."""

    @property
    def concerns(self) -> Mapping[str, Sequence[str]]:
        """Sentences by claim id on arms that a referee would doubt."""

    @property
    def figures(self) -> tuple[str, ...]:
        """Names of the figures of the suite or survey."""

    @property
    def frame(self) -> pd.DataFrame:
        """Rows of the CSV file next to the page."""

    @property
    def frame_file(self) -> str:
        """Name of the CSV file with these rows."""

    @property
    def templates(self) -> Mapping[str, str]:
        """Name of the template of each file of the report."""

    @property
    def table(self) -> Table:
        """Table of the arms or networks that a run prints."""

    def figure_data(self, out: Out) -> tuple[FigureData | SurveyData, Key]:
        """Return the data of the figures, and their legend."""

    def values(self, out: Out) -> dict[str, object]:
        """Return further values for the templates."""
