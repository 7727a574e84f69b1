"""Write the report of a study or a survey from its records: python -m analysis.report OUT --suite depth

The report of a study is the folder OUT/SUITE/DATASET-RECIPE/ with index.html (one self-contained page), summary.md, verdicts.json,
trials.csv and each figure as PNG (--no-png leaves these out). That of a survey is OUT/SUITE/MACHINE-BATCH-PRECISION/, with networks.csv
in place of trials.csv.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from analysis.figures import STYLESHEET
from analysis.inference.predictions import scores_json
from analysis.inference.tuned import with_tuned
from analysis.pages.drawing import Drawn, draw_all
from analysis.pages.formats import templates
from analysis.pages.map_files import overview_map
from analysis.pages.overview import overview_of
from analysis.pages.page import Page
from analysis.pages.reports import Reports
from analysis.pages.study_page import Summary
from analysis.pages.survey_page import SurveySummary
from analysis.pages.verdict_rows import verdict_rows
from analysis.pages.view import view_of
from benchmarks.spec.suite import ALL
from benchmarks.spec.survey import suite_name
from benchmarks.spec.trial import Trial
from benchmarks.store.files import write_whole
from benchmarks.store.out import Out
from benchmarks.store.plans import DeclaredPlan
from benchmarks.store.strict_json import NewerSchemaError
from benchmarks.store.timings import TimingResult
from resnet_variants.command import start
from resnet_variants.lookup import choose

SCORES = "predictions-scored.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """Path of a written page, and a line for each figure that could not be drawn."""

    page: Path
    left_out: tuple[str, ...]


def make_reports(out: Path, suite_name: str, has_png: bool = True) -> list[Path]:
    """Write the reports of a suite with `write_reports`, and return the paths of the pages."""
    return [written.page for written in write_reports(out, suite_name, has_png)]


def write_reports(out: Path, suite_name: str, has_png: bool = True) -> list[Written]:
    """Write the report of each study or timing session of a suite in the store OUT; "all" means every suite and survey.

    Without PNG files each figure is there once, as the SVG of its page.

    Raises:
        ValueError: the suite is unknown or has no records.
        NewerSchemaError: a record has a newer schema.
    """
    reports = Reports(Out(out).read())
    known = reports.names
    choose("suite", suite_name, dict.fromkeys([*known, ALL]))
    pages = [page for name in known if suite_name in (name, ALL) for page in reports.pages[name]]
    if suite_name == ALL:  # studies that only share arms with a suite are reported only if there is nothing else
        pages = [page for page in pages if page.is_own] or pages
    if not pages:
        unreadable = "; ".join(["", *reports.records.unreadable])
        of = "any suite" if suite_name == ALL else f"suite {suite_name}"
        hint = reports.hint or f": run it first with --out {out}"
        raise ValueError(f"{out} holds no results of {of}{unreadable}{hint}")
    written = [write_report(Out(out), page, [page.folder for page in pages], has_png) for page in pages]
    write_overview(Out(out), reports)
    return written


def report_on(out: Out, suite_name: str, trial: Trial, plan: DeclaredPlan | None = None) -> tuple[Summary, Written]:
    """Write the report of the study that a trial belongs to, or of the one with a plan; return its content and the written page.

    Raises:
        MissingRecordError: the study has no readable record.
    """
    reports = Reports(out.read())
    studies = reports.studies(suite_name)
    study = next((study for study in studies if study.holds(trial) and (plan is None or study.is_of(plan))), None)
    if study is None:
        raise reports.missing(out.trials.folder, f"trial of suite {suite_name} on {trial.dataset.name}")
    page = reports.page(study)
    return page, write_report(out, page)


def report_on_session(out: Out, survey_name: str, timing: TimingResult) -> tuple[SurveySummary, Written]:
    """Write the report of a survey's timing sessions; return its content and the written page.

    Raises:
        MissingRecordError: the session has no readable record.
    """
    reports = Reports(out.read())
    pages = reports.sessions(survey_name)
    page = next((page for page in pages if timing in page.timings), None)
    if page is None:
        raise reports.missing(out.timings.folder, f"session of {survey_name}")
    return page, write_report(out, page)


def write_report(out: Out, page: Page, others: Iterable[str] = (), has_png: bool = True) -> Written:
    """Write the report of a study or a timing session into its folder under OUT.

    It links to the reports in the folders `others`, which are being written, and to those that exist.
    """
    folder = out.folder / page.folder
    folder.mkdir(parents=True, exist_ok=True)
    data, key = page.figure_data(out)
    drawings = draw_all(page.figures, data, key, has_png)
    _write_figures(folder, page.figures, drawings.figures)
    write_whole(folder / page.frame_file, page.frame.to_csv(index=False, lineterminator="\n"))
    rows = with_tuned(verdict_rows(page), page.tuned)
    write_whole(folder / "verdicts.json", json.dumps(rows, indent=2, allow_nan=False) + "\n")
    _write_scores(folder / SCORES, page)
    written = (path.parent.relative_to(out.folder).as_posix() for path in folder.parent.glob("*/index.html"))
    values = view_of(page, out, rows, drawings, {*others, *written})
    for file, template in page.templates.items():
        write_whole(folder / file, templates().get_template(template).render(values))
    return Written(page=folder / "index.html", left_out=drawings.left_out)


def _write_scores(path: Path, page: Page) -> None:
    """Write the predictions from before the run with their scores, if there are any."""
    if page.predictions is None:
        path.unlink(missing_ok=True)
    else:
        write_whole(path, json.dumps(scores_json(page.predictions), indent=2, allow_nan=False) + "\n")


def _write_figures(folder: Path, names: Iterable[str], drawn: Iterable[Drawn]) -> None:
    """Write each figure of a report as a PNG file, as the page holds it as SVG; delete the files of figures that have none this time."""
    images = {figure.name: figure.rendered["png"] for figure in drawn if "png" in figure.rendered}
    for name in names:
        (folder / f"{name}.svg").unlink(missing_ok=True)
        path = folder / f"{name}.png"
        if name in images:
            path.write_bytes(images[name])
        else:
            path.unlink(missing_ok=True)


def _other_pages(out: Out, reports: Reports) -> list[str]:
    """Return the folders of written reports of suites that are files of a user, which this command was not told of."""
    plans = reports.records.plans
    folders = sorted(path.parent for path, plan in plans.items() if plan.suite not in reports.names)
    return [folder.relative_to(out.folder).as_posix() for folder in folders if (folder / "index.html").exists()]


def write_overview(out: Out, reports: Reports) -> Path | None:
    """Write a page with a row per question of all written reports, and return its path; None if no report exists."""
    summaries = [page for pages in reports.pages.values() for page in pages if (out.folder / page.folder / "index.html").exists()]
    if not summaries:
        return None
    values = {
        "overview": overview_of(summaries),
        "others": _other_pages(out, reports),
        "map": overview_map(out.folder, summaries),
    }
    text = templates().get_template("overview.html.j2").render(values | {"stylesheet": STYLESHEET})
    write_whole(out.folder / "index.html", text)
    return out.folder / "index.html"


def main(
    out: Annotated[Path, typer.Argument(help="Folder that a run wrote.")],
    suite: Annotated[
        str,
        typer.Option(help="Suite or comparison to report on: a name, FILE.py or an entry point, or 'all' for every one in OUT."),
    ] = ALL,
    has_png: Annotated[bool, typer.Option("--png/--no-png", help="Write each figure as a PNG file too, beside its page.")] = True,
) -> None:
    """Write the reports of one suite, or of all suites, from the records in OUT."""
    try:
        reports = write_reports(out, suite_name(suite), has_png)
    except (ValueError, NewerSchemaError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    for written in reports:
        typer.echo(str(written.page))
        for line in written.left_out:
            typer.echo(line, err=True)
    if any(written.left_out for written in reports):
        raise typer.Exit(1)


if __name__ == "__main__":
    start(main)
