"""The records of several machines in one folder: python -m benchmarks.merge A B --into OUT

Everything is read and compared before anything is written. What is there twice and says the same is kept once; what is there twice and
says different things is named, and nothing is merged: records are never chosen among by their figures.
"""

import re
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.store.files import write_whole
from benchmarks.store.out import LABELS, PROBES, SHEET, TIMINGS, TRIALS, WEIGHTS, Out
from benchmarks.store.probes import ProbeStore
from benchmarks.store.strict_json import NewerSchemaError
from benchmarks.store.trials import TrialStore
from resnet_variants.command import start

FOLDERS = (TRIALS, TIMINGS, PROBES, LABELS)
# what a file is known by, which the name of its images is no part of: a trial's key, a probe's with its name, a checksum of images
KNOWN_BY = {TRIALS: r".*-([0-9a-f]{12})", PROBES: r".*-([0-9a-f]{12}-[\w.-]+)", LABELS: r".*-([0-9a-f]{16})"}
Chosen = dict[tuple[str, str], tuple[str, Path]]


def merge(sources: Iterable[Path], into: Path) -> dict[str, int]:
    """Bring the records of `sources` into one folder, which may hold some already; returns how many new ones came, by folder.

    Raises:
        NewerSchemaError: a record is of a later schema.
        ValueError: a source is no folder of a run, a record cannot be read, or records contradict each other; names them all.
    """
    sources = list(sources)
    for source in sources:
        if not Out(source).trials.folder.is_dir():
            raise ValueError(f"{source} is not the folder of a run: it has no trials/")
    everywhere = [folder for folder in (into, *sources) if folder.is_dir()]
    unreadable = [line for folder in everywhere for line in Out(folder).read().unreadable]
    if unreadable:
        raise ValueError("\n".join(["records cannot be read, and would be lost:", *unreadable]))
    chosen, conflicts = _choose(everywhere)
    if conflicts:
        raise ValueError("\n".join(["records contradict each other, and nothing was merged:", *conflicts]))
    counts = dict.fromkeys(FOLDERS, 0)
    for (folder, _), (name, path) in chosen.items():
        target = into / folder / name
        if path != target:
            target.parent.mkdir(parents=True, exist_ok=True)
            for ending in (SHEET, WEIGHTS) if folder == TRIALS else ():
                if path.with_suffix(ending).exists():
                    write_whole(target.with_suffix(ending), path.with_suffix(ending).read_bytes())
            write_whole(target, path.read_bytes())
            counts[folder] += 1
    return counts


def _choose(everywhere: Iterable[Path]) -> tuple[Chosen, list[str]]:
    """Choose a file for each thing, the first one that is measured, under the first one's name; and a line for each that says different things."""
    chosen: Chosen = {}
    conflicts = []
    for root in everywhere:
        for folder in FOLDERS:
            for path in sorted((root / folder).glob("*.json")):
                about = (folder, _known_by(folder, path))
                name, before = chosen.setdefault(about, (path.name, path))
                if before == path:
                    continue
                if folder == TRIALS and not _is_measured(before):
                    chosen[about] = (name, path)
                elif folder == TIMINGS and before.read_bytes() != path.read_bytes():
                    # another machine of this kind, or another sitting: both are sessions of their own
                    other = f"{path.stem}-{sha256(path.read_bytes()).hexdigest()[:8]}.json"
                    chosen.setdefault((folder, other), (other, path))
                elif not _agree(before, path, folder):
                    conflicts.append(f"{before} and {path}")
    return chosen, conflicts


def _known_by(folder: str, path: Path) -> str:
    match = re.fullmatch(KNOWN_BY.get(folder, ""), path.stem, re.DOTALL)
    return match[1] if match else path.name


def _is_measured(path: Path) -> bool:
    return TrialStore(folder=path.parent).read(path).has_result


def _agree(before: Path, path: Path, folder: str) -> bool:
    """Whether two files about one thing say the same, what differs from run to run apart."""
    compare: dict[str, Callable[[Path], object]] = {
        TRIALS: lambda path: TrialStore(folder=path.parent).read(path).reproducible,
        PROBES: _answer,
    }
    if folder == TRIALS and not _is_measured(path):
        return True
    of = compare.get(folder, Path.read_bytes)
    return before.read_bytes() == path.read_bytes() or of(before) == of(path)


def _answer(path: Path) -> object:
    result = ProbeStore(folder=path.parent).read(path)
    return result.trial, result.probe, result.status, result.detail, result.findings


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
    start(main)
