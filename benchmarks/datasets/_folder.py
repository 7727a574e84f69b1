"""List the files of an image folder in a fixed order, and count the files that are left out by reason.

Links are followed, as torchvision's ImageFolder does. Circular links are safe: each class reads a folder once and never a parent of its own folder.
"""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from resnet_variants.names import is_text, printable, some_of, unmistakable

LAYOUT = "a folder with train/ and test/ (or val/), each of class folders with images"
ENDINGS = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
SHOWN = 5  # reasons, folders or class names in a message


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageFiles:
    """Image files of both splits with their labels, the class names, and a description of the files that are left out."""

    classes: tuple[str, ...]
    files: dict[str, list[tuple[Path, int]]]
    left_out: str


def find_images(root: Path) -> ImageFiles:
    """List the images of a folder, sorted by name.

    Raises:
        ValueError: the folder or a split is missing, the splits' classes differ, a class name is not UTF-8, or a class is empty.
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
    others = [entry for entry in sorted(root.iterdir()) if entry not in (train, test)]
    for entry in others:
        if _is_hidden(entry) or not entry.is_dir():
            left_out["hidden" if _is_hidden(entry) else "outside of the class folders"] += 1
    folders = [f"{printable(entry.name)}/" for entry in others if entry.is_dir() and not _is_hidden(entry)]
    return ImageFiles(classes=classes, files=files, left_out=_in_words(left_out, folders))


def _splits(root: Path) -> tuple[Path, Path]:
    name = printable(str(root))
    if not root.is_dir():
        raise ValueError(f"--data {name} is not a folder: it must be {LAYOUT}")
    test = next((root / split for split in ("test", "val") if (root / split).is_dir()), None)
    if not (root / "train").is_dir() or test is None:
        missing = "train/" if not (root / "train").is_dir() else "test/ and val/"
        raise ValueError(f"--data {name} has no {missing}: it must be {LAYOUT}")
    return root / "train", test


def _classes(train: Path, test: Path) -> tuple[str, ...]:
    names = {
        split: {entry.name for entry in split.iterdir() if entry.is_dir() and not _is_hidden(entry)} for split in (train, test)
    }
    if not names[train]:
        raise ValueError(f"{printable(str(train))} has no class folders: it must hold one folder of images for each class")
    for split in (train, test):
        for name in sorted(names[split]):
            if not is_text(name):
                raise ValueError(
                    f"{printable(str(split / name))} has a name that is not UTF-8, which a record cannot hold: rename it"
                )
    differing = sorted(names[train] ^ names[test])
    if differing:
        listed = some_of(list(map(unmistakable, differing)), SHOWN)
        verb = "exists" if len(differing) == 1 else "exist"
        raise ValueError(
            f"the classes of {printable(str(train))} and {printable(str(test))} differ: {listed} {verb} in only one of them"
        )
    return tuple(sorted(names[train]))


def _files(folder: Path, classes: tuple[str, ...], left_out: Counter[str]) -> Iterator[tuple[Path, int]]:
    for label, name in enumerate(classes):
        left_out_of_class: Counter[str] = Counter()
        paths = sorted(_images_in(folder / name, left_out_of_class))
        if not paths:
            reasons = f"; left out: {_in_words(left_out_of_class, [])}" if left_out_of_class else ""
            raise ValueError(
                f"{printable(str(folder / name))} has no images ({', '.join(sorted(ENDINGS))}{reasons}): add some, or remove the class"
            )
        left_out += left_out_of_class
        yield from ((path, label) for path in paths)


def _images_in(folder: Path, left_out: Counter[str]) -> Iterator[Path]:
    """Yield the images under a class folder; real folders are read before linked ones, so that a link to one of them adds nothing."""
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
    """Return a folder's device and inode, which are the same by every path."""
    status = folder.stat()
    return status.st_dev, status.st_ino


def _is_hidden(path: Path) -> bool:
    """Return whether a name starts with a dot."""
    return path.name.startswith(".")


def _in_words(left_out: Counter[str], folders: list[str]) -> str:
    """Describe the files and folders that are left out, such as "2 .heic, 1 hidden, the folder extra/"."""
    ordered = sorted(left_out.items(), key=lambda reason: (-reason[1], reason[0]))
    words = [f"{count:,} {reason}" for reason, count in ordered[:SHOWN]]
    others = sum(count for _, count in ordered[SHOWN:])
    words += [f"{others:,} for other reasons"] if others else []
    words += [f"the folder {name}" for name in folders[:SHOWN]]
    words += [f"{len(folders) - SHOWN} more folders"] if len(folders) > SHOWN else []
    return ", ".join(words)
