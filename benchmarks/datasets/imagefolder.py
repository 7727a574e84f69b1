"""Load any folder of images that has `train/` and `test/` (or `val/`) with class folders: --data DIR.

The files are read and checked at every start. Their decoded pixels are cached for the user under a hash of the files' content.
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

COMMON_SIZE = (32, 32)  # to which images of different sizes are scaled: the CIFAR networks' own
LARGEST_SIDE = 512  # pixels of images that are not scaled: larger ones are photographs, for which no network here is made
MOST_OF_ONE_SIZE = 0.5  # share of images of one size above which the other images are reported as odd
MOST_NAMED = 10  # files that an error message names
CACHE_FORMAT = "3"


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """Image files of both splits with their labels and headers, the mode and size to decode to, and the hash of the content."""

    root: Path
    files: dict[str, list[tuple[Path, int]]]
    headers: dict[Path, Header]
    mode: str
    size: tuple[int, int]
    key: str

    def name_of(self, path: Path) -> str:
        """Return a file's path relative to the image folder."""
        return path.relative_to(self.root).as_posix()


def load(root: Path | None, download: bool) -> Images:
    """Load all images of a folder, upright by their EXIF orientation and on a white background.

    Images of one size are not scaled; images of several sizes are each scaled to fill 32x32 and cropped at the centre. They are grey if all
    files are grey, else colour.

    Raises:
        ValueError: the folder or a split is missing, the splits' classes differ, a class name is not UTF-8, a class is empty, the images
            are too large, or files cannot be decoded.
    """
    if root is None:
        raise ValueError(f"imagefolder needs --data DIR: {LAYOUT}")
    try:
        images = find_images(root)
        listing, problems = _read(root, images)
        splits = (None if problems else _from_cache(listing)) or _into_cache(listing, _decoded(listing, problems))
    except OSError as error:
        raise ValueError(
            f"{printable(str(error.filename or root))} cannot be read ({error.strerror}): make it readable, or remove it"
        ) from error
    name = slug(root.resolve().name)
    name = f"imagefolder-{name}" if name in dataset_names() else name
    shape = "x".join(str(side) for side in listing.size)
    source = f"images of the folder {name}, {'grey' if listing.mode == 'L' else 'colour'}, {shape} pixels"
    left_out = [f"left out: {images.left_out}"] if images.left_out else []
    return Images(
        name=name,
        source=source,
        train=splits["train"],
        test=splits["test"],
        classes=images.classes,
        preparation=(*_changes(listing), *left_out),
        notes=tuple(_odd_sizes(listing)),
    )


def _read(root: Path, images: ImageFiles) -> tuple[Listing, dict[Path, str]]:
    """Read every file once and return the listing and, per unusable file, its error."""
    digest = blake2b(CACHE_FORMAT.encode(), digest_size=16)
    headers: dict[Path, Header] = {}
    problems: dict[Path, str] = {}
    for split, files in images.files.items():
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
            f"the images of {printable(str(root))} all have {_spelled(size)} pixels and are not scaled: make them smaller first, "
            f"at most {LARGEST_SIDE} pixels per side"
        )
        raise _refusal(problems)
    mode = "L" if all(header.is_grey for header in headers.values()) else "RGB"
    return Listing(root=root, files=images.files, headers=headers, mode=mode, size=size, key=digest.hexdigest()), problems


def _decoded(listing: Listing, problems: dict[Path, str]) -> dict[str, Split]:
    """Decode both splits.

    Raises:
        ValueError: `problems` is not empty, or files cannot be decoded; the message names up to ten of them.
    """
    splits = {}
    for split, files in listing.files.items():
        columns, rows = listing.size
        pixels_NHWC = np.empty((len(files), rows, columns, len(listing.mode)), np.uint8)
        for row, (path, _) in enumerate(files):
            try:
                if path not in problems:
                    pixels_NHWC[row] = _pixels(path, listing)
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
    messages = list(problems.values())
    if len(messages) == 1:
        return ValueError(messages[0])
    more = [f"and {len(messages) - MOST_NAMED:,} more"] if len(messages) > MOST_NAMED else []
    return ValueError("\n  ".join([f"{len(messages):,} files cannot be used:", *messages[:MOST_NAMED], *more]))


def _changes(listing: Listing) -> Iterator[str]:
    """Yield a description of each change that was made to the images."""
    headers = listing.headers.values()
    sizes = sorted({header.size for header in headers}, key=lambda size: (size[0] * size[1], size))
    if len(sizes) > 1:
        yield f"files of {_spelled(sizes[0])} to {_spelled(sizes[-1])} pixels, scaled to fill {_spelled(listing.size)} and cut around the middle"
    for count, words in (
        (sum(header.is_turned for header in headers), "turned upright, as EXIF says"),
        (sum(header.has_alpha for header in headers), "with an alpha channel, laid on white"),
        (sum(header.has_frames for header in headers), "with several frames, of which the first is used"),
        (sum(header.is_grey for header in headers) if listing.mode == "RGB" else 0, "grey, made colour as the others are"),
    ):
        if count:
            yield f"{count:,} {words}"


def _odd_sizes(listing: Listing) -> Iterator[str]:
    """Yield a warning if a few images of another size cause all images to be scaled."""
    sizes = Counter(header.size for header in listing.headers.values())
    size, count = sizes.most_common(1)[0]
    total = len(listing.headers)
    if len(sizes) > 1 and count > MOST_OF_ONE_SIZE * total and max(size) <= LARGEST_SIDE:
        path, odd = next((path, header.size) for path, header in listing.headers.items() if header.size != size)
        yield (
            f"Not of {_spelled(size)} pixels, as the others are: {total - count:,} of {total:,} images, the first of them "
            f"{printable(listing.name_of(path))} of {_spelled(odd)}. For their sake all are scaled to fill {_spelled(listing.size)} and cut "
            "around the middle: remove them, or bring them to that size, and the others stay as they are."
        )


def _spelled(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _cache_file(listing: Listing) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "residual-benchmarks" / f"imagefolder-{listing.key}.npz"


def _from_cache(listing: Listing) -> dict[str, Split] | None:
    """Return the cached splits, or None if the cache file is missing or unreadable (it is then rewritten)."""
    try:
        with _cache_file(listing).open("rb") as file, np.load(file) as arrays:
            return {split: _split(listing, split, arrays[f"{split}_images"]) for split in listing.files}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None


def _into_cache(listing: Listing, splits: dict[str, Split]) -> dict[str, Split]:
    """Write the splits to the cache atomically and return them; if writing fails, the next run decodes the images again."""
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
