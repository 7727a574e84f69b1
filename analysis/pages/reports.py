"""Group the records of a run's folder into reports: studies and timing sessions, by suite and survey."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from analysis.inference.predictions import scored
from analysis.pages.page import Page
from analysis.pages.sessions import sessions_of
from analysis.pages.study_page import Summary
from analysis.pages.survey_page import SurveySummary
from analysis.tables.grouping import studies_of
from analysis.tables.labels import with_labels
from analysis.tables.plans import declared_results
from analysis.tables.settings import is_declared, trained_for_settings
from analysis.tables.studies import Study, is_of_its_suite
from benchmarks.spec.suite import Suite, load_suite, suite_names
from benchmarks.spec.survey import survey_names
from benchmarks.spec.trial import Trial
from benchmarks.store.out import Records
from benchmarks.store.plans import DeclaredPlan
from benchmarks.store.strict_json import MissingRecordError
from benchmarks.store.trials import TrialResult


@dataclass(frozen=True)
class Reports:
    """Reports that the records of a folder can be written as."""

    records: Records

    @cached_property
    def comparisons(self) -> dict[str, Suite]:
        """Suites of the comparisons in the folder, by name."""
        return self.records.comparisons

    @cached_property
    def compared_trials(self) -> frozenset[Trial]:
        """Trials that ran for comparisons; a study of a suite has others, too."""
        results, plans = self.records.results, self.records.plans_of
        declared = (declared_results(suite, results, plans(name).values()) for name, suite in self.comparisons.items())
        return frozenset(result.trial for found in declared for result in found)

    @cached_property
    def trained_for_settings(self) -> Mapping[str, frozenset[Trial]]:
        """Trials that ran for arms with settings, by suite."""
        suites = {name: load_suite(name) for name in suite_names() if self.records.plans_of(name)}
        results, plans = self.records.results, self.records.plans_of
        return {name: trained_for_settings(suite, results, plans(name).values()) for name, suite in suites.items()}

    def _open_to(self, suite_name: str) -> list[TrialResult]:
        """Return the results that a suite may have: without those that ran for the settings of another one, unless a plan declares them."""
        others = [trials for name, trials in self.trained_for_settings.items() if name != suite_name]
        foreign, plans = frozenset[Trial]().union(*others), self.records.plans_of(suite_name).values()
        return [result for result in self.records.results if result.trial not in foreign or is_declared(result.trial, plans)]

    @property
    def suites(self) -> tuple[str, ...]:
        """Names of all suites, and of the comparisons in the folder."""
        return *suite_names(), *self.comparisons

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all suites, of the comparisons in the folder, and of all surveys."""
        return *self.suites, *survey_names()

    def studies(self, suite_name: str) -> list[Study]:
        """Return the studies of a suite, with the labels of their test images."""
        return [with_labels(study, self.records.labels) for study in self.unlabelled(suite_name)]

    def unlabelled(self, suite_name: str) -> list[Study]:
        """Return the studies of a suite or a comparison: a comparison has what its plans declare, and a suite without a plan more than that."""
        records, compared, plans = self.records, self.comparisons.get(suite_name), self.records.plans_of(suite_name)
        suite = compared or load_suite(suite_name)
        results = declared_results(suite, records.results, plans.values()) if compared else self._open_to(suite_name)
        found = studies_of(suite_name, suite, results, records.sessions, records.probes, plans)
        return [study for study in found if study.plan or not {result.trial for result in study.results} <= self.compared_trials]

    def page(self, study: Study) -> Summary:
        """Return the content of a study's report."""
        summary = Summary(study=study, unreadable=tuple(self.records.unreadable))
        predictions = self.records.predictions.get(summary.folder)
        return summary if predictions is None else replace(summary, predictions=scored(predictions, summary.verdicts))

    def page_of(self, suite_name: str, plan: DeclaredPlan) -> Summary | None:
        """Return the content of the report of the study with a plan; None if it has no results."""
        return next((self.page(study) for study in self.studies(suite_name) if study.is_of(plan)), None)

    @cached_property
    def pages(self) -> dict[str, list[Page]]:
        """Pages by suite and survey: one per study, and one per session of a survey or of a suite that was only timed.

        Studies that only share arms with the suite are left out if the suite has studies of its own.
        """
        pages: dict[str, list[Page]] = {}
        for name in self.names:
            studies = self.studies(name) if name not in survey_names() else []
            own = [study for study in studies if is_of_its_suite(study)] or studies
            pages[name] = [*map(self.page, own), *self.sessions(name)]
        return pages

    def sessions(self, name: str) -> list[SurveySummary]:
        """Return the reports of a survey's timing sessions, or of those of a suite or a comparison that was only timed."""
        return sessions_of(name, self.records.sessions, self.comparisons.get(name))

    @property
    def hint(self) -> str:
        """What to do if nothing is found, because the folder holds studies of suites that are files of a user; "" if it holds none."""
        others = sorted({plan.suite for plan in self.records.plans.values()} - set(self.names))
        return f"; it holds plans of {', '.join(others)}: name the suite's file with --suite FILE.py" if others else ""

    def missing(self, place: object, what: str) -> MissingRecordError:
        """Return the error for a report whose record is missing or unreadable."""
        unreadable = "; ".join(["", *self.records.unreadable[:3]])
        return MissingRecordError(
            f"{place} holds no readable record of the {what}{unreadable}: no report was written; "
            "run the same command again to repeat the missing part"
        )
