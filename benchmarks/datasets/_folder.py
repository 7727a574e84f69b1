"""The files of an image folder: which are used, in which order, and which are left out, by reason.

Links are followed, as torchvision's ImageFolder does. Each class enters a folder once, and none that it lies in, so that links may lead in circles.
"""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from resnet_variants.names import is_text, printable, some_of, unmistakable

LAYOUT = "a folder with train/ and test/ (or val/), each of class folders with images"
ENDINGS = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
SHOWN = 5  # reasons, and names of a list


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageFiles:
    """The image files of both splits with their labels, the classes' names, and in words what is left out."""

    classes: tuple[str, ...]
    files: dict[str, list[tuple[Path, int]]]
    left_out: str


def find_images(root: Path) -> ImageFiles:
    """What a folder holds, in the order of its names.

    Raises:
        ValueError: no such folder, a missing split, classes that differ or are no text, or an empty class.
        OSError: a folder cannot be read.
    """
    train, test = _splits(root)
    classes = _classes(train, test)
    left_out: Counter[str] = Counter()
    files = {split: list(_files(folder, classes, left_out)) for split, folder in (("train", train), ("test", test))}
    for folder in (train, test):
        for entry in folder.iterdir():
            if _is_hidden(entry) or not entry.is_dir():
                left_out["hidden" if _is_hidden(entry) else "outside of the class folders"] += 1
    beside = [entry for entry in sorted(root.iterdir()) if entry not in (train, test)]
    for entry in beside:
        if _is_hidden(entry) or not entry.is_dir():
            left_out["hidden" if _is_hidden(entry) else "outside of the class folders"] += 1
    folders = [f"{printable(entry.name)}/" for entry in beside if entry.is_dir() and not _is_hidden(entry)]
    return ImageFiles(classes=classes, files=files, left_out=_in_words(left_out, folders))


def _splits(root: Path) -> tuple[Path, Path]:
    said = printable(str(root))
    if not root.is_dir():
        raise ValueError(f"--data {said} is not a folder: it must be {LAYOUT}")
    test = next((root / name for name in ("test", "val") if (root / name).is_dir()), None)
    if not (root / "train").is_dir() or test is None:
        missing = "train/" if not (root / "train").is_dir() else "test/ and val/"
        raise ValueError(f"--data {said} has no {missing}: it must be {LAYOUT}")
    return root / "train", test


def _classes(train: Path, test: Path) -> tuple[str, ...]:
    found = {
        split: {entry.name for entry in split.iterdir() if entry.is_dir() and not _is_hidden(entry)} for split in (train, test)
    }
    if not found[train]:
        raise ValueError(f"{printable(str(train))} has no class folders: it must hold one folder of images for each class")
    for split in (train, test):
        for name in sorted(found[split]):
            if not is_text(name):
                raise ValueError(
                    f"{printable(str(split / name))} has a name that is not UTF-8, and no record could hold it: rename it"
                )
    differing = sorted(found[train] ^ found[test])
    if differing:
        named = some_of(list(map(unmistakable, differing)), SHOWN)
        stand = "stands" if len(differing) == 1 else "stand"
        raise ValueError(
            f"the classes of {printable(str(train))} and {printable(str(test))} differ: {named} {stand} in only one of them"
        )
    return tuple(sorted(found[train]))


def _files(folder: Path, classes: tuple[str, ...], left_out: Counter[str]) -> Iterator[tuple[Path, int]]:
    for label, name in enumerate(classes):
        here: Counter[str] = Counter()
        paths = sorted(_images_in(folder / name, here))
        if not paths:
            reasons = f"; left out: {_in_words(here, [])}" if here else ""
            raise ValueError(
                f"{printable(str(folder / name))} has no images ({', '.join(sorted(ENDINGS))}{reasons}): add some, or remove the class"
            )
        left_out += here
        yield from ((path, label) for path in paths)


def _images_in(folder: Path, left_out: Counter[str]) -> Iterator[Path]:
    """The images under a class folder; what is no link is read first, so that a link to it adds nothing."""
    entered = {_identity(parent) for parent in (*folder.absolute().parents, *folder.resolve().parents)}
    folders, links = [folder], deque[Path]()
    while folders or links:
        place = folders.pop() if folders else links.popleft()
        if _identity(place) in entered:
            left_out["linked to a folder that is read already"] += 1
            continue
        entered.add(_identity(place))
        for entry in sorted(place.iterdir()):
            if _is_hidden(entry):
                left_out["hidden"] += 1
            elif entry.is_dir():
                (links if entry.is_symlink() else folders).append(entry)
            elif not entry.is_file():
                left_out["linked to nothing" if entry.is_symlink() else "no file"] += 1
            elif entry.suffix.lower() not in ENDINGS:
                left_out[printable(entry.suffix.lower()) or "without an ending"] += 1
            else:
                yield entry


def _identity(folder: Path) -> tuple[int, int]:
    """Which folder it is, by whatever path."""
    found = folder.stat()
    return found.st_dev, found.st_ino


def _is_hidden(path: Path) -> bool:
    """Whether it is one of those that programs keep for themselves."""
    return path.name.startswith(".")


def _in_words(left_out: Counter[str], folders: list[str]) -> str:
    """Such as "2 .heic, 1 hidden, the folder extra/"."""
    ordered = sorted(left_out.items(), key=lambda reason: (-reason[1], reason[0]))
    words = [f"{number:,} {reason}" for reason, number in ordered[:SHOWN]]
    others = sum(number for _, number in ordered[SHOWN:])
    words += [f"{others:,} for other reasons"] if others else []
    words += [f"the folder {name}" for name in folders[:SHOWN]]
    words += [f"{len(folders) - SHOWN} more folders"] if len(folders) > SHOWN else []
    return ", ".join(words)
