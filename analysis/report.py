"""The report of a study or a survey, from its records alone: python -m analysis.report OUT --suite depth

Writes OUT/SUITE/DATASET-RECIPE/ with index.html (one self-contained page), summary.md, verdicts.json, trials.csv and the figures; for a
survey OUT/SUITE/MACHINE-BATCH-PRECISION/ with networks.csv for trials.csv.
"""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args

import pandas as pd
import typer

from analysis.cells import templates
from analysis.figures import FigureData, FigureKind, SurveyData, load_figure, render
from analysis.frames import confusions, history_frame
from analysis.probes import function_map, probe_arrays, probe_frame
from analysis.studies import Study, is_of_its_suite, studies_of
from analysis.summary import Summary, arms_frame, summarise
from analysis.surveys import COMPARABLE, SurveySummary, sessions_of
from analysis.throughput import peaks_of
from analysis.verdicts import Outcome, verdicts_json
from benchmarks.files import write_whole
from benchmarks.probe import ProbeResult, ProbeStore
from benchmarks.records import Store, TrialResult
from benchmarks.strict_json import MissingRecordError
from benchmarks.suite import ALL, load_suite, suite_names
from benchmarks.survey import survey_names
from benchmarks.timings import TimingResult, TimingStore
from benchmarks.trial import Trial
from benchmarks.truth import read_labels, sheet_path
from resnet_variants.choices import choose
from resnet_variants.command import start

WIDEST_TITLE = 40  # letters


def make_reports(out: Path, suite_name: str) -> list[Path]:
    """Write the report of each study or session of a suite, or of all suites, that the store OUT holds; returns the pages' paths.

    Raises:
        ValueError: no such suite, no records of it, or records of a newer schema.
    """
    known = [*suite_names(), *survey_names()]
    choose("suite", suite_name, dict.fromkeys([*known, ALL]))
    records = read_records(out)
    if suite_name == ALL:  # an arm that suites share makes a page of each of them only where there is nothing else
        summaries = [one for name in known for one in records.summaries(name, with_shared=False)]
        summaries = summaries or [one for name in known for one in records.summaries(name)]
    else:
        summaries = records.summaries(suite_name)
    if not summaries:
        named = "; ".join(["", *records.unreadable])
        of = "any suite" if suite_name == ALL else f"suite {suite_name}"
        raise ValueError(f"{out} holds no results of {of}{named}: run it first with --out {out}")
    pages = [write_report(out, summary) for summary in summaries]
    write_overview(out, records)
    return pages


def report_on(out: Path, suite_name: str, trial: Trial) -> tuple[Summary, Path]:
    """Write the report of the study that a trial belongs to; returns what it says and the page's path.

    Raises:
        MissingRecordError: there is no readable record of the study.
    """
    records = read_records(out)
    studies = records.studies(suite_name)
    study = next((study for study in studies if (study.dataset, study.recipe) == (trial.dataset, trial.recipe)), None)
    if study is None:
        raise _missing(out / "trials", f"trial of suite {suite_name} on {trial.dataset.name}", records)
    summary = summarise(study, records.unreadable)
    page = write_report(out, summary)
    write_overview(out, records)
    return summary, page


def report_on_session(out: Path, survey_name: str, timing: TimingResult) -> tuple[SurveySummary, Path]:
    """Write the report of a survey's session; returns what it says and the page's path.

    Raises:
        MissingRecordError: there is no readable record of the session.
    """
    records = read_records(out)
    sessions = sessions_of(survey_name, records.sessions)
    asked = timing.plan, timing.environment
    summary = next((found for found in sessions if (found.timing.plan, found.timing.environment) == asked), None)
    if summary is None:
        raise _missing(out / "timings", f"session of {survey_name}", records)
    page = write_report(out, summary)
    write_overview(out, records)
    return summary, page


