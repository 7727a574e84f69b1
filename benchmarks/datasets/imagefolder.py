"""Any folder with `train/` and `test/` (or `val/`) of class folders: --data DIR.

The files are read and checked at every start; their decoded pixels are kept in the user's cache under a hash of the files' content.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from benchmarks import Dataset, Images, Split
from benchmarks.datasets._folder import LAYOUT, ImageFiles, find_images
from benchmarks.datasets._pictures import Header, read_header, read_pixels
from benchmarks.spec.images import dataset_names
from benchmarks.spec.trial import slug
from resnet_variants.names import printable

COMMON_SIZE = (32, 32)  # what images of different sizes are brought to: the CIFAR networks' own
LARGEST_SIDE = 512  # pixels of images that stay as they are: what is larger is a photograph, and no network here is made for it
MOST_OF_ONE_SIZE = 0.5  # of the images; the others are then odd ones
MOST_NAMED = 10  # files that a refusal names
CACHE_FORMAT = "3"


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """The image files of both splits with their labels and headers, what they are decoded to, and the hash of all of that."""

    root: Path
    files: dict[str, list[tuple[Path, int]]]
    headers: dict[Path, Header]
    mode: str
    size: tuple[int, int]
    key: str

    def name_of(self, path: Path) -> str:
        """The file, from the folder of the images on."""
        return path.relative_to(self.root).as_posix()


def load(root: Path | None, download: bool) -> Images:
    """All images of a folder, as they are where they have one size, else each scaled to fill 32x32 and cut around its middle; grey where all
    of them are, upright as EXIF says, and on white where they are transparent.

    Raises:
        ValueError: no such folder, a missing split, classes that differ or are no text, an empty class, images that are too large, or files that
            cannot be decoded.
    """
    if root is None:
        raise ValueError(f"imagefolder needs --data DIR: {LAYOUT}")
    try:
        found = find_images(root)
        listing, problems = _read(root, found)
        splits = (None if problems else _from_cache(listing)) or _into_cache(listing, _decoded(listing, problems))
    except OSError as error:
        raise ValueError(
            f"{printable(str(error.filename or root))} cannot be read ({error.strerror}): make it readable, or remove it"
        ) from error
    name = slug(root.resolve().name)
    name = f"imagefolder-{name}" if name in dataset_names() else name
    shape = "x".join(str(side) for side in listing.size)
    source = f"images of the folder {name}, {'grey' if listing.mode == 'L' else 'colour'}, {shape} pixels"
    left_out = [f"left out: {found.left_out}"] if found.left_out else []
    return Images(
        name=name,
        source=source,
        train=splits["train"],
        test=splits["test"],
        classes=found.classes,
        preparation=(*_changes(listing), *left_out),
        notes=tuple(_odd_sizes(listing)),
    )


def _read(root: Path, found: ImageFiles) -> tuple[Listing, dict[Path, str]]:
    """Every file read once: its bytes go into the key, its header into the common mode and size; and what is wrong with which file."""
    digest = blake2b(CACHE_FORMAT.encode(), digest_size=16)
    headers: dict[Path, Header] = {}
    problems: dict[Path, str] = {}
    for split, files in found.files.items():
        for path, label in files:
            content = path.read_bytes()
            try:
                headers[path] = read_header(path, content)
            except ValueError as error:
                problems[path] = str(error)
            digest.update(os.fsencode(f"{split}/{label}/{path.relative_to(root).as_posix()}/{len(content)}/"))
            digest.update(content)
    if not headers:
        raise _refusal(problems)
    sizes = {header.size for header in headers.values()}
    size = next(iter(sizes)) if len(sizes) == 1 else COMMON_SIZE
    if max(size) > LARGEST_SIDE:
        problems[root] = (
            f"the images of {printable(str(root))} are all of {_spelled(size)} pixels, and would stay so: make them smaller first, "
            f"{LARGEST_SIDE} a side at the most"
        )
        raise _refusal(problems)
    mode = "L" if all(header.is_grey for header in headers.values()) else "RGB"
    return Listing(root=root, files=found.files, headers=headers, mode=mode, size=size, key=digest.hexdigest()), problems


def _decoded(listing: Listing, problems: dict[Path, str]) -> dict[str, Split]:
    """Both splits.

    Raises:
        ValueError: files cannot be decoded, or had a problem before; names them all, up to ten.
    """
    splits = {}
    for split, files in listing.files.items():
        columns, rows = listing.size
        pixels_NHWC = np.empty((len(files), rows, columns, len(listing.mode)), np.uint8)
        for number, (path, _) in enumerate(files):
            try:
                if path not in problems:
                    pixels_NHWC[number] = _pixels(path, listing)
            except ValueError as error:
                problems[path] = str(error)
        splits[split] = _split(listing, split, np.ascontiguousarray(pixels_NHWC.transpose(0, 3, 1, 2)))
    if problems:
        raise _refusal(problems)
    return splits


def _pixels(path: Path, listing: Listing) -> NDArray[np.uint8]:
    return read_pixels(path, listing.mode, listing.size)


def _split(listing: Listing, split: str, images_NCHW: NDArray[np.uint8]) -> Split:
    files = listing.files[split]
    labels_N = np.array([label for _, label in files], np.int64)
    return Split(images_NCHW=images_NCHW, labels_N=labels_N, names=tuple(listing.name_of(path) for path, _ in files))


def _refusal(problems: dict[Path, str]) -> ValueError:
    said = list(problems.values())
    if len(said) == 1:
        return ValueError(said[0])
    more = [f"and {len(said) - MOST_NAMED:,} more"] if len(said) > MOST_NAMED else []
    return ValueError("\n  ".join([f"{len(said):,} files cannot be used:", *said[:MOST_NAMED], *more]))


def _changes(listing: Listing) -> Iterator[str]:
    """What was done to the pictures, in words."""
    headers = listing.headers.values()
    sizes = sorted({header.size for header in headers}, key=lambda size: (size[0] * size[1], size))
    if len(sizes) > 1:
        yield f"files of {_spelled(sizes[0])} to {_spelled(sizes[-1])} pixels, scaled to fill {_spelled(listing.size)} and cut around the middle"
    for number, words in (
        (sum(header.is_turned for header in headers), "turned upright, as EXIF says"),
        (sum(header.has_alpha for header in headers), "with an alpha channel, laid on white"),
        (sum(header.has_frames for header in headers), "with several frames, of which the first is used"),
        (sum(header.is_grey for header in headers) if listing.mode == "RGB" else 0, "grey, made colour as the others are"),
    ):
        if number:
            yield f"{number:,} {words}"


def _odd_sizes(listing: Listing) -> Iterator[str]:
    """That a few images of another size change all the others, where it is so."""
    sizes = Counter(header.size for header in listing.headers.values())
    size, number = sizes.most_common(1)[0]
    total = len(listing.headers)
    if len(sizes) > 1 and number > MOST_OF_ONE_SIZE * total and max(size) <= LARGEST_SIDE:
        path, odd = next((path, header.size) for path, header in listing.headers.items() if header.size != size)
        yield (
            f"Not of {_spelled(size)} pixels, as the others are: {total - number:,} of {total:,} images, the first of them "
            f"{printable(listing.name_of(path))} of {_spelled(odd)}. For their sake all are scaled to fill {_spelled(listing.size)} and cut "
            "around the middle: remove them, or bring them to that size, and the others stay as they are."
        )


def _spelled(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _cache_file(listing: Listing) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "residual-benchmarks" / f"imagefolder-{listing.key}.npz"


def _from_cache(listing: Listing) -> dict[str, Split] | None:
    """The decoded splits, or None where they are not in the cache or its file cannot be read (it is then written again)."""
    try:
        with _cache_file(listing).open("rb") as file, np.load(file) as arrays:
            return {split: _split(listing, split, arrays[f"{split}_images"]) for split in listing.files}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None


def _into_cache(listing: Listing, splits: dict[str, Split]) -> dict[str, Split]:
    """Keep the splits for the next run, whole or not at all; without room or right to write, they are only decoded again then."""
    path = _cache_file(listing)
    arrays: dict[str, NDArray[Any]] = {f"{split}_images": splits[split].images_NCHW for split in splits}
    partial: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            partial = Path(file.name)
            np.savez(file, **arrays)  # type: ignore[arg-type]  # numpy's stub takes the names for its own flags
        partial.replace(path)
    except OSError:
        if partial is not None:
            partial.unlink(missing_ok=True)
    return splits


DATASET = Dataset(title=f"any folder of images: --data DIR, {LAYOUT}", load=load)
