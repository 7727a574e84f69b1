"""All that a folder OUT holds, read once: results, timing sessions, probes, and what cannot be read."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from analysis.pages.page import Page
from analysis.pages.study_page import Summary
from analysis.pages.survey_page import sessions_of
from analysis.tables.studies import Study, is_of_its_suite, studies_of
from benchmarks.spec.suite import load_suite, suite_names
from benchmarks.spec.survey import survey_names
from benchmarks.store.probes import ProbeResult, ProbeStore
from benchmarks.store.strict_json import MissingRecordError
from benchmarks.store.timings import TimingResult, TimingStore
from benchmarks.store.trials import TrialResult, TrialStore


@dataclass(frozen=True, kw_only=True)
class Records:
    """All that a folder OUT holds, read once, and a line for each record that cannot be read."""

    results: list[TrialResult]
    sessions: list[TimingResult]
    probes: list[ProbeResult]
    unreadable: list[str]

    def studies(self, suite_name: str) -> list[Study]:
        """The studies of a suite."""
        return studies_of(suite_name, load_suite(suite_name), self.results, self.sessions, self.probes)

    def page(self, study: Study) -> Summary:
        """What the report of a study says."""
        return Summary(study=study, unreadable=tuple(self.unreadable))

    @cached_property
    def pages(self) -> dict[str, list[Page]]:
        """By suite and survey, what is said of each study, and of each session of a survey or of a suite that was not trained.

        Studies of arms that suites share are left out where there are others.
        """
        pages: dict[str, list[Page]] = {}
        for name in (*suite_names(), *survey_names()):
            studies = self.studies(name) if name in suite_names() else []
            answering = [study for study in studies if is_of_its_suite(study)] or studies
            pages[name] = [*map(self.page, answering), *sessions_of(name, self.sessions)]
        return pages


def read_records(out: Path) -> Records:
    """The records under OUT/trials, OUT/timings and OUT/probes.

    Raises:
        NewerSchemaError: one is of a later schema.
    """
    results, unreadable = TrialStore(folder=out / "trials").read_all()
    sessions, more = TimingStore(folder=out / "timings").read_all()
    probes, others = ProbeStore(folder=out / "probes").read_all()
    return Records(results=results, sessions=sessions, probes=probes, unreadable=[*unreadable, *more, *others])


def missing(folder: Path, what: str, records: Records) -> MissingRecordError:
    """Say why there is nothing to report on, as far as the folder tells."""
    unreadable = "; ".join(["", *records.unreadable[:3]])
    return MissingRecordError(
        f"{folder} holds no readable record of the {what}{unreadable}: no report was written; the same command runs again what is missing"
    )
