"""Group the timing sessions of a survey, or of a suite that was only timed, into reports: one for all sessions of one kind."""

from collections.abc import Sequence

from analysis.pages.network_rows import is_of, networks_in
from analysis.pages.survey_page import SurveySummary
from benchmarks.spec.suite import Suite
from benchmarks.spec.survey import Survey, survey_behind
from benchmarks.spec.trial import LONGEST_LABEL, short, slug
from benchmarks.store.timings import TimingResult


def sessions_of(name: str, sessions: Sequence[TimingResult], suite: Suite | None = None) -> list[SurveySummary]:
    """Return the reports of a survey's sessions in a store, or of those of a suite that was only timed: one for all sessions of one kind.

    `suite` is for a comparison, which has no file.
    """
    groups: dict[tuple[object, ...], list[TimingResult]] = {}
    for session in sessions:
        if session.plan.survey == name and is_of(survey_behind(session.plan, suite), session):
            groups.setdefault((session.setup, session.plan.workloads), []).append(session)
    kinds = [tuple(sorted(group, key=lambda session: session.finished_at or "")) for group in groups.values()]
    surveys = [survey_behind(kind[-1].plan, suite) for kind in kinds]
    labels = [_label(survey, kind[-1]) for survey, kind in zip(surveys, kinds, strict=True)]
    return [
        SurveySummary(
            name=name,
            survey=survey,
            timings=kind,
            label=label if labels.count(label) == 1 else f"{label}-{number}",
        )
        for number, (label, survey, kind) in enumerate(zip(labels, surveys, kinds, strict=True), start=1)
    ]


def _label(survey: Survey, session: TimingResult) -> str:
    """Return the name of the sessions' folder: machine, batch size, precision, and the number of networks if some are missing."""
    number = len(networks_in(session))
    how = f"b{session.plan.workloads[0].batch_size}-{session.plan.precision}" if session.plan.is_timed else "counted"
    some = "" if number == len(survey.networks) else f"-{number}-networks"
    return short(slug(f"{session.environment.machine}-{how}{some}"), LONGEST_LABEL)
