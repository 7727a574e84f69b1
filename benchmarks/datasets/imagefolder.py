"""Any folder with `train/` and `test/` (or `val/`) of class folders: --data DIR.

The files are read and checked at every start; their decoded pixels are kept in the user's cache under a hash of the files' content.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from benchmarks.data import Dataset, Images, Split, dataset_names
from benchmarks.trial import slug

LAYOUT = "a folder with train/ and test/ (or val/), each of class folders with images"
ENDINGS = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
GREY_MODES = frozenset({"1", "L", "LA"})
COLOUR_MODES = frozenset({"P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"})
COMMON_SIZE = (32, 32)  # what images of different sizes are brought to: the CIFAR networks' own
LARGEST_SIDE = 512  # pixels of images that stay as they are: what is larger is a photograph, and no network here is made for it
WITH_EXIF = frozenset({"JPEG", "MPO", "TIFF", "WEBP"})  # the formats that cameras write
ORIENTATION, SIDEWAYS = 0x0112, frozenset({5, 6, 7, 8})  # the EXIF tag, and its values for images that lie on their side
CACHE_FORMAT = "2"
SHOWN = 5  # of the classes that a sentence names


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """The image files of both splits with their labels, what they are decoded to, and the hash of all of that."""

    files: dict[str, list[tuple[Path, int]]]
    mode: str
    size: tuple[int, int]
    key: str


def load(root: Path | None, download: bool) -> Images:
    """All images of a folder, as they are where they have one size, else each scaled to fill 32x32 and cut around its middle; grey where all
    of them are, upright as EXIF says, and on white where they are transparent.

    Raises:
        ValueError: no such folder, a missing split, classes that differ, an empty class, images that are too large, or one that cannot be decoded.
    """
    if root is None:
        raise ValueError(f"imagefolder needs --data DIR: {LAYOUT}")
    try:
        train, test = _splits(root)
        classes = _classes(train, test)
        listing = _read(root, {"train": train, "test": test}, classes)
    except OSError as error:
        raise ValueError(f"{error.filename or root} cannot be read ({error.strerror}): make it readable, or remove it") from error
    splits = _from_cache(listing) or _into_cache(listing, {split: _decode(listing, split) for split in ("train", "test")})
    name = slug(root.resolve().name)
    name = f"imagefolder-{name}" if name in dataset_names() else name
    shape = "x".join(str(side) for side in listing.size)
    source = f"images of the folder {name}, {'grey' if listing.mode == 'L' else 'colour'}, {shape} pixels"
    return Images(name=name, source=source, train=splits["train"], test=splits["test"], classes=classes)


def _splits(root: Path) -> tuple[Path, Path]:
    if not root.is_dir():
        raise ValueError(f"--data {root} is not a folder: it must be {LAYOUT}")
    test = next((root / name for name in ("test", "val") if (root / name).is_dir()), None)
    if not (root / "train").is_dir() or test is None:
        missing = "train/" if not (root / "train").is_dir() else "test/ and val/"
        raise ValueError(f"--data {root} has no {missing}: it must be {LAYOUT}")
    return root / "train", test


def _classes(train: Path, test: Path) -> tuple[str, ...]:
    found = {
        split: {entry.name for entry in split.iterdir() if entry.is_dir() and entry.name[0] != "."} for split in (train, test)
    }
    if not found[train]:
        raise ValueError(f"{train} has no class folders: it must hold one folder of images for each class")
    differing = sorted(found[train] ^ found[test])
    if differing:
        more = f" and {len(differing) - SHOWN} more" if len(differing) > SHOWN else ""
        stand = "stands" if len(differing) == 1 else "stand"
        raise ValueError(
            f"the classes of {train} and {test} differ: {', '.join(differing[:SHOWN])}{more} {stand} in only one of them"
        )
    return tuple(sorted(found[train]))


def _files(folder: Path, classes: tuple[str, ...]) -> Iterator[tuple[Path, int]]:
    for label, name in enumerate(classes):
        paths = sorted(
            path for path in (folder / name).rglob("*") if path.suffix.lower() in ENDINGS and not _is_hidden(path, folder)
        )
        if not paths:
            raise ValueError(f"{folder / name} has no images ({', '.join(sorted(ENDINGS))}): add some, or remove the class")
        yield from ((path, label) for path in paths)


def _is_hidden(path: Path, folder: Path) -> bool:
    """Whether the file, or a folder that it is in, is one of those that programs keep for themselves."""
    return any(part[0] == "." for part in path.relative_to(folder).parts)


def _read(root: Path, folders: dict[str, Path], classes: tuple[str, ...]) -> Listing:
    """Every file read once: its bytes go into the key, its header into the common mode and size."""
    digest = blake2b(CACHE_FORMAT.encode(), digest_size=16)
    modes: set[str] = set()
    sizes: set[tuple[int, int]] = set()
    files = {split: list(_files(folder, classes)) for split, folder in folders.items()}
    for split in files:
        for path, label in files[split]:
            content = path.read_bytes()
            mode, size = _header(path, content)
            if mode not in GREY_MODES | COLOUR_MODES:
                raise ValueError(
                    f"{path} has pixels of mode {mode!r}, which 8 bits a channel would cut off: convert it to 8 bits first"
                )
            modes.add(mode)
            sizes.add(size)
            digest.update(os.fsencode(f"{split}/{label}/{path.relative_to(root).as_posix()}/{len(content)}/"))
            digest.update(content)
    is_grey = modes <= GREY_MODES
    size = next(iter(sizes)) if len(sizes) == 1 else COMMON_SIZE
    if max(size) > LARGEST_SIDE:
        raise ValueError(
            f"the images of {root} are all of {size[0]}x{size[1]} pixels, and would stay so: make them smaller first, "
            f"{LARGEST_SIDE} a side at the most"
        )
    return Listing(files=files, mode="L" if is_grey else "RGB", size=size, key=digest.hexdigest())


def _header(path: Path, content: bytes) -> tuple[str, tuple[int, int]]:
    try:
        with Image.open(BytesIO(content)) as image:
            is_sideways = image.format in WITH_EXIF and image.getexif().get(ORIENTATION) in SIDEWAYS
            return image.mode, image.size[::-1] if is_sideways else image.size
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path} is not a readable image ({error}): repair or remove it") from error


def _decode(listing: Listing, split: str) -> Split:
    files = listing.files[split]
    columns, rows = listing.size
    pixels_NHWC = np.empty((len(files), rows, columns, len(listing.mode)), np.uint8)
    for number, (path, _) in enumerate(files):
        pixels_NHWC[number] = _pixels(path, listing)
    pixels_NCHW = np.ascontiguousarray(pixels_NHWC.transpose(0, 3, 1, 2))
    return Split(images_NCHW=pixels_NCHW, labels_N=np.array([label for _, label in files], np.int64))


def _pixels(path: Path, listing: Listing) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image) if image.format in WITH_EXIF else image
            picture = _opaque(upright).convert(listing.mode)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path} cannot be decoded ({error}): repair or remove it") from error
    if picture.size != listing.size:
        picture = ImageOps.fit(picture, listing.size, Image.Resampling.BILINEAR)
    columns, rows = listing.size
    return np.asarray(picture).reshape(rows, columns, len(listing.mode))


def _opaque(image: Image.Image) -> Image.Image:
    """The picture as it looks on white paper."""
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, image.convert("RGBA"))


def _cache_file(listing: Listing) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "residual-benchmarks" / f"imagefolder-{listing.key}.npz"


def _from_cache(listing: Listing) -> dict[str, Split] | None:
    """The decoded splits, or None where they are not in the cache or its file cannot be read (it is then written again)."""
    try:
        with _cache_file(listing).open("rb") as file, np.load(file) as arrays:
            return {
                split: Split(images_NCHW=arrays[f"{split}_images"], labels_N=arrays[f"{split}_labels"])
                for split in ("train", "test")
            }
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None


def _into_cache(listing: Listing, splits: dict[str, Split]) -> dict[str, Split]:
    """Keep the splits for the next run, whole or not at all; without room or right to write, they are only decoded again then."""
    path = _cache_file(listing)
    arrays: dict[str, NDArray[Any]] = {f"{split}_images": splits[split].images_NCHW for split in splits}
    arrays |= {f"{split}_labels": splits[split].labels_N for split in splits}
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
