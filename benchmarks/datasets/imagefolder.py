"""Load any folder of images that has `train/` and `test/` (or `val/`, ...) with class folders, or class folders only: --data DIR.

The files are read and checked at every start. Their decoded pixels are cached for the user under a hash of the files' content and of what
was chosen.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import Dataset, Images, Split
from benchmarks.datasets._cache import cached, keep
from benchmarks.datasets._decoding import on_all_cores
from benchmarks.datasets._folder import LAYOUT, ImageFiles, find_images
from benchmarks.datasets._holdout import cut
from benchmarks.datasets._pictures import Header, read_header, read_pixels, silenced
from benchmarks.spec.image_choices import AS_FOUND, LARGEST_SIDE, ImageChoices
from benchmarks.spec.images import dataset_names
from benchmarks.spec.trial import slug
from resnet_variants.names import printable

COMMON_SIZE = (32, 32)  # to which images of different sizes are scaled: the CIFAR networks' own
MOST_OF_ONE_SIZE = 0.5  # share of images of one size above which the other images are reported as odd
MOST_NAMED = 10  # files that an error message names
CACHE_FORMAT = "3"
SPLITS = ("train", "test")
Place = tuple[Path, NDArray[np.uint8], int]  # a file, the pixels of its split, and its row


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """Image files of both splits with their labels and headers, the mode and size to decode to, the choices, and the hash of all of it."""

    root: Path
    files: dict[str, list[tuple[Path, int]]]
    headers: dict[Path, Header]
    mode: str
    size: tuple[int, int]
    choices: ImageChoices
    key: str

    def name_of(self, path: Path) -> str:
        """Return a file's path relative to the image folder."""
        return path.relative_to(self.root).as_posix()


def load(root: Path | None, download: bool) -> Images:
    """Load all images of a folder as they are found; raise the errors of `load_chosen`."""
    return load_chosen(root, download, AS_FOUND)


def load_chosen(root: Path | None, download: bool, choices: ImageChoices) -> Images:
    """Load all images of a folder, upright by their EXIF orientation and on a white background.

    Images of one size are not scaled, unless a size is chosen; images of several sizes are each scaled to fill that size, or else 32x32, and
    cropped at the centre. They are grey if all files are grey, else colour.

    Raises:
        ValueError: the folder or a split is missing, a test part exists although one is to be cut, the splits' classes differ, a class name is
            not UTF-8, a class is empty or too small to be cut, the images are too large, or files cannot be decoded.
    """
    if root is None:
        raise ValueError(f"imagefolder needs --data DIR: {LAYOUT}")
    try:
        images = find_images(root, is_cut=choices.holdout_pct is not None)
        with silenced():
            listing, problems = _read(root, images, choices)
            splits = (None if problems else _from_cache(listing)) or _into_cache(listing, _decoded(listing, problems))
    except OSError as error:
        raise ValueError(
            f"{printable(str(error.filename or root))} cannot be read ({error.strerror}): make it readable, or remove it"
        ) from error
    name = slug(root.resolve().name)
    name = f"imagefolder-{name}" if name in dataset_names() else name
    return Images(
        name=name + listing.choices.suffix,
        source=f"images of the folder {name}, {'grey' if listing.mode == 'L' else 'colour'}, {_spelled(listing.size)} pixels",
        train=splits["train"],
        test=splits["test"],
        classes=images.classes,
        preparation=(
            *_origin(listing, images),
            *_changes(listing),
            *([f"left out: {images.left_out}"] if images.left_out else []),
        ),
        notes=() if listing.choices.image_size else tuple(_odd_sizes(listing)),
    )


