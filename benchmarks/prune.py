"""Kept weights away: python -m benchmarks.prune OUT

Weights stand beside the records for probes; a report needs none of them, and a probe that is asked later trains its network again.
"""

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.spec.words import counted
from benchmarks.store.out import Out
from resnet_variants.command import start


def prune(out: Path) -> tuple[int, int]:
    """Remove the weights under OUT/trials; returns how many files and bytes they were.

    Raises:
        ValueError: there is no such folder.
    """
    folder = Out(out).trials.folder
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder: name the folder of a run")
    sizes = []
    for path in Out(out).all_weights():
        sizes.append(path.stat().st_size)
        path.unlink()
    return len(sizes), sum(sizes)


def main(out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder that a run wrote, with its trials/.")]) -> None:
    """Remove the weights that were kept for probes; records and reports stay."""
    try:
        number, size = prune(out)
    except (ValueError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    print(f"{counted(number, 'file')} of weights removed, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    start(main)
