"""One training run by value; the hash of its fields names its result."""

import json
import re
from dataclasses import MISSING, asdict, dataclass, fields
from hashlib import sha256
from typing import Any

from benchmarks.recipe import Recipe
from resnet_variants.registry import name_of
from resnet_variants.variant import Variant

KEY_DIGITS = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetIdentity:
    """Which images: a name, and a checksum of pixels and labels."""

    name: str
    checksum: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """A network, the images, the recipe and the seed. Suite and arm are not in it: suites share results.

    Raises:
        ValueError: a negative seed, or a recipe whose precision is not settled yet.
    """

    architecture: Variant
    dataset: DatasetIdentity
    recipe: Recipe
    seed: int

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f"seed {self.seed} is not possible: it must be 0 or more")
        if self.recipe.precision == "native":
            raise ValueError("a trial's precision must be settled: fp32 or bf16")

    @property
    def key(self) -> str:
        """12 hex digits of the fields, those left out that have their default."""
        content = {
            "architecture": _without_defaults(self.architecture),
            "dataset": asdict(self.dataset),
            "recipe": _without_defaults(self.recipe),
            "seed": self.seed,
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return sha256(text.encode()).hexdigest()[:KEY_DIGITS]

    @property
    def name(self) -> str:
        """A readable file name, without its ending: network, data set, seed, key."""
        return f"{slug(name_of(self.architecture))}-{slug(self.dataset.name)}-s{self.seed}-{self.key}"


def slug(text: str) -> str:
    """The text with only letters, digits, dots, underscores and single hyphens, fit for a file's name everywhere."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.") or "unnamed"


def _without_defaults(value: Any) -> dict[str, Any]:
    return {
        field.name: getattr(value, field.name)
        for field in fields(value)
        if field.default is MISSING or getattr(value, field.name) != field.default
    }
