"""The report of a study, from its records alone: python -m analysis.report OUT --suite depth

Writes OUT/SUITE/DATASET-RECIPE/ with index.html (one self-contained page), summary.md, verdicts.json, trials.csv and the figures.
"""

import json
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.console import Console
from rich.table import Table

from analysis.cells import count, interval, templates
from analysis.figures import FigureData, load_figure, render
from analysis.frames import Study, answers_a_claim, confusions, history_frame, studies_of
from analysis.summary import Summary, arms_frame, summarise, verdicts_json
from analysis.verdicts import Outcome
from benchmarks.records import Store, TrialResult, write_whole
from benchmarks.suite import load_suite, suite_names
from benchmarks.timings import TimingResult, TimingStore
from benchmarks.trial import Trial
from benchmarks.truth import read_labels, sheet_path

WIDE = 160  # columns, where the output is no terminal


def make_reports(out: Path, suite_name: str) -> list[Path]:
    """Write the report of each study of a suite that the store OUT/trials holds; returns the pages' paths.

    Raises:
        ValueError: no such suite, no records of it, or records of a newer schema.
    """
    load_suite(suite_name)
    records = read_records(out)
    studies = records.studies(suite_name)
    if not studies:
        named = "; ".join(["", *records.unreadable])
        raise ValueError(f"{out / 'trials'} holds no results of suite {suite_name}{named}: run it first with --out {out}")
    answering = [study for study in studies if answers_a_claim(study)] or studies  # not those of an arm that suites share
    pages = [write_report(out, summarise(study, records.unreadable)) for study in answering]
    write_overview(out, records)
    return pages


def report_on(out: Path, suite_name: str, trial: Trial) -> tuple[Summary, Path]:
    """Write the report of the study that a trial belongs to; returns what it says and the page's path."""
    records = read_records(out)
    study = next(study for study in records.studies(suite_name) if (study.dataset, study.recipe) == (trial.dataset, trial.recipe))
    summary = summarise(study, records.unreadable)
    page = write_report(out, summary)
    write_overview(out, records)
    return summary, page


@dataclass(frozen=True, kw_only=True, slots=True)
class Records:
    """All that a folder OUT holds, read once, and a line for each record that cannot be read."""

    results: list[TrialResult]
    sessions: list[TimingResult]
    unreadable: list[str]

    def studies(self, suite_name: str) -> list[Study]:
        """The studies of a suite."""
        return studies_of(suite_name, load_suite(suite_name), self.results, self.sessions)


def read_records(out: Path) -> Records:
    """The records under OUT/trials and OUT/timings.

    Raises:
        NewerSchemaError: one is of a later schema.
    """
    results, unreadable = Store(folder=out / "trials").read_all()
    sessions, more = TimingStore(folder=out / "timings").read_all()
    return Records(results=results, sessions=sessions, unreadable=[*unreadable, *more])


def print_summary(summary: Summary, page: Path) -> None:
    """The arms, the verdicts in words, and where the page is."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDE
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("arm", overflow="fold")
    for column in ("parameters", "MACs", "training error, %", "test error, %", "ok"):
        table.add_column(column, justify="right")
    for arm in summary.arms:
        costs = (count(arm.params), count(arm.macs))
        table.add_row(arm.arm, *costs, interval(arm.train), interval(arm.test), f"{arm.num_ok}/{arm.num_trials}")
    console.print(table)
    for line in [*summary.warnings, *(f"{verdict.claim.statement} {verdict.words}" for verdict in summary.verdicts)]:
        console.print(f"\n{line}", markup=False, soft_wrap=not console.is_terminal)
    console.print(f"\nreport: {page}", markup=False, soft_wrap=True)


def write_report(out: Path, summary: Summary) -> Path:
    """Write a study's report into its folder under OUT; returns the page's path."""
    folder = out / summary.folder
    folder.mkdir(parents=True, exist_ok=True)
    figures = []
    for name, kind, rendered in _figures(summary, read_labels(out, summary.study.dataset)):
        for ending, content in rendered.items():
            (folder / f"{name}.{ending}").write_bytes(content)
        source = f"data:image/svg+xml;base64,{b64encode(rendered['svg']).decode()}"
        figures.append({"name": name, "title": kind.TITLE, "caption": kind.CAPTION, "source": source})
    write_whole(folder / "verdicts.json", json.dumps(verdicts_json(summary), indent=2, allow_nan=False) + "\n")
    write_whole(folder / "trials.csv", summary.trials.to_csv(index=False, lineterminator="\n"))
    for template, file in (("summary.md.j2", "summary.md"), ("index.html.j2", "index.html")):
        text = templates().get_template(template).render(summary=summary, figures=figures, sheets=_sheets(out, summary))
        write_whole(folder / file, text)
    return folder / "index.html"


def write_overview(out: Path, records: Records) -> Path | None:
    """One page over every suite whose report is there; returns its path, or None where there is no report."""
    studies = [study for name in suite_names() for study in records.studies(name) if answers_a_claim(study)]
    there = [study for study in studies if (out / study.name / study.label / "index.html").exists()]
    if not there:
        return None
    summaries = [summarise(study) for study in there]
    outcomes = Counter(verdict.outcome for summary in summaries for verdict in summary.verdicts)
    template = templates().get_template("overview.html.j2")
    ordered = {outcome: outcomes[outcome] for outcome in get_args(Outcome) if outcomes[outcome]}
    text = template.render(summaries=summaries, outcomes=ordered, num_claims=outcomes.total())
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


def _figures(summary: Summary, labels: tuple[int, ...] | None) -> Any:
    """Name, kind and rendered forms of each figure that the suite names and the records can fill."""
    data = FigureData(
        trials=summary.trials[summary.trials["test_error_pct"].notna()],
        history=history_frame(summary.study),
        arms=arms_frame(summary),
        published=summary.published,
        label=summary.study.dataset.name,
        chance_error_pct=summary.chance_error_pct,
        confusions=confusions(summary.study, labels),
        classes=summary.facts.classes,
    )
    if data.trials.empty:
        return
    for name in summary.study.suite.figures:
        kind = load_figure(name)
        if kind.is_possible(data):
            yield name, kind, render(kind, data)


def main(
    out: Annotated[Path, typer.Argument(help="The folder that a run wrote, with its trials/.")],
    suite: Annotated[str, typer.Option(help="Which suite to report on.")],
) -> None:
    """Write the report of a suite from the records in OUT/trials."""
    try:
        pages = make_reports(out, suite)
    except ValueError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    for page in pages:
        typer.echo(str(page))


if __name__ == "__main__":
    typer.run(main)
