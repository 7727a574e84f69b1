"""All networks as frozen values: `Architecture`, `Perceptron`, `Fixed` (as its authors wrote it), `Own` (a user's) and `Unknown`.

Fields that two of them share mean the same. One network is one value, so that its trials have one key each. Nothing
here needs torch.
"""

import json
from dataclasses import dataclass
from typing import Any

from resnet_variants.architecture import CIFAR, IMAGENET, MNIST, Architecture, FamilyName, ImageShape, Task
from resnet_variants.lookup import LARGEST_DEPTH, at_least_one, boolean, choose, fraction


@dataclass(frozen=True, kw_only=True, slots=True)
class Perceptron:
    """Flattened images, `hidden_layers` linear layers of `width` units with ReLU, and a linear layer of class scores.

    A residual perceptron has a shortcut around every two hidden layers after the first. With `has_norm` a batch norm
    precedes every ReLU. `dropout` follows every hidden ReLU, in a residual perceptron only those inside a branch. With
    `zero_gamma` every branch starts at zero.

    Raises:
        ValueError: a number is too small or too large, a residual perceptron has an even number of hidden layers, or
            zero_gamma is set without shortcuts.
        TypeError: a value has the wrong type.
    """

    hidden_layers: int
    width: int
    is_residual: bool = False
    has_norm: bool = False
    dropout: float = 0.0
    zero_gamma: bool = False

    def __post_init__(self) -> None:
        at_least_one("hidden_layers", self.hidden_layers, most=LARGEST_DEPTH)
        at_least_one("width", self.width)
        for name in ("is_residual", "has_norm", "zero_gamma"):
            boolean(name, getattr(self, name))
        object.__setattr__(self, "dropout", fraction("dropout", self.dropout))
        if self.is_residual and (self.hidden_layers < 3 or self.hidden_layers % 2 == 0):
            below = max(3, self.hidden_layers - 1)
            raise ValueError(
                "hidden_layers must be 2n+1 with shortcuts around every two layers after the first, "
                f"such as {below} or {below + 2}, got {self.hidden_layers}"
            )
        if self.zero_gamma and not self.is_residual:
            raise ValueError("zero_gamma needs shortcuts: no signal passes a plain network whose branches start at zero")

    @property
    def depth(self) -> int:
        """Number of linear layers, including the one of the scores."""
        return self.hidden_layers + 1

    @property
    def family(self) -> FamilyName:
        """Group of networks to which tables and figures assign it."""
        return "residual" if self.is_residual else "plain"

    @property
    def task(self) -> Task:
        """MNIST's images and classes, on which perceptrons are customary."""
        return MNIST


@dataclass(frozen=True, kw_only=True, slots=True)
class FixedFacts:
    """Facts about a fixed network that are known without building it.

    `make` is the function that builds it for a `Task`, as "package.module:function"; None means that torchvision builds
    it. `dropout` is its default dropout, or None if it has no such layer. A plain twin is another network without its shortcuts.
    """

    depth: int
    is_residual: bool
    task: Task
    make: str | None = None
    dropout: float | None = None
    is_plain_twin: bool = False


COURSES = "resnet_variants.course_nets"
LECTURES: dict[str, FixedFacts] = {
    "lecture_identity": FixedFacts(depth=5, is_residual=True, task=MNIST, make=f"{COURSES}:identity"),
    "lecture_identity_1x1": FixedFacts(depth=5, is_residual=True, task=MNIST, make=f"{COURSES}:identity_1x1"),
    "lecture_identity_1x1_plain": FixedFacts(
        depth=5, is_residual=False, task=MNIST, make=f"{COURSES}:identity_1x1_plain", is_plain_twin=True
    ),
    "lecture_resizing": FixedFacts(depth=5, is_residual=True, task=MNIST, make=f"{COURSES}:resizing"),
    "lecture_resizing_plain": FixedFacts(
        depth=5, is_residual=False, task=MNIST, make=f"{COURSES}:resizing_plain", is_plain_twin=True
    ),
    "lecture_two_stage": FixedFacts(
        depth=6, is_residual=True, task=Task(image_shape=(3, 224, 224), num_classes=2), make=f"{COURSES}:two_stage"
    ),
    "lecture_resnet34": FixedFacts(
        depth=34, is_residual=True, task=Task(image_shape=(3, 64, 64), num_classes=10), make=f"{COURSES}:resnet34"
    ),
}
# depths as their papers count them: Simonyan and Zisserman 2015, table 1; Szegedy et al. 2015, section 5; 2016, section 6
TORCHVISION: dict[str, FixedFacts] = {
    "vgg16": FixedFacts(depth=16, is_residual=False, task=IMAGENET, dropout=0.5),
    "vgg19": FixedFacts(depth=19, is_residual=False, task=IMAGENET, dropout=0.5),
    "vgg16_bn": FixedFacts(depth=16, is_residual=False, task=IMAGENET, dropout=0.5),
    "googlenet": FixedFacts(depth=22, is_residual=False, task=IMAGENET, dropout=0.2),
    "inception_v3": FixedFacts(depth=42, is_residual=False, task=Task(image_shape=(3, 299, 299), num_classes=1000), dropout=0.5),
}
FIXED = LECTURES | TORCHVISION


