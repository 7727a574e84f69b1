"""Write the map of claims of a run's folder: python -m analysis.map OUT

It compares every claim over all settings in OUT (data, recipe, learning rate, precision, machine): what each says, the mean effect over studies,
and on what the answer depends. Without -o it writes claims_map.html, claims_map.csv and claims_map.json into OUT.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from analysis.pages.claims_map import ClaimsMap, Link, claims_map
from analysis.pages.formats import templates
from analysis.pages.map_files import map_frame, map_json
from analysis.pages.page import Page
from analysis.pages.reports import Reports
from benchmarks.spec.survey import known_suites
from benchmarks.store.disk import refuse_foreign
from benchmarks.store.files import write_whole
from benchmarks.store.out import Out
from benchmarks.store.strict_json import NewerSchemaError
from resnet_variants.command import start

STEM = "claims_map"


def read_pages(out: Path, suites: Sequence[str] = ()) -> list[Page]:
    """Read the reports that the records in OUT give, also those of these suites of a user.

    Raises:
        ValueError: no run wrote the folder, it has no results, or a suite is unknown.
        NewerSchemaError: a record has a newer schema.
    """
    known_suites(suites)
    refuse_foreign(out)
    reports = Reports(Out(out).read())
    pages = [page for pages in reports.pages.values() for page in pages]
    pages = [page for page in pages if page.is_own] or pages
    if not pages:
        raise ValueError(f"{out} holds no results{reports.hint}: run a suite first with --out {out}")
    return pages


def links_from(folder: Path, out: Path) -> Link:
    """Return the function that gives a report's address relative to a folder, and None if the report was not written."""
    place = os.path.relpath(out, folder)

    def link(report: str) -> str | None:
        is_written = (out / report / "index.html").exists()
        return quote(Path(place, report, "index.html").as_posix()) if is_written else None

    return link


def _html(found: ClaimsMap) -> str:
    return str(templates().get_template("map_page.html.j2").render(map=found))


def _csv(found: ClaimsMap) -> str:
    return str(map_frame(found.rows).to_csv(index=False, lineterminator="\n"))


FORMATS: dict[str, Callable[[ClaimsMap], str]] = {
    ".html": _html,
    ".csv": _csv,
    ".json": lambda found: map_json(found.rows),
}


def write_map(out: Path, pages: Sequence[Page], files: Sequence[Path]) -> None:
    """Write the map of these reports into each of the files, in the format of its ending."""
    for path in files:
        write_whole(path, FORMATS[path.suffix.lower()](claims_map(pages, links_from(path.parent, out))))


def main(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder that a run wrote.")],
    write: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write only this file: .html, .csv or .json, by its ending."),
    ] = None,
    suite: Annotated[
        list[str] | None, typer.Option(help="Also the studies of this suite of your own: FILE.py or an entry point. Repeatable.")
    ] = None,
) -> None:
    """Write the map of claims: where each holds, the mean effect over studies, and on what the answer depends."""
    if write is not None and write.suffix.lower() not in FORMATS:
        raise typer.BadParameter(f"-o {write} must end in {', '.join(FORMATS)}")
    if write is not None and not write.absolute().parent.is_dir():
        raise typer.BadParameter(f"-o {write}: {write.parent} is no folder: make it first, or name another file")
    files = [write] if write else [out / f"{STEM}{ending}" for ending in FORMATS]
    try:
        write_map(out, read_pages(out, suite or ()), files)
    except (ValueError, NewerSchemaError) as error:
        raise typer.BadParameter(str(error)) from error
    except OSError as error:
        raise typer.BadParameter(f"{error.filename} cannot be written ({error.strerror}): name another file with -o") from error
    for path in files:
        typer.echo(str(path))


if __name__ == "__main__":
    start(main)
