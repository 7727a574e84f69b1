"""Run one recorded trial again: python -m benchmarks.run --trial KEY

Find the record, run its trial again on the same images, and compare the two results bit for bit. Nothing is written.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from benchmarks.cli.comparison import Comparison
from benchmarks.cli.flags import Request
from benchmarks.executors.events import Attempt, Finished, Job, Lost
from benchmarks.executors.local import execute
from benchmarks.spec.images import Images, dataset_names, load_images
from benchmarks.spec.trial import KEY_DIGITS, DatasetIdentity
from benchmarks.store.environment import read_checkout
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult, TrialStore, meaning_of
from benchmarks.training.device import resolve_device
from resnet_variants.variant import Own

REFERENCE = Out(Path(__file__).parents[2] / "results" / "reference")


def reproduce(request: Request) -> Comparison:
    """Run the recorded trial that a request names again.

    Raises:
        ValueError: there is no such record, or its trial cannot run here.
    """
    old = recorded(request.trial or "", [Out(request.out), REFERENCE])
    refuse_unnamed(old, request.arms)
    images = images_of(old.trial.dataset, request.data, request.download)
    return Comparison(recorded=old, again=run_again(old, images, request.device))


def recorded(key: str, places: Iterable[Out]) -> TrialResult:
    """Return the record of a trial, by its key or the key's first digits.

    Raises:
        ValueError: no such record, several, one that cannot be read, or one with no results to compare with.
    """
    if not key or len(key) > KEY_DIGITS or set(key.lower()) - set("0123456789abcdef"):
        raise ValueError(
            f"--trial must be the {KEY_DIGITS} hex digits that end a record's name, or the first of them, got {key!r}"
        )
    folders = [out.trials.folder for out in places]
    found = [path for folder in reversed(folders) for path in folder.glob("*.json")]
    keys = {path: path.stem.rpartition("-")[2] for path in found}
    paths = {whole: path for path, whole in keys.items() if whole.startswith(key.lower())}
    if not paths:
        raise ValueError(f"no record of trial {key!r} in {' or '.join(map(str, folders))}: name the folder of its run with --out")
    if len(paths) > 1:
        raise ValueError(
            f"several records begin with {key!r}: {', '.join(sorted(path.name for path in paths.values())[:4])}; give more digits"
        )
    (path,) = paths.values()
    old = TrialStore(folder=path.parent).read(path)
    if not old.has_result:
        raise ValueError(f"{path} has no results to compare with: {old.status} ({old.detail}); run its suite with --retry-failed")
    if old.definition_changed:
        raise ValueError(
            f"{old.trial.arm.label} was trained when its names stood for {old.meaning!r}, which is now "
            f"{meaning_of(old.trial.architecture)!r}: the recorded network cannot be built by this code"
        )
    return old


def images_of(identity: DatasetIdentity, root: Path | None, download: bool) -> Images:
    """Load the images of a record.

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


def refuse_unnamed(old: TrialResult, arms: tuple[str, ...]) -> None:
    """Refuse a user's network that the command line does not name too: nothing is run because a record names it.

    Raises:
        ValueError: it is not among the `arms`, or they name another network.
    """
    network = old.trial.architecture
    own = network.place if isinstance(network, Own) else ""
    if own and own not in arms:
        raise ValueError(
            f"this trial ran your own network {own!r}, and no code is run because a record names it: add --arms {own}"
        )
    other = next((arm for arm in arms if arm not in ("*", own)), None)
    if other is not None:
        raise ValueError(
            f"--arms {other} cannot be combined with --trial {old.trial.key}, which ran {old.trial.arm.label}: omit it"
        )


def run_again(old: TrialResult, images: Images, device: str) -> TrialResult:
    """Run the trial of a record again, on the record's device if `device` is auto.

    Raises:
        ValueError: the trial cannot run here: no such device, a network that cannot be built, a lost worker, too little memory.
    """
    device = resolve_device(old.environment.device if device == "auto" else device)
    job = Job(images=images, device=device, checkout=read_checkout(), is_compiled=old.is_compiled)
    for event in execute(iter([Attempt(trial=old.trial)]), job, 1):
        if isinstance(event, Lost):
            raise ValueError(event.detail)
        if isinstance(event, Finished):
            new = event.result
    if not new.has_result:
        raise ValueError(f"{old.trial.arm.label} cannot be run again here: {new.status}: {new.detail}")
    return new
