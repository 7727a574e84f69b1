"""Merge the records of several machines into one folder: python -m benchmarks.merge A B --into OUT

All records are read and compared before anything is written. Records that agree are kept once. Records that contradict each other are
listed and nothing is merged: no record is preferred for its values.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.store.files import write_whole
from benchmarks.store.out import LABELS, PROBES, SHEET, TIMINGS, TRIALS, WEIGHTS, Out
from benchmarks.store.plans import DeclaredPlan, differences, without_time
from benchmarks.store.predictions import Prediction, Predictions
from benchmarks.store.predictions import conflicts as conflicts_of
from benchmarks.store.probes import ProbeStore
from benchmarks.store.strict_json import NewerSchemaError
from benchmarks.store.trials import TrialStore
from resnet_variants.command import start

FOLDERS = (TRIALS, TIMINGS, PROBES, LABELS)
PLANS, REMEDY = "plans", "merge them into different folders"
# the part of a file's name that identifies it, without the images' name: a key, a key and a probe, or a checksum
IDENTITIES = {TRIALS: r".*-([0-9a-f]{12})", PROBES: r".*-([0-9a-f]{12}-[\w.-]+)", LABELS: r".*-([0-9a-f]{16})"}
Chosen = dict[tuple[str, str], tuple[str, Path]]


def merge(sources: Iterable[Path], into: Path) -> dict[str, int]:
    """Copy the records of `sources` into the folder `into`, which may hold some already; return the number of new files per folder.

    Raises:
        NewerSchemaError: a record has a later schema than this release reads.
        ValueError: a source is not the folder of a run, or records are unreadable or contradict each other; the message lists them all.
    """
    sources = list(sources)
    for source in sources:
        if not Out(source).trials.folder.is_dir():
            raise ValueError(f"{source} is not the folder of a run: it has no trials/")
    everywhere = [folder for folder in (into, *sources) if folder.is_dir()]
    unreadable = [line for folder in everywhere for line in Out(folder).read().unreadable]
    if unreadable:
        raise ValueError("\n".join(["these records cannot be read and would be lost:", *unreadable]))
    chosen, conflicts = _choose(everywhere)
    plans, unequal = _choose_plans(everywhere)
    predictions, otherwise = _gather_predictions(everywhere)
    conflicts += [*unequal, *otherwise]
    if conflicts:
        raise ValueError("\n".join(["records contradict each other, and nothing was merged:", *conflicts]))
    counts = dict.fromkeys((*FOLDERS, PLANS), 0)
    for (folder, _), (name, path) in chosen.items():
        target = into / folder / name
        if path != target:
            target.parent.mkdir(parents=True, exist_ok=True)
            for ending in (SHEET, WEIGHTS) if folder == TRIALS else ():
                if path.with_suffix(ending).exists():
                    write_whole(target.with_suffix(ending), path.with_suffix(ending).read_bytes())
            write_whole(target, path.read_bytes())
            counts[folder] += 1
    before = Out(into).plans.read_all()[0]
    for plan in plans:
        Out(into).plans.write(plan)
    for plan, made in predictions:
        Out(into).predictions.add(Out(into).plans.write(plan).parent, made)
    counts[PLANS] = len(Out(into).plans.read_all()[0]) - len(before)
    return counts


def _choose_plans(everywhere: Iterable[Path]) -> tuple[list[DeclaredPlan], list[str]]:
    """Choose the earliest plan of each study. Also return a line per contradiction."""
    chosen: list[tuple[Path, DeclaredPlan]] = []
    conflicts = []
    for root in everywhere:
        for path, plan in Out(root).plans.read_all()[0].items():
            place = next((place for place, (_, known) in enumerate(chosen) if known.is_of_same_study(plan)), None)
            if place is None:
                chosen.append((path, plan))
                continue
            before, known = chosen[place]
            words = "; ".join(differences(known, plan))
            if words or replace(without_time(known), files=plan.files) != without_time(plan):
                conflicts.append(f"{before} and {path}: {words or 'other looks, seeds or controls'}: {REMEDY}")
            elif plan.declared_at < known.declared_at:
                chosen[place] = path, plan
    return [plan for _, plan in chosen], [*conflicts, *_of_one_name(chosen)]


def _gather_predictions(everywhere: Iterable[Path]) -> tuple[list[tuple[DeclaredPlan, tuple[Prediction, ...]]], list[str]]:
    """Return the predictions of each plan in these folders, and a line for each person who predicted the same study in two ways."""
    found: list[tuple[DeclaredPlan, tuple[Prediction, ...]]] = []
    lines = []
    for root in everywhere:
        for path, plan in Out(root).plans.read_all()[0].items():
            made = known.made if (known := Out(root).predictions.find(path.parent)) else ()
            for other, before in found if made else ():
                if other.is_of_same_study(plan):
                    names = conflicts_of(Predictions(made=before), made)
                    lines += [f"{path.parent}: {name} predicted otherwise elsewhere: {REMEDY}" for name in names]
            found += [(plan, made)] if made else []
    return found, lines


def _of_one_name(chosen: Iterable[tuple[Path, DeclaredPlan]]) -> Iterator[str]:
    """Yield a line for each plan of a comparison whose name stands for something else in an earlier plan, also on other images."""
    first: dict[str, tuple[Path, DeclaredPlan]] = {}
    for path, plan in chosen:
        before, known = first.setdefault(plan.suite, (path, plan))
        if known.comparison != plan.comparison:
            yield f"{before} and {path}: two questions are called {plan.suite!r}: {REMEDY}"


def _choose(everywhere: Iterable[Path]) -> tuple[Chosen, list[str]]:
    """Choose one file per record: the first with results, under the first file's name. Also return a line per contradiction."""
    chosen: Chosen = {}
    conflicts = []
    for root in everywhere:
        for folder in FOLDERS:
            for path in sorted((root / folder).glob("*.json")):
                record = (folder, _identify(folder, path))
                name, before = chosen.setdefault(record, (path.name, path))
                if before == path:
                    continue
                if folder == TRIALS and not _is_measured(before):
                    chosen[record] = (name, path)
                elif folder == TIMINGS and before.read_bytes() != path.read_bytes():
                    # another machine of this kind, or another timing session: both are kept
                    other = f"{path.stem}-{sha256(path.read_bytes()).hexdigest()[:8]}.json"
                    chosen.setdefault((folder, other), (other, path))
                elif not _agree(before, path, folder):
                    conflicts.append(f"{before} and {path}")
    return chosen, conflicts


