"""Write a suite's results for a paper: python -m analysis.paper OUT --suite depth -o depth.tex

A table for the package booktabs with effects, intervals, n and the runs that train; a sentence to quote; the compute that it took; and the
claims' sources as BibTeX. All of it is from the records. With -o the BibTeX is a file of its own next to the LaTeX; else it follows as text.
"""

from pathlib import Path
from typing import Annotated

import typer

from analysis.pages.latex import bibtex
from analysis.pages.paper_text import papers_of, text_of
from analysis.pages.reports import Reports
from benchmarks.spec.survey import suite_name
from benchmarks.store.disk import refuse_foreign
from benchmarks.store.files import write_whole
from benchmarks.store.out import Out
from benchmarks.store.strict_json import NewerSchemaError
from resnet_variants.command import USAGE, start
from resnet_variants.lookup import choose

TEX, BIB = ".tex", ".bib"


def paper(out: Path, suite: str) -> tuple[str, str]:
    """Return the LaTeX of every study of a suite in OUT, and the BibTeX of their sources.

    Raises:
        ValueError: OUT is not the folder of a run, the suite is unknown, or OUT holds no results of it.
        NewerSchemaError: a record has a newer schema.
    """
    refuse_foreign(out)
    reports = Reports(Out(out).read())
    choose("suite", suite, dict.fromkeys(reports.names))
    pages = reports.pages[suite]
    if not pages:
        raise ValueError(f"{out} holds no results of suite {suite}{reports.hint or f': run it first with --out {out}'}")
    return "\n".join(map(text_of, pages)) + "\n", bibtex(papers_of(pages)) + "\n"


def main(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder that a run wrote.")],
    suite: Annotated[str, typer.Option(metavar="NAME", help="Suite or comparison: a name, FILE.py or an entry point.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.tex", help="File to write, with a .bib file next to it.")
    ] = None,
) -> None:
    """Write a suite's claims as a LaTeX table, with a sentence to quote, the compute and the sources as BibTeX."""
    try:
        if output is not None and output.suffix.lower() != TEX:
            raise ValueError(f"-o {output} must end in {TEX}: its BibTeX goes into a file of the same name that ends in {BIB}")
        text, sources = paper(out, suite_name(suite))
        if output is None:
            print(f"{text}\n% BibTeX\n{sources}", end="")
            return
        write_whole(output, text)
        write_whole(output.with_suffix(BIB), sources)
    except (ValueError, NewerSchemaError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(USAGE) from error
    except OSError as error:
        typer.echo(f"error: {error.filename or output}: {error.strerror}: name another file with -o", err=True)
        raise typer.Exit(USAGE) from error
    print(output)
    print(output.with_suffix(BIB))


if __name__ == "__main__":
    start(main)
