"""Group the records of a run's folder into reports: studies and timing sessions, by suite and survey."""

from dataclasses import dataclass
from functools import cached_property

from analysis.pages.page import Page
from analysis.pages.study_page import Summary
from analysis.pages.survey_page import sessions_of
from analysis.tables.grouping import studies_of
from analysis.tables.labels import with_labels
from analysis.tables.studies import Study, is_of_its_suite
from benchmarks.spec.suite import load_suite, suite_names
from benchmarks.spec.survey import survey_names
from benchmarks.store.out import Records
from benchmarks.store.plans import DeclaredPlan
from benchmarks.store.strict_json import MissingRecordError


@dataclass(frozen=True)
class Reports:
    """Reports that the records of a folder can be written as."""

    records: Records

    def studies(self, suite_name: str) -> list[Study]:
        """Return the studies of a suite, with the labels of their test images."""
        records = self.records
        suite, plans = load_suite(suite_name), records.plans_of(suite_name)
        found = studies_of(suite_name, suite, records.results, records.sessions, records.probes, plans)
        return [with_labels(study, records.labels) for study in found]

    def page(self, study: Study) -> Summary:
        """Return the content of a study's report."""
        return Summary(study=study, unreadable=tuple(self.records.unreadable))

    def page_of(self, suite_name: str, plan: DeclaredPlan) -> Summary | None:
        """Return the content of the report of the study with a plan; None if it has no results."""
        return next((self.page(study) for study in self.studies(suite_name) if study.is_of(plan)), None)

    @cached_property
    def pages(self) -> dict[str, list[Page]]:
        """Pages by suite and survey: one per study, and one per session of a survey or of a suite that was only timed.

        Studies that only share arms with the suite are left out if the suite has studies of its own.
        """
        pages: dict[str, list[Page]] = {}
        for name in (*suite_names(), *survey_names()):
            studies = self.studies(name) if name in suite_names() else []
            own = [study for study in studies if is_of_its_suite(study)] or studies
            pages[name] = [*map(self.page, own), *sessions_of(name, self.records.sessions)]
        return pages

    def missing(self, place: object, what: str) -> MissingRecordError:
        """Return the error for a report whose record is missing or unreadable."""
        unreadable = "; ".join(["", *self.records.unreadable[:3]])
        return MissingRecordError(
            f"{place} holds no readable record of the {what}{unreadable}: no report was written; "
            "run the same command again to repeat the missing part"
        )
