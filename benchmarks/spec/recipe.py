"""How a network is trained, by value, and the published recipes.

A recipe is the same for every arm of a suite. Its fields are part of a trial's key, so a default never changes: add a
field instead.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from resnet_variants.lookup import choose

Schedule = Literal["one-cycle", "steps"]
Augment = Literal["none", "crop-flip", "reflect-crop-flip", "enlarge-crop", "crop-alternating-flip"]
ALTERNATING: Augment = "crop-alternating-flip"
Normalise = Literal["channel", "pixel-mean", "unit"]
Optimizer = Literal["sgd", "adam"]
Precision = Literal["fp32", "bf16", "native"]
PAD = 4  # pixels on each side before a crop (He et al. 2015, section 4.2)
MOMENTUM = 0.9  # the default of SGD's; Adam has none
ENLARGED, CROPPED = 70, 64  # pixels per side (Raschka, STAT 453, lecture 14)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """The optimizer, its schedule, augmentation and precision.

    Exactly one of `epochs` and `iterations` sets the length. `milestones`, at which the learning rate is multiplied by
    `decay`, count in the same unit. Only "one-cycle" uses `warmup_fraction`. With "steps", a network with at least
    `warmup_min_depth` layers starts at `warmup_learning_rate`: for `warmup_iterations`, or, if
    `warmup_until_train_error_pct` is set, until an epoch's training error is below it. "enlarge-crop" enlarges every
    image to 70x70 and crops it to 64x64, at random in training and at the centre in evaluation. With "crop-alternating-flip"
    an image is mirrored in every other epoch, from the first or from the second on, by a coin that is tossed once (Jordan 2024,
    2404.00498); an odd number of epochs then shows one side once more. Precision "native" is
    bf16 if the processor supports it, else fp32; it is resolved before a trial is made.

    `optimizer` is "sgd" with `momentum`, or "adam" with torch's decay rates (0.9 and 0.999) and epsilon (1e-8), which uses
    neither `momentum` nor `nesterov`. Both add `weight_decay` times the weights to the gradient. "steps" without milestones
    and warm-up is a constant rate. `normalise` "unit" only scales pixels to the range from 0 to 1.

    Raises:
        ValueError: a field is out of range; the message names the field, its value and the range.
    """

    epochs: int | None = None
    iterations: int | None = None
    batch_size: int = 128
    learning_rate: float = 0.1
    schedule: Schedule = "steps"
    milestones: tuple[int, ...] = ()
    decay: float = 0.1
    warmup_fraction: float = 0.0
    warmup_learning_rate: float | None = None
    warmup_iterations: int = 0
    warmup_until_train_error_pct: float | None = None
    warmup_min_depth: int = 0
    momentum: float = MOMENTUM
    nesterov: bool = False
    weight_decay: float = 1e-4
    normalise: Normalise = "channel"
    augment: Augment = "none"
    precision: Precision = "fp32"
    optimizer: Optimizer = "sgd"

    def __post_init__(self) -> None:
        if (self.epochs is None) == (self.iterations is None):
            raise ValueError("a recipe needs either epochs or iterations, not both: set the other to none")
        for field, low, high in RANGES:
            value = getattr(self, field)
            if value is not None and not low <= value <= high:
                raise ValueError(f"{field} must be a number from {low:g} to {high:g}, got {value!r}")
        for field, choices in CHOICES.items():
            choose(field, getattr(self, field), dict.fromkeys(choices))
        if list(self.milestones) != sorted(set(self.milestones)) or any(milestone < 1 for milestone in self.milestones):
            raise ValueError(f"milestones must increase from at least 1, got {self.milestones!r}")
        if self.augment == "enlarge-crop" and self.normalise == "pixel-mean":
            raise ValueError("enlarge-crop moves the pixels: it needs normalise channel or unit, not pixel-mean")
        self._check_optimizer()

    def _check_optimizer(self) -> None:
        if self.optimizer == "adam" and (self.nesterov or self.momentum != MOMENTUM):
            raise ValueError(
                f"adam uses neither momentum ({self.momentum:g}) nor nesterov ({str(self.nesterov).lower()}): "
                f"set momentum={MOMENTUM} and nesterov=false, or optimizer=sgd"
            )
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov needs a momentum above 0")

    def input_shape(self, image_shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return the channels, rows and columns that a network gets from images of this shape."""
        return (image_shape[0], CROPPED, CROPPED) if self.augment == "enlarge-crop" else image_shape

    def num_iterations(self, iterations_per_epoch: int) -> int:
        """Return the number of training steps, given the number of batches per epoch."""
        return self.iterations if self.iterations is not None else (self.epochs or 0) * iterations_per_epoch


BIG = 1e9
RANGES: tuple[tuple[str, float, float], ...] = (
    ("epochs", 1, BIG),
    ("iterations", 1, BIG),
    ("batch_size", 2, BIG),  # a batch of one image has no variance to normalise by
    ("learning_rate", 1e-12, 1e6),
    ("decay", 1e-12, 1),
    ("warmup_fraction", 0, 1),
    ("warmup_learning_rate", 1e-12, 1e6),
    ("warmup_iterations", 0, BIG),
    ("warmup_until_train_error_pct", 0, 100),
    ("warmup_min_depth", 0, BIG),
    ("momentum", 0, 1),
    ("weight_decay", 0, 1e6),
)
CHOICES: dict[str, tuple[str, ...]] = {
    "schedule": get_args(Schedule),
    "normalise": get_args(Normalise),
    "augment": get_args(Augment),
    "precision": get_args(Precision),
    "optimizer": get_args(Optimizer),
}

RECIPES: dict[str, Recipe] = {
    # for a lecture: a minute on a laptop
    "quick": Recipe(epochs=10, batch_size=64, schedule="one-cycle", warmup_fraction=0.2),
    "short": Recipe(epochs=6, schedule="one-cycle", warmup_fraction=0.2, augment="crop-flip", precision="native"),
    # for networks that need large images: the course's enlargement, VGG's learning rate (Simonyan and Zisserman 2014, section 3.1), one epoch
    # of small batches, so that even a thousand images give enough steps
    "lecture": Recipe(epochs=1, batch_size=16, learning_rate=0.01, augment="enlarge-crop", precision="native"),
    # He et al. 2015 (1512.03385), section 4.2; the warm-up is ResNet-110's
    "he2015": Recipe(
        iterations=64_000,
        milestones=(32_000, 48_000),
        warmup_learning_rate=0.01,
        warmup_until_train_error_pct=80.0,
        warmup_min_depth=110,
        normalise="pixel-mean",
        augment="crop-flip",
    ),
    # He et al. 2016 (1603.05027), appendix
    "he2016": Recipe(
        iterations=64_000,
        milestones=(32_000, 48_000),
        warmup_learning_rate=0.01,
        warmup_iterations=400,
        normalise="pixel-mean",
        augment="crop-flip",
    ),
    # Zagoruyko and Komodakis 2016 (1605.07146v4), section 3
    "wrn": Recipe(
        epochs=200, milestones=(60, 120, 160), decay=0.2, nesterov=True, weight_decay=5e-4, augment="reflect-crop-flip"
    ),
    # Xie et al. 2017 (1611.05431), section 5.3
    "resnext": Recipe(epochs=300, milestones=(150, 225), weight_decay=5e-4, augment="crop-flip"),
    # Raschka, STAT 453 (2021), notebook L14/2-resnet-example: Adam at a constant 0.01, pixels from 0 to 1, images as they are
    "stat453-mnist": Recipe(epochs=10, learning_rate=0.01, weight_decay=0.0, normalise="unit", optimizer="adam"),
}
