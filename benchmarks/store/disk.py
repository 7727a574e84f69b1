"""What a folder contains as files: whether a run wrote it, what each kind takes on the disk, and what killed runs left behind."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.store.checkpoints import ENDING
from benchmarks.store.files import PARTIAL
from benchmarks.store.out import CHECKPOINTS, LABELS, PROBES, SHEET, TIMINGS, TRIALS, WEIGHTS, WRITE_TEST
from benchmarks.store.plans import PLAN
from benchmarks.store.trials import LEASE
from resnet_variants.names import some_of

KINDS = {
    TRIALS: "trial records",
    PROBES: "probe records",
    TIMINGS: "timing records",
    LABELS: "labels",
    CHECKPOINTS: "checkpoints",
}
BY_ENDING = {WEIGHTS: "weights", SHEET: "sheets of mistakes"}  # next to a trial's record
SET_ASIDE, REPORTS, OTHER = "records set aside", "reports", "other files"
SHOWN = 4  # entries of a foreign folder that a message names


@dataclass(frozen=True, slots=True)
class Usage:
    """Number of files of one kind, and their size in bytes."""

    files: int = 0
    size: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Leftovers:
    """Numbers of trials with a checkpoint, of trials that a run is training or was killed at, and of records set aside as unreadable."""

    checkpoints: int = 0
    leases: int = 0
    set_aside: int = 0


def refuse_foreign(folder: Path) -> None:
    """Check that a run wrote this folder.

    Raises:
        ValueError: it does not exist, is a file, is empty, or contains neither trials/ nor a plan; says which, and what to name instead.
    """
    try:
        if not folder.exists():
            raise ValueError(f"{folder} does not exist: name the folder that a run wrote (--out)")
        if not folder.is_dir():
            raise ValueError(f"{folder} is a file: name the folder that a run wrote (--out)")
        entries = sorted(path.name for path in folder.iterdir())
        if (folder / TRIALS).is_dir() or (folder / TIMINGS).is_dir() or any(folder.glob(f"*/*/{PLAN}")):
            return
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # the command says it
            raise
        raise ValueError(f"{folder} cannot be read ({error.strerror}): name another folder") from error
    if not entries:
        raise ValueError(f"{folder} is empty: run a suite with --out {folder} first")
    above = next((parent for parent in folder.resolve().parents if (parent / TRIALS).is_dir()), None)
    hint = f"; did you mean {above}?" if above else ""
    raise ValueError(f"{folder} is not the folder of a run: it has no {TRIALS}/, only {some_of(entries, SHOWN)}{hint}")


def disk_usage(folder: Path) -> dict[str, Usage]:
    """Return what each kind of file takes, for the kinds that exist; a file that vanishes meanwhile is left out."""
    found: dict[str, Usage] = {}
    for kind, size in _sizes(folder):
        known = found.get(kind, Usage())
        found[kind] = Usage(known.files + 1, known.size + size)
    order = [*KINDS.values(), *BY_ENDING.values(), SET_ASIDE, REPORTS, OTHER]
    return dict(sorted(found.items(), key=lambda item: order.index(item[0])))


def leftovers(folder: Path) -> Leftovers:
    """Count what unfinished trials and unreadable records left; nothing is locked or changed."""
    checkpoints = {path.name.rsplit(".", 2)[0] for path in (folder / CHECKPOINTS).glob(f"*{ENDING}")}
    return Leftovers(
        checkpoints=len(checkpoints),
        leases=len(list((folder / TRIALS).glob(f"{LEASE}*"))),
        set_aside=len(list((folder / TRIALS).glob("*.unreadable-*"))),
    )


def _sizes(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield the kind and the size of each file; a folder directly under OUT may be a link, as to a larger disk."""
    for top in sorted(folder.iterdir()):
        places = os.walk(top) if top.is_dir() else [(str(folder), [], [top.name])]
        for place, _, names in places:
            for name in names:
                path = Path(place, name)
                try:
                    yield _kind_of(path.relative_to(folder)), path.stat().st_size
                except OSError:
                    continue


def _kind_of(path: Path) -> str:
    """Return the kind of a file, by its path relative to OUT."""
    top, name = path.parts[0], path.name
    if name.startswith((PARTIAL, LEASE, WRITE_TEST)):
        return OTHER
    if top in KINDS and len(path.parts) == 2:
        if top == TRIALS and ".unreadable-" in name:
            return SET_ASIDE
        is_record = path.suffix == (ENDING if top == CHECKPOINTS else ".json")
        return KINDS[top] if is_record else BY_ENDING.get(path.suffix, OTHER) if top == TRIALS else OTHER
    return (
        REPORTS if len(path.parts) == 3 or path.parts in (("index.html",), ("claims_map.csv",), ("claims_map.json",)) else OTHER
    )
