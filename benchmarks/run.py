"""The command line: python -m benchmarks.run --suite depth

Check the whole request before anything is written, train and time what is missing, and write the reports.
"""

import signal
from typing import Any

import typer

from benchmarks.cli.parameters import request_of, takes_flags
from resnet_variants.command import USAGE, start, with_examples

INTERRUPTED = 130


@with_examples(
    "python -m benchmarks.run --list  # the questions, with their data and times",
    "python -m benchmarks.run --suite depth --seeds 3  # a first answer",
    "python -m benchmarks.run --compare resnet20 my_nets.py:my_net --seeds 5",
)
@takes_flags
def main(context: typer.Context, **values: Any) -> None:
    """Re-test what papers claim about network architectures; each claim gets a verdict with an interval and figures."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stop the workers, as Ctrl-C does
    try:
        request = request_of(context, values)
    except ValueError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(USAGE) from error
    try:
        from benchmarks.cli.answer import answer  # late: --help needs none of its imports

        code = answer(request)
    except KeyboardInterrupt:
        code = INTERRUPTED
    raise typer.Exit(code)


if __name__ == "__main__":
    start(main)
