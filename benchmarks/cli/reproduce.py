"""Re-run one recorded trial: python -m benchmarks.run --trial KEY

Find the record, run its trial on the same images, and compare the two results bit for bit. Nothing is written.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from shlex import quote

from benchmarks.cli.comparison import Comparison
from benchmarks.cli.flags import Request
from benchmarks.executors.events import Attempt, Finished, Job, Lost
from benchmarks.executors.local import execute
from benchmarks.spec.image_choices import AS_FOUND, ImageChoices, choices_in
from benchmarks.spec.images import Images, dataset_names, load_images
from benchmarks.spec.trial import KEY_DIGITS, DatasetIdentity
from benchmarks.store.environment import read_checkout
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult, TrialStore, meaning_of
from benchmarks.training.device import resolve_device
from resnet_variants.registry import name_of
from resnet_variants.source import searched
from resnet_variants.whose import digest_in

REFERENCE = Out(Path(__file__).parents[2] / "results" / "reference")


def reproduce(request: Request) -> Comparison:
    """Re-run the recorded trial that a request names, and compare the results.

    Raises:
        ValueError: the record does not exist, or its trial cannot run here.
    """
    old = recorded(request.trial or "", [Out(request.out), REFERENCE])
    refuse_unnamed(old, request.arms)
    choices = choices_of(old, request)
    try:
        images = images_of(old.trial.dataset, request.data, request.download, choices, request.dataset)
    except ValueError as error:
        if choices == request.image_choices:
            raise
        raise ValueError(f"the images of this trial were loaded with {', '.join(choices.flags)}: {error}") from error
    return Comparison(recorded=old, again=run_again(old, images, request.device))


def recorded(key: str, places: Iterable[Out]) -> TrialResult:
    """Return the record of a trial by its key or the first digits of its key.

    Raises:
        ValueError: no record matches, or several do; or it is unreadable, has no results, or names a network that has been redefined.
    """
    if not key or len(key) > KEY_DIGITS or set(key.lower()) - set("0123456789abcdef"):
        raise ValueError(
            f"--trial must be the {KEY_DIGITS} hex digits that end a record's name, or the first of them, got {key!r}"
        )
    folders = [out.trials.folder for out in places]
    records = [path for folder in reversed(folders) for path in folder.glob("*.json")]
    keys = {path: path.stem.rpartition("-")[2] for path in records}
    paths = {full: path for path, full in keys.items() if full.startswith(key.lower())}
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
            f"{old.trial.arm.label} was trained when its name meant {old.meaning!r}; it now means "
            f"{meaning_of(old.trial.architecture)!r}: this code cannot build the recorded network"
        )
    return old


def choices_of(old: TrialResult, request: Request) -> ImageChoices:
    """Return what was chosen about the images of a record, which need not be given again, and what else the request chooses.

    Raises:
        ValueError: the request chooses otherwise than the record.
    """
    recorded, given = choices_in(old.data.preparation), request.image_choices
    both = ImageChoices(
        holdout_pct=given.holdout_pct if recorded.holdout_pct is None else recorded.holdout_pct,
        image_size=given.image_size if recorded.image_size is None else recorded.image_size,
    )
    other = [flag for flag in given.flags if flag not in both.flags]
    if other:
        raise ValueError(f"{', '.join(other)}: the images of this trial were loaded with {', '.join(recorded.flags)}: omit it")
    return both


def images_of(
    identity: DatasetIdentity, root: Path | None, download: bool, choices: ImageChoices = AS_FOUND, asked: str | None = None
) -> Images:
    """Load the images of a record, with what was chosen about them: the data set of its name, or the one that is `asked` for.

    Raises:
        ValueError: the images cannot be loaded, or differ from the record's.
    """
    name = asked or (identity.name if identity.name in dataset_names() else "imagefolder")
    if name == "imagefolder" and root is None:
        raise ValueError(
            f"this trial ran on {identity.name!r}, which is no data set of this project: name its folder with --data DIR, "
            "or your own data set with --dataset FILE.py"
        )
    images = load_images(name, root, download, choices)
    loaded = images.identity()
    if loaded.checksum != identity.checksum:
        raise ValueError(
            f"the images differ: {loaded.name} has checksum {loaded.checksum}, the record's {identity.name} has {identity.checksum}"
        )
    return replace(images, name=identity.name)


def refuse_unnamed(old: TrialResult, arms: tuple[str, ...]) -> None:
    """Refuse a user's network unless the command line names it too: a record must not cause code to run.

    Raises:
        ValueError: the network is not among `arms`, or `arms` name another network.
    """
    network = old.trial.architecture
    own = "" if digest_in(network) is None else name_of(network)
    if own and own not in arms:
        raise ValueError(f"this trial ran your own network {own!r}, whose code runs only if you name it: add --arms {quote(own)}")
    other = next((arm for arm in arms if arm not in ("*", own)), None)
    if other is not None:
        raise ValueError(
            f"--arms {other} cannot be combined with --trial {old.trial.key}, which ran {old.trial.arm.label}: omit it"
        )


def run_again(old: TrialResult, images: Images, device: str) -> TrialResult:
    """Re-run the trial of a record, on the record's device if `device` is "auto".

    Raises:
        ValueError: the trial cannot run here: unknown device, a network that cannot be built, a lost worker, or too little memory.
    """
    device = resolve_device(old.environment.device if device == "auto" else device)
    job = Job(images=images, device=device, checkout=read_checkout(), is_compiled=old.is_compiled, folders=searched())
    for event in execute(iter([Attempt(trial=old.trial)]), job, 1):
        if isinstance(event, Lost):
            raise ValueError(event.detail)
        if isinstance(event, Finished):
            new = event.result
    if not new.has_result:
        raise ValueError(f"{old.trial.arm.label} cannot be run again here: {new.status}: {new.detail}")
    return new
