"""List a referee's objections to a finished store: python -m analysis.check OUT

The check reads only the records, and names for each suite the facts that make its comparisons unfair or incomplete. The exit code is 1 if
there are objections, and 2 if there is nothing to read.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from analysis.pages.objections import objections
from benchmarks.spec.survey import known_suites
from benchmarks.store.strict_json import NewerSchemaError
from resnet_variants.command import start

OBJECTIONS, NOTHING_TO_READ = 1, 2


def main(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder that a run wrote.")],
    suite: Annotated[
        list[str] | None,
        typer.Option(help="Check only this suite: a name, FILE.py or an entry point. Repeatable (default: all of this project)."),
    ] = None,
) -> None:
    """Print a referee's objections to a finished store."""
    try:
        lines = objections(out, known_suites(suite or ()))
    except (ValueError, NewerSchemaError) as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(NOTHING_TO_READ) from None
    for line in lines:
        print(line)
    if lines:
        raise typer.Exit(OBJECTIONS)
    print(f"{out}: no objections")


if __name__ == "__main__":
    start(main)