def _identify(folder: str, path: Path) -> str:
    match = re.fullmatch(IDENTITIES.get(folder, ""), path.stem, re.DOTALL)
    return match[1] if match else path.name


def _is_measured(path: Path) -> bool:
    return TrialStore(folder=path.parent).read(path).has_result


def _agree(before: Path, path: Path, folder: str) -> bool:
    """Return whether two files of one record agree in everything but times, machine and commit."""
    comparables: dict[str, Callable[[Path], object]] = {
        TRIALS: lambda path: TrialStore(folder=path.parent).read(path).reproducible,
        PROBES: _comparable,
    }
    if folder == TRIALS and not _is_measured(path):
        return True
    comparable = comparables.get(folder, Path.read_bytes)
    return before.read_bytes() == path.read_bytes() or comparable(before) == comparable(path)


def _comparable(path: Path) -> object:
    result = ProbeStore(folder=path.parent).read(path)
    return result.trial, result.probe, result.status, result.detail, result.findings


def main(
    sources: Annotated[list[Path], typer.Argument(metavar="OUT...", help="Folders of the runs to merge.")],
    into: Annotated[Path, typer.Option("--into", metavar="OUT", help="Folder that receives all their records.")],
) -> None:
    """Merge the records of several machines into one folder."""
    try:
        counts = merge(sources, into)
    except (ValueError, NewerSchemaError, OSError) as error:
        message = f"{error.filename or into}: {error.strerror}: name another folder" if isinstance(error, OSError) else str(error)
        typer.echo(f"error: {message}", err=True)
        raise typer.Exit(2) from error
    print(f"{into}: {', '.join(f'{count} new in {folder}' for folder, count in counts.items())}")


if __name__ == "__main__":
    start(main)
