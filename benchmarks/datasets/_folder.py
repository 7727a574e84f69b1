"""List the files of an image folder in a fixed order, and count the files that are left out by reason.

Links are followed, as torchvision's ImageFolder does. Circular links are safe: each class reads a folder once and never a parent of its own folder.
"""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from resnet_variants.names import is_text, printable, some_of, unmistakable

TEST_PARTS = ("test", "val", "valid", "validation")
LAYOUT = "a folder with train/ and test/ (or val/, valid/, validation/), each of class folders with images"
ENDINGS = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
SHOWN = 5  # reasons, folders or class names in a message


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageFiles:
    """Image files of each split with their labels, the class names, and a description of the files that are left out.

    `test_part` is the folder of the test images; without one all files are in the split "train", and a test part is still to be cut from them.
    """

    classes: tuple[str, ...]
    files: dict[str, list[tuple[Path, int]]]
    left_out: str
    test_part: str | None


def find_images(root: Path, *, is_cut: bool = False) -> ImageFiles:
    """List the images of a folder, sorted by name; if a test part `is_cut`, those of train/, or of class folders right in the folder.

    Raises:
        ValueError: the folder or a split is missing, there is a test part although one `is_cut`, it is unclear which folder is the test part,
            the splits' classes differ, a class name is not UTF-8, or a class is empty in one split.
        OSError: a folder cannot be read.
    """
    parts = _parts(root, is_cut)
    names = {split: _class_names(folder, root) for split, folder in parts.items()}
    empty = _empty_classes(parts, names)
    classes = _classes(parts, {split: names[split] - empty for split in names})
    left_out: Counter[str] = Counter()
    files = {split: list(_files(folder, classes, left_out)) for split, folder in parts.items()}
    for folder in dict.fromkeys((*parts.values(), root)):
        for entry in folder.iterdir():
            if _is_hidden(entry) or not entry.is_dir():
                left_out["hidden" if _is_hidden(entry) else "outside of the class folders"] += 1
    used = {*parts.values(), *(folder / name for folder in parts.values() for name in (*classes, *empty))}
    others = [entry for entry in sorted(root.iterdir()) if entry.is_dir() and not _is_hidden(entry) and entry not in used]
    folders = [f"the folder {printable(entry.name)}/" for entry in others]
    empty_ones = [f"the empty class {printable(name)}/" for name in sorted(empty)]
    test = parts.get("test")
    return ImageFiles(
        classes=classes, files=files, left_out=_in_words(left_out, [*empty_ones, *folders]), test_part=test.name if test else None
    )


def _parts(root: Path, is_cut: bool) -> dict[str, Path]:
    """Return the folder of each split; a folder without class folders, such as unlabelled test images, is no test part."""
    name, train = printable(str(root)), root / "train"
    if not root.is_dir():
        raise ValueError(f"--data {name} is not a folder: it must be {LAYOUT}")
    tests = [root / part for part in TEST_PARTS if _has_classes(root / part)]
    if is_cut:
        if tests:
            raise ValueError(
                f"--data {name} has its own test part, {tests[0].name}/: omit --holdout, or move {tests[0].name}/ away"
            )
        return {"train": train if train.is_dir() else root}
    if not train.is_dir() or not tests:
        missing = f"test part ({', '.join(f'{part}/' for part in TEST_PARTS)})" if train.is_dir() else "train/"
        unlabelled = next((part for part in TEST_PARTS if (root / part).is_dir()), None)
        if train.is_dir() and unlabelled:
            missing = f"test part: {unlabelled}/ has no class folders"
        raise ValueError(
            f"--data {name} has no {missing}: it must be {LAYOUT}; --holdout 20% cuts a test part where there is none"
        )
    if len(tests) > 1 and tests[0].name != "test":
        several = " and ".join(f"{test.name}/" for test in tests)
        raise ValueError(
            f"--data {name} has {several}, and which is the test part is unclear: call it test/, or move the others away"
        )
    return {"train": train, "test": tests[0]}


def _has_classes(folder: Path) -> bool:
    return folder.is_dir() and any(entry.is_dir() and not _is_hidden(entry) for entry in folder.iterdir())


def _class_names(folder: Path, root: Path) -> set[str]:
    """Return the names of the class folders of a split; right in the image folder, test/ and the like are no classes."""
    reserved = TEST_PARTS if folder == root else ()
    return {entry.name for entry in folder.iterdir() if entry.is_dir() and not _is_hidden(entry) and entry.name not in reserved}


def _empty_classes(parts: dict[str, Path], names: dict[str, set[str]]) -> set[str]:
    """Return the classes without any file in all splits; if all classes are, none."""
    every = set().union(*names.values())
    empty = {name for name in every if all(_is_empty(folder / name) for folder in parts.values())}
    return set() if empty == every else empty


def _is_empty(folder: Path) -> bool:
    """Return whether a folder holds only hidden entries and folders that are empty, too; a missing one is empty."""
    entries = [entry for entry in folder.iterdir() if not _is_hidden(entry)] if folder.is_dir() else []
    return all(entry.is_dir() and not entry.is_symlink() and _is_empty(entry) for entry in entries)


def _classes(parts: dict[str, Path], names: dict[str, set[str]]) -> tuple[str, ...]:
    train = parts["train"]
    if not names["train"]:
        raise ValueError(f"{printable(str(train))} has no class folders: it must hold one folder of images for each class")
    for split, folder in parts.items():
        for name in sorted(names[split]):
            if not is_text(name):
                raise ValueError(
                    f"{printable(str(folder / name))} has a name that is not UTF-8, which a record cannot hold: rename it"
                )
    differing = sorted(names["train"] ^ names.get("test", names["train"]))
    if differing:
        listed = some_of(list(map(unmistakable, differing)), SHOWN)
        verb = "exists" if len(differing) == 1 else "exist"
        raise ValueError(
            f"the classes of {printable(str(train))} and {printable(str(parts['test']))} differ: {listed} {verb} in only one of them"
        )
    return tuple(sorted(names["train"]))


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
    words += folders[:SHOWN]
    words += [f"{len(folders) - SHOWN} more folders"] if len(folders) > SHOWN else []
    return ", ".join(words)
