"""What a signal check is to do, as given on the command line and checked before anything is loaded."""

import os
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cli.seeds import read_seeds
from benchmarks.spec.image_choices import LARGEST_SIDE, SMALLEST_SIDE, ImageChoices, read_choices

NUM_SEEDS = 3
FORMATS = (".svg", ".png")
LARGEST_SIZE, MOST_SEEDS = 1_024, 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class SignalRequest:
    """Request for a signal check.

    `seeds` are N or A-B, as in a run. The images are scaled to `image_size` pixels per side, if it is given: on loading if they are those of a
    folder, as in a run. `holdout` cuts a test part from a folder that has none, as in a run. `blocks` is a wildcard
    for the modules that are blocks in networks that are not this project's.

    Raises:
        ValueError: a value is invalid; names the flag, the rule and the value.
    """

    networks: tuple[str, ...]
    dataset: str = "digits"
    data: Path | None = None
    download: bool = False
    holdout: str | None = None
    batch_size: int = 64
    seeds: str = str(NUM_SEEDS)
    image_size: int | None = None
    blocks: str | None = None
    out: Path | None = None
    as_json: bool = False

    def __post_init__(self) -> None:
        if self.batch_size < 2:
            raise ValueError(f"--batch-size must be at least 2, because one image has no variance, got {self.batch_size}")
        if self.image_size is not None and not 1 <= self.image_size <= LARGEST_SIZE:
            raise ValueError(f"--image-size must be from 1 to {LARGEST_SIZE:,}, got {self.image_size}")
        read_choices(self.holdout, None)
        if self.out is not None:
            _refuse_unwritable(self.out)
        if len(read_seeds(self.seeds)[0]) > MOST_SEEDS:
            raise ValueError(f"--seeds must be at most {MOST_SEEDS:,}, got {self.seeds}")

    def choices(self, *, has_choices: bool) -> ImageChoices:
        """Return the choices about the images on loading, of a data set that `has_choices` or has none."""
        is_scaled = has_choices and self.image_size is not None and SMALLEST_SIDE <= self.image_size <= LARGEST_SIDE
        return read_choices(self.holdout, str(self.image_size) if is_scaled else None)


def _refuse_unwritable(path: Path) -> None:
    """Raise ValueError if a figure cannot be written here."""
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"--out must be a file that ends in .svg or .png, got {str(path)!r}")
    if path.is_dir():
        raise ValueError(f"--out {path} is a folder: name a file in it, such as {path / 'signal.svg'}")
    folder = next(place for place in path.absolute().parents if place.exists())
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise ValueError(f"--out {path} cannot be written: {folder} is not a folder that you may write to: name another")
