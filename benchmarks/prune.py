"""Delete kept weights: python -m benchmarks.prune OUT

Weights are kept next to the records for probes. Reports do not need them; a probe that is requested later trains its network again.
"""

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.spec.words import counted
from benchmarks.store.out import Out
from resnet_variants.command import start


def prune(out: Path) -> tuple[int, int]:
    """Delete the weights under OUT/trials; return the number of files and of bytes.

    Raises:
        ValueError: OUT has no folder trials/.
    """
    folder = Out(out).trials.folder
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder: name the folder of a run")
    sizes = []
    for path in Out(out).all_weights():
        sizes.append(path.stat().st_size)
        path.unlink()
    return len(sizes), sum(sizes)


def main(out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of a run, with its trials/.")]) -> None:
    """Delete the weights that were kept for probes; keep records and reports."""
    try:
        num_files, size = prune(out)
    except (ValueError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    print(f"deleted {counted(num_files, 'file')} of weights, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    start(main)
