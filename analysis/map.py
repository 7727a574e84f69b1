"""Write the map of claims of a run's folder: python -m analysis.map OUT

It compares every claim over all settings in OUT (data, recipe, learning rate, precision, machine): what each says, the mean effect over studies,
and on what the answer depends. Without -o it writes claims_map.html, claims_map.csv and claims_map.json into OUT.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from analysis.pages.map_files import FORMATS, STEM, write_map
from analysis.pages.page import Page
from analysis.pages.reports import Reports
from benchmarks.spec.survey import known_suites
from benchmarks.store.disk import refuse_foreign
from benchmarks.store.out import Out
from benchmarks.store.strict_json import NewerSchemaError
from resnet_variants.command import start


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
