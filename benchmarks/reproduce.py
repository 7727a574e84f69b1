"""One recorded trial again: python -m benchmarks.run --trial KEY

Finds the record, runs its trial anew on the same images, and says whether the figures are the same to the last bit. It writes nothing.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from benchmarks.data import Images, dataset_names, load_images
from benchmarks.executors import Attempt, Finished, Job, Lost
from benchmarks.executors.local import execute
from benchmarks.machine import read_checkout, settle_device
from benchmarks.progress import outcome_line
from benchmarks.records import Store, TrialResult
from benchmarks.trial import KEY_DIGITS, DatasetIdentity

REFERENCE = Path(__file__).parents[1] / "results" / "reference" / "trials"


def recorded(key: str, folders: Iterable[Path]) -> TrialResult:
    """The record of a trial, by its key or the first digits of it.

    Raises:
        ValueError: no such record, several, or one that cannot be read.
    """
    if not key or len(key) > KEY_DIGITS or set(key.lower()) - set("0123456789abcdef"):
        raise ValueError(
            f"--trial {key!r} is not possible: it must be the {KEY_DIGITS} hex digits that end a record's name, or the first of them"
        )
    folders = list(folders)
    found = [path for folder in reversed(folders) for path in folder.glob("*.json")]
    keys = {path: path.stem.rpartition("-")[2] for path in found}
    paths = {whole: path for path, whole in keys.items() if whole.startswith(key.lower())}
    if not paths:
        raise ValueError(f"no record of trial {key!r} in {' or '.join(map(str, folders))}: name the folder of its run with --out")
    if len(paths) > 1:
        raise ValueError(
            f"several records begin with {key!r}: {', '.join(sorted(path.name for path in paths.values())[:4])}; give more digits"
        )
    return Store.read(next(iter(paths.values())))


def images_of(identity: DatasetIdentity, root: Path | None, download: bool) -> Images:
    """The very images that a record speaks of.

    Raises:
        ValueError: others were found.
    """
    name = identity.name if identity.name in dataset_names() else "imagefolder"
    if name == "imagefolder" and root is None:
        raise ValueError(f"this trial ran on the image folder {identity.name!r}: name it with --data DIR")
    images = load_images(name, root, download)
    found = images.identity()
    if found.checksum != identity.checksum:
        raise ValueError(
            f"the images differ: {found.name} has checksum {found.checksum}, the record's {identity.name} {identity.checksum}"
        )
    return replace(images, name=identity.name)


def run_again(old: TrialResult, images: Images, device: str) -> tuple[TrialResult, bool]:
    """The trial run anew, on its record's device unless another is named, and whether all but times, machine and commit came out the same."""
    device = settle_device(old.environment.device if device == "auto" else device)
    job = Job(images=images, device=device, checkout=read_checkout(), is_compiled=old.is_compiled)
    for event in execute(iter([Attempt(trial=old.trial)]), job, 1):
        if isinstance(event, Lost):
            raise ValueError(event.detail)
        if isinstance(event, Finished):
            new = event.result
    return new, old.figures == new.figures


def in_words(old: TrialResult, new: TrialResult, *, is_same: bool) -> str:
    """Both outcomes, and whether they agree."""
    verdict = (
        "the same to the last bit"
        if is_same
        else "not the same: another processor, precision or version of torch may round otherwise"
    )
    commits = f"recorded at commit {(old.environment.commit or 'unknown')[:12]}, run again at {(new.environment.commit or 'unknown')[:12]}"
    return f"recorded:  {outcome_line(old)}\nrun again: {outcome_line(new)}\n{verdict} ({commits})"