def _missing(folder: Path, what: str, records: "Records") -> MissingRecordError:
    """Why there is nothing to report on, as far as the folder tells."""
    unreadable = "; ".join(["", *records.unreadable[:3]])
    return MissingRecordError(
        f"{folder} holds no readable record of the {what}{unreadable}: no report was written; the same command runs again what is missing"
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Records:
    """All that a folder OUT holds, read once, and a line for each record that cannot be read."""

    results: list[TrialResult]
    sessions: list[TimingResult]
    probes: list[ProbeResult]
    unreadable: list[str]

    def studies(self, suite_name: str) -> list[Study]:
        """The studies of a suite."""
        return studies_of(suite_name, load_suite(suite_name), self.results, self.sessions, self.probes)

    def summaries(self, name: str, *, with_shared: bool = True) -> list[Summary | SurveySummary]:
        """Summarise each study of a suite, and each session of a survey or of a suite that was not trained.

        Studies of arms that suites share are left out where there are others, or where `with_shared` is false.
        """
        studies = [] if name in survey_names() else self.studies(name)
        answering = [study for study in studies if is_of_its_suite(study)] or (studies if with_shared else [])
        return [*(summarise(study, self.unreadable) for study in answering), *sessions_of(name, self.sessions)]


def read_records(out: Path) -> Records:
    """The records under OUT/trials, OUT/timings and OUT/probes.

    Raises:
        NewerSchemaError: one is of a later schema.
    """
    results, unreadable = Store(folder=out / "trials").read_all()
    sessions, more = TimingStore(folder=out / "timings").read_all()
    probes, others = ProbeStore(folder=out / "probes").read_all()
    return Records(results=results, sessions=sessions, probes=probes, unreadable=[*unreadable, *more, *others])


def write_report(out: Path, summary: Summary | SurveySummary) -> Path:
    """Write a study's or a session's report into its folder under OUT; returns the page's path."""
    folder = out / summary.folder
    folder.mkdir(parents=True, exist_ok=True)
    parts = _parts_of_survey(summary) if isinstance(summary, SurveySummary) else _parts_of_study(out, summary)
    figures = []
    for name, kind, rendered in _figures(summary.figures, parts.data):
        for ending, content in rendered.items():
            (folder / f"{name}.{ending}").write_bytes(content)
        source = f"data:image/svg+xml;base64,{b64encode(rendered['svg']).decode()}"
        figures.append({"name": name, "title": kind.TITLE, "caption": kind.CAPTION, "source": source})
    write_whole(folder / f"{parts.rows}.csv", parts.frame.to_csv(index=False, lineterminator="\n"))
    write_whole(folder / "verdicts.json", json.dumps(verdicts_json(summary.verdicts), indent=2, allow_nan=False) + "\n")
    for template, file in ((parts.summary, "summary.md"), (parts.page, "index.html")):
        text = templates().get_template(template).render(summary=summary, figures=figures, **parts.values)
        write_whole(folder / file, text)
    return folder / "index.html"


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What the report of a study and that of a survey have each of their own: data of figures, rows and their file, templates, values."""

    data: FigureData | SurveyData
    rows: str
    frame: pd.DataFrame
    summary: str
    page: str
    values: dict[str, object]


def _parts_of_study(out: Path, summary: Summary) -> Parts:
    labels = read_labels(out, summary.study.dataset) or ()
    return Parts(
        data=FigureData(
            trials=summary.trials[summary.trials["test_error_pct"].notna()],
            history=history_frame(summary.study),
            arms=arms_frame(summary),
            published=summary.published,
            label=_title(summary.study.dataset.name),
            chance_error_pct=summary.chance_error_pct,
            confusions=confusions(summary.study, labels),
            classes=summary.facts.classes,
            probes={use.probe: probe_frame(summary.study, use.probe) for use in summary.study.suite.probes},
            arrays={use.probe: probe_arrays(summary.study, use.probe) for use in summary.study.suite.probes},
            labels=labels,
            function_map=function_map(probe_arrays(summary.study, "probabilities"), labels),
            equal_costs=summary.equal_costs,
        ),
        rows="trials",
        frame=summary.trials,
        summary="summary.md.j2",
        page="index.html.j2",
        values={"sheets": _sheets(out, summary)},
    )


def _title(name: str) -> str:
    """A data set's name as it fits over a figure."""
    return name if len(name) <= WIDEST_TITLE else f"{name[: WIDEST_TITLE - 1]}\N{HORIZONTAL ELLIPSIS}"


def _parts_of_survey(summary: SurveySummary) -> Parts:
    machine = summary.timing.environment
    label = machine.gpu or machine.processor
    return Parts(
        data=SurveyData(
            networks=summary.main,
            every=summary.networks,
            label=label,
            comparable_recipe=COMPARABLE,
            peaks=peaks_of(summary.timing),
            equal_costs=summary.equal_costs,
        ),
        rows="networks",
        frame=summary.networks,
        summary="survey.md.j2",
        page="survey.html.j2",
        values={"comparable_recipe": COMPARABLE},
    )


def write_overview(out: Path, records: Records) -> Path | None:
    """One page over every suite whose report is there; returns its path, or None where there is no report."""
    found = [summary for name in (*suite_names(), *survey_names()) for summary in records.summaries(name)]
    summaries = [summary for summary in found if (out / summary.folder / "index.html").exists()]
    if not summaries:
        return None
    outcomes = Counter(verdict.outcome for summary in summaries for verdict in summary.verdicts)
    template = templates().get_template("overview.html.j2")
    ordered = {outcome: outcomes[outcome] for outcome in get_args(Outcome) if outcomes[outcome]}
    titles = {name: load_figure(name).TITLE for summary in summaries for name in summary.figures[:1]}
    text = template.render(summaries=summaries, outcomes=ordered, num_claims=outcomes.total(), titles=titles)
    write_whole(out / "index.html", text)
    return out / "index.html"


def _sheets(out: Path, summary: Summary) -> dict[str, str]:
    """For each arm of a suite that shows its mistakes: the misclassified images of its first seed, as an image's source."""
    found = {}
    for label, arm in summary.study.suite.arms.items() if "confusion" in summary.study.suite.figures else ():
        for result in summary.study.results:
            path = sheet_path(Store(folder=out / "trials").path(result.trial))
            if result.trial.arm == arm and path.exists():
                found[label] = f"data:image/png;base64,{b64encode(path.read_bytes()).decode()}"
    return found


def _figures(names: Iterable[str], data: FigureData | SurveyData) -> Iterator[tuple[str, FigureKind[Any], dict[str, bytes]]]:
    """Name, kind and rendered forms of each of these figures that the records can fill."""
    if (data.trials if isinstance(data, FigureData) else data.networks).empty:
        return
    for name in names:
        kind = load_figure(name)
        if kind.is_possible(data):
            yield name, kind, render(kind, data)


def main(
    out: Annotated[Path, typer.Argument(help="The folder that a run wrote, with its trials/.")],
    suite: Annotated[str, typer.Option(help="The suite to report on, or 'all' for each that OUT holds.")],
) -> None:
    """Write the report of a suite, or of all, from the records in OUT."""
    try:
        pages = make_reports(out, suite)
    except ValueError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    for page in pages:
        typer.echo(str(page))


if __name__ == "__main__":
    start(main)
