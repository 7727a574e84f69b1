"""Rename the files of a run after their current keys: python -m benchmarks.rename OUT

A trial's key identifies its images only by their checksum; older releases also used the name of their folder. Files of older releases are
renamed (records, probes, weights and sheets) without a change of content. Keys in the tables of the reports are replaced too.
"""

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.spec.trial import KEY_DIGITS
from benchmarks.store.out import Out
from benchmarks.store.probes import ADAPTER as PROBES
from benchmarks.store.strict_json import NewerSchemaError, read_strictly
from benchmarks.store.trials import ADAPTER as TRIALS
from resnet_variants.command import start


def rename(out: Path) -> int:
    """Rename files whose name has another key than their content; return the number of files.

    Raises:
        ValueError: OUT holds no trials, a record cannot be read, or a new name is taken; nothing is renamed then.
    """
    trials_folder, probes_folder = Out(out).trials.folder, Out(out).probes.folder
    if not trials_folder.is_dir():
        raise ValueError(f"{out} is not the folder of a run: it has no trials/")
    keys: dict[str, str] = {}
    names: dict[Path, Path] = {}
    records = {path: read_strictly(path.read_text(encoding="utf-8"), TRIALS).trial for path in _files(trials_folder)}
    probes = {path: read_strictly(path.read_text(encoding="utf-8"), PROBES).trial for path in _files(probes_folder)}
    for path, trial in (records | probes).items():
        stem = path.stem.rpartition("-")[0] if path in probes else path.stem
        before = stem[-KEY_DIGITS:]
        if before != trial.key:
            keys[before] = trial.key
            for file in path.parent.glob(f"{path.stem}.*"):
                names[file] = file.with_name(file.name.replace(f"-{before}", f"-{trial.key}"))
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


def main(out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of a run, with its trials/.")]) -> None:
    """Rename the files of a run after the keys of their records."""
    try:
        num_files = rename(out)
    except (ValueError, NewerSchemaError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    print(f"{out}: {num_files} files renamed")


if __name__ == "__main__":
    start(main)
