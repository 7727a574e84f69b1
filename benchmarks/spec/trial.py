"""One training run by value; the hash of its fields names its result."""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any

from benchmarks.spec.recipe import Recipe
from benchmarks.spec.schedule import num_batches
from benchmarks.spec.settings import possible_settings, recipe_name, with_settings
from resnet_variants.lookup import choose
from resnet_variants.registry import name_of
from resnet_variants.variant import KINDS, Unknown, Variant

KEY_DIGITS = 12
TWIN, HALF_WRONG = "twin", "half-wrong"
CONTROLS = {
    TWIN: "other initial weights; the same order, crops and dropout",
    HALF_WRONG: "half of the training labels replaced by wrong ones",
}
# bytes in a file's name, with endings and checksums: 143 in a home folder under eCryptfs, 255 nearly everywhere else
LONGEST_FILE = 143
LONGEST_NAME = 112  # of a trial: the rest is a checkpoint's checksum and ending
LONGEST_LABEL = 100  # of a study or a data set


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetIdentity:
    """Checksum of a data set's pixels and labels. The name is only a label: the same images under two names are equal."""

    name: str = field(compare=False)
    checksum: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """What a suite compares: a network, and the fraction of the training images that it sees (usually 1).

    If the recipe is the question, `settings` change that of the run for this arm, as in ("epochs=30",) or ("learning_rate=x0.1",).

    Raises:
        ValueError: the fraction is not above 0 and at most 1, or a setting is no recipe's, or possible in no recipe.
    """

    architecture: Variant
    train_fraction: float = 1.0
    settings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_fraction(self.train_fraction)
        if self.settings:
            object.__setattr__(self, "settings", possible_settings(self.settings))

    @property
    def label(self) -> str:
        """Network's name, the fraction if it is below 1, and the settings if there are any."""
        name = name_of(self.architecture)
        on_images = name if self.train_fraction == 1 else f"{name} on {self.train_fraction:.0%}"
        return f"{on_images} {self.settings_in_words}" if self.settings else on_images

    @property
    def settings_in_words(self) -> str:
        """Settings as they end a label: "(epochs=30)"."""
        return f"({', '.join(self.settings)})"

    @property
    def without_settings(self) -> "Arm":
        """Arm with the recipe of the run."""
        return replace(self, settings=())

    @property
    def sets_rate(self) -> bool:
        """Whether the settings set the learning rate, so that the arm runs at no other."""
        return any(setting.startswith("learning_rate=") for setting in self.settings)

    def recipe_under(self, recipe: Recipe) -> Recipe:
        """Return the recipe of the arm's trials in a run with this recipe.

        Raises:
            ValueError: the settings are not possible with it; names the arm, and says why.
        """
        try:
            return with_settings(recipe, self.settings)
        except ValueError as error:
            raise ValueError(f"{self.label} is not possible with recipe {recipe_name(recipe)}: {error}") from None