@dataclass(frozen=True, kw_only=True, slots=True)
class Fixed:
    """A network as its authors wrote it: one of the courses' or of torchvision's points of comparison.

    Raises:
        ValueError: the network is unknown, or dropout is set for one that has no such layer.
        TypeError: the name or the fraction has the wrong type.
    """

    network: str
    dropout: float | None = None

    def __post_init__(self) -> None:
        facts = choose("network", self.network, FIXED)
        if self.dropout is None:
            return
        object.__setattr__(self, "dropout", fraction("dropout", self.dropout))
        if facts.dropout is None:
            raise ValueError(f"dropout cannot be set for {self.network}, which has no dropout layer, got {self.dropout}")
        if self.dropout == facts.dropout:
            object.__setattr__(self, "dropout", None)

    @property
    def depth(self) -> int:
        """Number of layers with weights, as its authors count them."""
        return FIXED[self.network].depth

    @property
    def is_residual(self) -> bool:
        """Whether it has shortcuts."""
        return FIXED[self.network].is_residual

    @property
    def family(self) -> FamilyName:
        """Group of networks to which tables and figures assign it: "other" without shortcuts, unless it is a network's plain twin."""
        if FIXED[self.network].is_plain_twin:
            return "plain"
        return "residual" if self.is_residual else "other"

    @property
    def task(self) -> Task:
        """Images and classes for which its authors built it."""
        return FIXED[self.network].task


@dataclass(frozen=True, kw_only=True, slots=True)
class Own:
    """A user's own network: its location ("my_nets:my_net") and a digest of its source. Changed source is another network.

    `own.read_own` makes it. The other fields are facts that the source states, or their defaults: `depth` 0 and
    `is_residual` None mean that the source does not state them. The digest is empty if the source is not found here.

    Raises:
        ValueError: a number is too small.
    """

    place: str
    digest: str
    depth: int = 0
    is_residual: bool | None = None
    image_shape: ImageShape = CIFAR.image_shape
    num_classes: int = CIFAR.num_classes

    def __post_init__(self) -> None:
        if self.depth < 0:
            raise ValueError(f"depth must be at least 0, got {self.depth}")
        self.task  # noqa: B018 - checks the numbers

    @property
    def task(self) -> Task:
        """Images and classes for which it is made."""
        return Task(image_shape=self.image_shape, num_classes=self.num_classes)

    @property
    def family(self) -> FamilyName:
        """Group of networks to which tables and figures assign it: "other" unless it is known to be residual."""
        return "residual" if self.is_residual else "other"

    @property
    def version(self) -> str:
        """Its location and the first digits of its digest, which distinguish two versions of its source."""
        return f"{self.place}@{self.digest[:6]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """Network of a record whose names no table here has, such as another machine's ordering; it can be read but not built.

    `kind` is the class that it would have, and `fields` are the record's, as JSON with sorted keys.
    """

    kind: str
    fields: str

    @property
    def values(self) -> dict[str, Any]:
        """Its fields in the record."""
        values: dict[str, Any] = json.loads(self.fields)
        return values

    @property
    def name(self) -> str:
        """Its name on the machine that knows it, as far as the record tells."""
        values = self.values
        spelled = ",".join(f"{name}={values[name]}" for name in ("depth", "ordering", "shortcut") if name in values)
        return str(values.get("network", f"unknown:{spelled}"))

    @property
    def depth(self) -> int:
        """Its depth, or 0 if the record does not contain it."""
        return int(self.values.get("depth", 0))

    @property
    def is_residual(self) -> bool | None:
        """None, since it is not known here."""
        return None

    @property
    def family(self) -> FamilyName:
        """Group of networks to which tables and figures assign it: always "other"."""
        return "other"

    @property
    def task(self) -> Task:
        """Images and classes of CIFAR-10, as its own are not known here."""
        return CIFAR


Variant = Architecture | Perceptron | Fixed | Own | Unknown
KINDS: dict[str, type[Architecture | Perceptron | Fixed | Own]] = {
    kind.__name__: kind for kind in (Architecture, Perceptron, Fixed, Own)
}


def check_variant(value: object) -> None:
    """Raise a TypeError unless the value is a variant."""
    if not isinstance(value, Variant):
        remedy = f"use parse({value!r})" if isinstance(value, str) else "use parse('resnet20'), for example"
        raise TypeError(f"a network must be an Architecture, Perceptron, Fixed or Own, got {value!r}: {remedy}")