def _read(root: Path, images: ImageFiles, choices: ImageChoices) -> tuple[Listing, dict[Path, str]]:
    """Read every file once and return the listing and, per unusable file, its error."""
    digest = blake2b(CACHE_FORMAT.encode(), digest_size=16)
    digest.update(" ".join(choices.flags).encode())
    headers: dict[Path, Header] = {}
    problems: dict[Path, str] = {}
    contents: dict[Path, bytes] = {}
    for split, files in images.files.items():
        for path, label in files:
            content = path.read_bytes()
            try:
                headers[path] = read_header(path, content)
            except ValueError as error:
                problems[path] = str(error)
            digest.update(os.fsencode(f"{split}/{label}/{path.relative_to(root).as_posix()}/{len(content)}/"))
            digest.update(content)
            contents[path] = blake2b(content, digest_size=16).digest()
    if not headers:
        raise _refusal(problems)
    sizes = {header.size for header in headers.values()}
    size = next(iter(sizes)) if len(sizes) == 1 else COMMON_SIZE
    if choices.image_size is not None:
        size = (choices.image_size, choices.image_size)
        choices = choices if sizes != {size} else replace(choices, image_size=None)  # they have this size: nothing is scaled
    if max(size) > LARGEST_SIDE:
        problems[root] = (
            f"the images of {printable(str(root))} all have {_spelled(size)} pixels and are not scaled: make them smaller first, "
            f"at most {LARGEST_SIDE} pixels per side, or scale them on loading, for example with --image-size 64"
        )
        raise _refusal(problems)
    mode = "L" if all(header.is_grey for header in headers.values()) else "RGB"
    splits = images.files if images.test_part else cut(images.files["train"], contents, choices)
    key = digest.hexdigest()
    return Listing(root=root, files=splits, headers=headers, mode=mode, size=size, choices=choices, key=key), problems


def _decoded(listing: Listing, problems: dict[Path, str]) -> dict[str, Split]:
    """Decode both splits.

    Raises:
        ValueError: `problems` is not empty, or files cannot be decoded; the message names up to ten of them.
    """
    columns, rows = listing.size
    shape = (rows, columns, len(listing.mode))
    pixels = {split: np.empty((len(files), *shape), np.uint8) for split, files in listing.files.items()}
    places = [(path, pixels[split], row) for split, files in listing.files.items() for row, (path, _) in enumerate(files)]
    results = on_all_cores(partial(_decode_into, listing, problems), places, printable(str(listing.root)))
    problems |= {path: problem for path, problem in results if problem}
    if problems:
        raise _refusal(problems)
    return {
        split: _split(listing, split, np.ascontiguousarray(pixels_NHWC.transpose(0, 3, 1, 2)))
        for split, pixels_NHWC in pixels.items()
    }


def _decode_into(listing: Listing, problems: Mapping[Path, str], place: Place) -> tuple[Path, str]:
    """Decode a file into its row of the pixels, unless it has a problem; return its path, and its problem or ""."""
    path, pixels_NHWC, row = place
    try:
        if path not in problems:
            pixels_NHWC[row] = _pixels(path, listing)
    except ValueError as error:
        return path, str(error)
    return path, ""


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


def _origin(listing: Listing, images: ImageFiles) -> Iterator[str]:
    """Yield where the test images come from, unless from test/."""
    if images.test_part is None:
        pct, flag = listing.choices.holdout_pct, listing.choices.flags[0]
        yield f"test images: {pct:.12g}% of each class, the same at every seed ({flag})"
    elif images.test_part != "test":
        yield f"test images: those of {images.test_part}/"


def _changes(listing: Listing) -> Iterator[str]:
    """Yield a description of each change that was made to the images."""
    headers = listing.headers.values()
    sizes = sorted({header.size for header in headers}, key=lambda size: (size[0] * size[1], size))
    if sizes != [listing.size]:
        range_of_sizes = " to ".join(map(_spelled, dict.fromkeys((sizes[0], sizes[-1]))))
        flag = f" ({listing.choices.flags[-1]})" if listing.choices.image_size else ""
        yield f"files of {range_of_sizes} pixels, scaled to fill {_spelled(listing.size)} and cut around the middle{flag}"
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
            "around the middle: remove them, or bring them to that size, and the others stay as they are; or name a size with --image-size."
        )


def _spelled(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _from_cache(listing: Listing) -> dict[str, Split] | None:
    """Return the cached splits, or None if the cache file is missing or unreadable (it is then rewritten)."""
    arrays = cached(listing.key, tuple(f"{split}_images" for split in SPLITS))
    try:
        return None if arrays is None else {split: _split(listing, split, arrays[f"{split}_images"]) for split in SPLITS}
    except ValueError:
        return None


def _into_cache(listing: Listing, splits: dict[str, Split]) -> dict[str, Split]:
    """Write the splits to the cache and return them."""
    keep(listing.key, {f"{split}_images": splits[split].images_NCHW for split in SPLITS})
    return splits


DATASET = Dataset(
    title=f"any folder of images: --data DIR, {LAYOUT}; --holdout 20% cuts a test part where there is none, --image-size 64 scales",
    load=load,
    load_chosen=load_chosen,
)
