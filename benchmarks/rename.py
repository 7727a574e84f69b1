"""Name the files of a run after their keys of today: python -m benchmarks.rename OUT

A trial's key takes its images by their checksum alone, where it once took the name of their folder, too: files that were written before are
renamed, records, probes, weights and sheets alike, and nothing in them is touched. What a report's table says of keys follows.
"""

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.spec.trial import KEY_DIGITS
from benchmarks.store.out import Out
from benchmarks.store.probes import ADAPTER as PROBES
from benchmarks.store.strict_json import read_strictly
from benchmarks.store.trials import ADAPTER as TRIALS
from resnet_variants.command import start


def rename(out: Path) -> int:
    """Rename what is named after another key than its content has; return how many files that was.

    Raises:
        ValueError: OUT holds no trials, a record cannot be read, or a file of the new name exists; nothing is renamed then.
    """
    trials_folder, probes_folder = Out(out).trials.folder, Out(out).probes.folder
    if not trials_folder.is_dir():
        raise ValueError(f"{out} is not the folder of a run: it has no trials/")
    keys: dict[str, str] = {}
    names: dict[Path, Path] = {}
    records = {path: read_strictly(path.read_text(encoding="utf-8"), TRIALS).trial for path in _files(trials_folder)}
    probes = {path: read_strictly(path.read_text(encoding="utf-8"), PROBES).trial for path in _files(probes_folder)}
    for path, trial in (records | probes).items():
        named = path.stem.rpartition("-")[0] if path in probes else path.stem
        before = named[-KEY_DIGITS:]
        if before != trial.key:
            keys[before] = trial.key
            for beside in path.parent.glob(f"{path.stem}.*"):
                names[beside] = beside.with_name(beside.name.replace(f"-{before}", f"-{trial.key}"))
    taken = [str(new) for new in names.values() if new.exists()]
    if taken:
        raise ValueError(f"{taken[0]} exists: nothing was renamed")
    for path, new in names.items():
        path.rename(new)
    for table in out.glob("*/*/trials.csv"):
        text = table.read_text(encoding="utf-8")
        for before, key in keys.items():
            text = text.replace(before, key)
        table.write_text(text, encoding="utf-8")
    return len(names)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


def main(out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder that a run wrote, with its trials/.")]) -> None:
    """Rename the files of a run after the keys that their records have."""
    try:
        number = rename(out)
    except (ValueError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    print(f"{out}: {number} files renamed")


if __name__ == "__main__":
    start(main)