@lru_cache(maxsize=4096)
def recipe_or_none(arm: Arm, recipe: Recipe) -> Recipe | None:
    """Return the recipe of an arm's trials in a run with this recipe, or None if its settings are not possible with it."""
    try:
        return arm.recipe_under(recipe)
    except ValueError:
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """A network, the images, the recipe and the seed. Suite and label are not part of it, so that suites share results.

    With `train_fraction` below 1 the network sees a random subset of the training images, drawn per seed; a smaller
    subset is part of a larger one. It takes as many steps as on all images.

    `split` is the checksum of the seed's own division of a pool of images, if there is one. `holdout` is the fraction of
    the training images that is held out: the network is evaluated on them in the place of the test images, and trained
    on the rest. `control` makes the trial a control of its arm: a "twin" differs from the arm's trial only in its initial
    weights; "half-wrong" is trained on labels of which half were replaced by wrong ones.

    Raises:
        ValueError: the seed is negative, the recipe's precision is "native", a fraction is out of range, or the control
            is unknown.
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
            raise ValueError("a trial's precision must be fp32 or bf16, got 'native'")
        _check_fraction(self.train_fraction)
        if not 0 <= self.holdout < 1:
            raise ValueError(f"holdout must be at least 0 and below 1, got {self.holdout!r}")
        if self.control:
            choose("control", self.control, CONTROLS)

    @property
    def arm(self) -> Arm:
        """Network and training fraction of the trial, as suites compare them; of settings only a suite knows (`Suite.arm_of`)."""
        return Arm(architecture=self.architecture, train_fraction=self.train_fraction)

    @property
    def marks(self) -> tuple[str, ...]:
        """What distinguishes it from its arm's ordinary trial at its seed: its control and its held-out images, such as "holdout-20"."""
        held_out = (f"holdout-{100 * self.holdout:.4g}",) if self.holdout else ()
        return (*((self.control,) if self.control else ()), *held_out)

    @property
    def label(self) -> str:
        """Label of its network, with its marks: "resnet20, twin (control)" or "resnet20 (holdout-20)"."""
        return self.marked(self.arm.label)

    def marked(self, arm: str) -> str:
        """Return the label of its arm with its marks."""
        name = control_label(arm, self.control) if self.control else arm
        held_out = self.marks[1:] if self.control else self.marks
        return f"{name} ({', '.join(held_out)})" if held_out else name

    def num_held_out(self, num_train: int) -> int:
        """Return how many of `num_train` training images are held out.

        Raises:
            ValueError: no image would be held out, or fewer than two would be left to train on.
        """
        number = round(num_train * self.holdout)
        if self.holdout and not 1 <= number <= num_train - 2:
            raise ValueError(
                f"holdout {self.holdout!r} of {num_train:,} training images is {number:,}: it must hold out at least 1 and "
                "leave at least 2; name another fraction"
            )
        return number

    def num_images(self, num_train: int) -> int:
        """Return how many of `num_train` training images, without those held out, it sees: at least two, as one has no variance."""
        return max(min(2, num_train), round(num_train * self.train_fraction))

    def num_passes(self, num_train: int) -> int:
        """Return how often it passes through its images; the last pass may be incomplete."""
        total = self.recipe.num_iterations(num_batches(num_train, self.recipe.batch_size))
        return math.ceil(total / num_batches(self.num_images(num_train), self.recipe.batch_size))

    @property
    def key(self) -> str:
        """12 hex digits of the fields that differ from their defaults; of the images, only the checksum enters."""
        values = {
            "architecture": without_defaults(self.architecture),
            "dataset": self.dataset.checksum,
            "recipe": without_defaults(self.recipe),
        }
        return key_of(without_defaults(self) | values)

    @property
    def name(self) -> str:
        """Readable file name without suffix: network, data set, marks, seed, key. The key identifies the trial and is never shortened."""
        network, dataset = slug(name_of(self.architecture)), slug(self.dataset.name)
        marks = "".join(f"{slug(mark)}-" for mark in self.marks)
        rest = f"{marks}s{self.seed}-{self.key}"
        if len(f"{network}-{dataset}-{rest}") > LONGEST_NAME:
            network, dataset = short(network, 48 - len(marks)), short(dataset, 32)
        return f"{network}-{dataset}-{rest}"


def arm_among(arms_with_settings: Iterable[Arm], trial: Trial, base: Recipe) -> Arm | None:
    """Return the arm that a trial is of in a run with the recipe `base`, at any learning rate; None if its recipe is of none.

    An arm that sets the learning rate has no other.
    """
    at_rate = replace(base, learning_rate=trial.recipe.learning_rate)
    mine = sorted((arm for arm in arms_with_settings if arm.without_settings == trial.arm), key=lambda arm: not arm.sets_rate)
    recipes = ((arm, recipe_or_none(arm, base if arm.sets_rate else at_rate)) for arm in (*mine, trial.arm))
    return next((arm for arm, recipe in recipes if recipe == trial.recipe), None)


def control_label(arm: str, control: str) -> str:
    """Return the label of a control of an arm: "resnet20, twin (control)"."""
    return f"{arm}, {control} (control)"


def _check_fraction(train_fraction: float) -> None:
    if not 0 < train_fraction <= 1:
        raise ValueError(f"train_fraction must be above 0 and at most 1, got {train_fraction!r}")


def key_of(content: dict[str, Any]) -> str:
    """Return 12 hex digits of the hash of these values."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return sha256(text.encode()).hexdigest()[:KEY_DIGITS]


def slug(text: str) -> str:
    """Return the text with only letters, digits, dots, underscores and single hyphens, which any file system accepts."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.") or "unnamed"


def short(text: str, limit: int) -> str:
    """Return the text, or its beginning and 8 hex digits of its hash if it has more than `limit` characters."""
    return text if len(text) <= limit else f"{text[: limit - 9].rstrip('-.')}-{sha256(text.encode()).hexdigest()[:8]}"


def without_defaults(value: Any) -> dict[str, Any]:
    """Return the fields of a frozen value that differ from their defaults; of an unknown network, those in its record."""
    if isinstance(value, Unknown):
        defaults = {field.name: field.default for field in fields(KINDS[value.kind])}
        return {name: part for name, part in value.values.items() if defaults[name] is MISSING or part != defaults[name]}
    return {
        field.name: getattr(value, field.name)
        for field in fields(value)
        if field.default is MISSING or getattr(value, field.name) != field.default
    }
