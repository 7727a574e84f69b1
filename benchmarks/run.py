"""The command line: python -m benchmarks.run --suite depth

Check everything that was asked before anything is written, carry the studies out, and end with their reports.
"""

import signal
from typing import Any

import typer

from benchmarks.cli.parameters import request_of, takes_flags
from resnet_variants.command import USAGE, start

INTERRUPTED = 130


@takes_flags
def main(context: typer.Context, **values: Any) -> None:
    """Re-test what papers claim about architectures, and answer with a verdict, its interval and its pictures."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends the workers, as Ctrl-C does
    try:
        request = request_of(context, values)
    except ValueError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(USAGE) from error
    try:
        from benchmarks.cli.answer import answer  # --help does without what it loads

        code = answer(request)
    except KeyboardInterrupt:
        code = INTERRUPTED
    raise typer.Exit(code)


if __name__ == "__main__":
    start(main)
