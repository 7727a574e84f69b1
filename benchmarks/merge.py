"""The records of several machines in one folder: python -m benchmarks.merge A B --into OUT

Everything is read and compared before anything is written. What is there twice and says the same is kept once; what is there twice and
says different things is named, and nothing is merged: records are never chosen among by their figures.
"""

import json
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.files import write_whole
from benchmarks.probe import ProbeStore
from benchmarks.records import MEASURED, NewerSchemaError, Store
from benchmarks.timings import TimingStore

FOLDERS = ("trials", "timings", "probes", "labels")
BESIDE = (".png", ".safetensors")  # what stands beside a trial's record
PASSING = ("schema", "seconds", "environment")  # of a probe's record: what differs from run to run, or from release to release


def merge(sources: Iterable[Path], into: Path) -> dict[str, int]:
    """Bring the records of `sources` into one folder, which may hold some already; returns how many new ones came, by folder.

    Raises:
        NewerSchemaError: a record is of a later schema.
        ValueError: a source is no folder of a run, a record cannot be read, or records contradict each other; names them all.
    """
    sources = list(sources)
    for source in sources:
        if not (source / "trials").is_dir():
            raise ValueError(f"{source} is not the folder of a run: it has no trials/")
    everywhere = [folder for folder in (into, *sources) if folder.is_dir()]
    unreadable = [
        line
        for folder in everywhere
        for store in (
            Store(folder=folder / "trials"),
            TimingStore(folder=folder / "timings"),
            ProbeStore(folder=folder / "probes"),
        )
        for line in store.read_all()[1]
    ]
    if unreadable:
        raise ValueError("\n".join(["records cannot be read, and would be lost:", *unreadable]))
    chosen, conflicts = _choose(everywhere)
    if conflicts:
        raise ValueError("\n".join(["records contradict each other, and nothing was merged:", *conflicts]))
    counts = dict.fromkeys(FOLDERS, 0)
    for (folder, name), path in chosen.items():
        target = into / folder / name
        if path != target:
            target.parent.mkdir(parents=True, exist_ok=True)
            for ending in BESIDE if folder == "trials" else ():
                if path.with_suffix(ending).exists():
                    write_whole(target.with_suffix(ending), path.with_suffix(ending).read_bytes())
            write_whole(target, path.read_bytes())
            counts[folder] += 1
    return counts


def _choose(everywhere: Iterable[Path]) -> tuple[dict[tuple[str, str], Path], list[str]]:
    """The file to keep of each name, the first one that is measured, and a line for each name that stands for different things."""
    chosen: dict[tuple[str, str], Path] = {}
    conflicts = []
    for root in everywhere:
        for folder in FOLDERS:
            for path in sorted((root / folder).glob("*.json")):
                before = chosen.setdefault((folder, path.name), path)
                if before == path:
                    continue
                if folder == "trials" and not _is_measured(before):
                    chosen[folder, path.name] = path
                elif folder == "timings" and before.read_bytes() != path.read_bytes():
                    # another machine of this kind, or another sitting: both are sessions of their own
                    chosen.setdefault((folder, f"{path.stem}-{sha256(path.read_bytes()).hexdigest()[:8]}.json"), path)
                elif not _agree(before, path, folder):
                    conflicts.append(f"{before} and {path}")
    return chosen, conflicts


def _is_measured(path: Path) -> bool:
    return Store.read(path).status in MEASURED


def _agree(before: Path, path: Path, folder: str) -> bool:
    """Whether two files of one name say the same, what passes apart."""
    compare: dict[str, Callable[[Path], object]] = {"trials": lambda path: Store.read(path).figures, "probes": _lasting}
    if folder == "trials" and not _is_measured(path):
        return True
    of = compare.get(folder, Path.read_bytes)
    return before.read_bytes() == path.read_bytes() or of(before) == of(path)


def _lasting(path: Path) -> object:
    fields = json.loads(path.read_text(encoding="utf-8"))
    return {name: value for name, value in fields.items() if name not in PASSING}


def main(
    sources: Annotated[list[Path], typer.Argument(metavar="OUT...", help="Folders that runs wrote.")],
    into: Annotated[Path, typer.Option("--into", metavar="OUT", help="The folder that gets all their records.")],
) -> None:
    """Bring the records of several machines into one folder."""
    try:
        counts = merge(sources, into)
    except (ValueError, NewerSchemaError, OSError) as error:
        told = f"{error.filename or into}: {error.strerror}: name another folder" if isinstance(error, OSError) else str(error)
        typer.echo(f"error: {told}", err=True)
        raise typer.Exit(2) from error
    print(f"{into}: {', '.join(f'{number} new in {folder}' for folder, number in counts.items())}")


if __name__ == "__main__":
    typer.run(main)
