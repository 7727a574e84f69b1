"""One training run by value; the hash of its fields names its result."""

import json
import math
import re
from dataclasses import MISSING, dataclass, field, fields
from hashlib import sha256
from typing import Any

from benchmarks.spec.recipe import Recipe
from benchmarks.spec.schedule import num_batches
from resnet_variants.registry import name_of
from resnet_variants.variant import KINDS, Unknown, Variant

KEY_DIGITS = 12
# what a file's name may have, endings, checksums and all: 143 bytes in a home that eCryptfs encrypts, 255 nearly everywhere else
LONGEST_FILE = 143
LONGEST_NAME = 112  # of a trial: the rest is a checkpoint's checksum and ending
LONGEST_LABEL = 100  # of a study or a data set


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetIdentity:
    """Which images: a checksum of pixels and labels. The name is a label: the same images under two names are the same."""

    name: str = field(compare=False)
    checksum: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """What a suite compares: a network, and the share of the training images that it sees (of all of them, as a rule).

    Raises:
        ValueError: a share that is not above 0 and up to 1.
    """

    architecture: Variant
    train_fraction: float = 1.0

    def __post_init__(self) -> None:
        _check_fraction(self.train_fraction)

    @property
    def label(self) -> str:
        """The network's name, and the share where it is not all."""
        name = name_of(self.architecture)
        return name if self.train_fraction == 1 else f"{name} on {self.train_fraction:.0%}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """A network, the images, the recipe and the seed. Suite and arm are not in it: suites share results.

    With a `train_fraction` under 1 the network sees a random part of the training images, the seed's own, the smaller part in the
    larger one; it takes as many steps as on all of them. `split` is the checksum of the seed's own division of a pool of images, where
    there is one; `holdout` the fraction of the training images held out for tuning; `control` the name of the control that it runs.

    Raises:
        ValueError: a negative seed, a recipe whose precision is not settled yet, or a fraction out of its range.
    """

    architecture: Variant
    dataset: DatasetIdentity
    recipe: Recipe
    seed: int
    train_fraction: float = 1.0
    split: str | None = None
    holdout: float = 0.0
    control: str = ""

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f"seed must be at least 0, got {self.seed}")
        if self.recipe.precision == "native":
            raise ValueError("a trial's precision must be settled: fp32 or bf16")
        _check_fraction(self.train_fraction)
        if not 0 <= self.holdout < 1:
            raise ValueError(f"holdout must be at least 0 and below 1, got {self.holdout!r}")

    @property
    def arm(self) -> Arm:
        """What a suite knows of it."""
        return Arm(architecture=self.architecture, train_fraction=self.train_fraction)

    def num_images(self, num_train: int) -> int:
        """How many of so many training images it sees: at least two, for one has no variance."""
        return max(min(2, num_train), round(num_train * self.train_fraction))

    def num_passes(self, num_train: int) -> int:
        """How often it goes through its images, the last time perhaps not to the end."""
        total = self.recipe.num_iterations(num_batches(num_train, self.recipe.batch_size))
        return math.ceil(total / num_batches(self.num_images(num_train), self.recipe.batch_size))

    @property
    def key(self) -> str:
        """12 hex digits of the fields, those left out that have their default; of the images, the checksum alone."""
        values = {
            "architecture": without_defaults(self.architecture),
            "dataset": self.dataset.checksum,
            "recipe": without_defaults(self.recipe),
        }
        return key_of(without_defaults(self) | values)

    @property
    def name(self) -> str:
        """A readable file name, without its ending: network, data set, seed, key. The key tells trials apart, and is never shortened."""
        network, dataset, rest = slug(name_of(self.architecture)), slug(self.dataset.name), f"s{self.seed}-{self.key}"
        if len(f"{network}-{dataset}-{rest}") > LONGEST_NAME:
            network, dataset = short(network, 48), short(dataset, 32)
        return f"{network}-{dataset}-{rest}"


def _check_fraction(train_fraction: float) -> None:
    if not 0 < train_fraction <= 1:
        raise ValueError(f"train_fraction must be above 0 and at most 1, got {train_fraction!r}")


def key_of(content: dict[str, Any]) -> str:
    """12 hex digits that name these values."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return sha256(text.encode()).hexdigest()[:KEY_DIGITS]


def slug(text: str) -> str:
    """The text with only letters, digits, dots, underscores and single hyphens, fit for a file's name everywhere."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.") or "unnamed"


def short(text: str, limit: int) -> str:
    """The text, or its beginning and 8 hex digits of all of it where it is longer than so many signs."""
    return text if len(text) <= limit else f"{text[: limit - 9].rstrip('-.')}-{sha256(text.encode()).hexdigest()[:8]}"


def without_defaults(value: Any) -> dict[str, Any]:
    """The fields of a frozen value, those left out that have their default; of a network that is not known here, as the record has them."""
    if isinstance(value, Unknown):
        defaults = {field.name: field.default for field in fields(KINDS[value.kind])}
        return {name: found for name, found in value.values.items() if defaults[name] is MISSING or found != defaults[name]}
    return {
        field.name: getattr(value, field.name)
        for field in fields(value)
        if field.default is MISSING or getattr(value, field.name) != field.default
    }
