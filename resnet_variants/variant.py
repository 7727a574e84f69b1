"""All networks by value: an `Architecture`, a `Perceptron`, `Fixed`, which is taken as its authors wrote it, or a user's `Own`.

Fields that two of them share mean the same. One network is one value, so that a trial of it has one key. Nothing here needs torch.
"""

import json
from dataclasses import dataclass
from typing import Any

from resnet_variants.architecture import CIFAR, IMAGENET, MNIST, Architecture, FamilyName, ImageShape, Task
from resnet_variants.lookup import LARGEST_DEPTH, at_least_one, boolean, choose, fraction


@dataclass(frozen=True, kw_only=True, slots=True)
class Perceptron:
    """Flattened images, `hidden_layers` linear layers of `width` units with ReLU, and a linear layer of class scores.

    A residual one has a shortcut around every two hidden layers after the first. With `has_norm` a batch norm stands before every ReLU.
    `dropout` stands after every hidden ReLU, in a residual one inside the branch alone. With `zero_gamma` every branch starts at zero.

    Raises:
        ValueError: a number that is too small or too large; an even number of hidden layers in a residual one; zero_gamma without
            shortcuts.
        TypeError: a value of another type.
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
                f"hidden_layers {self.hidden_layers} are not possible with shortcuts around every two layers after the first: "
                f"it must be 2n+1, such as {below} or {below + 2}"
            )
        if self.zero_gamma and not self.is_residual:
            raise ValueError("zero_gamma needs shortcuts: a plain network whose branches start at zero passes nothing on")

    @property
    def depth(self) -> int:
        """Linear layers, that of the scores with them."""
        return self.hidden_layers + 1

    @property
    def family(self) -> FamilyName:
        """What tables and figures group it with."""
        return "residual" if self.is_residual else "plain"

    @property
    def task(self) -> Task:
        """Handwritten digits, where perceptrons are at home."""
        return MNIST


@dataclass(frozen=True, kw_only=True, slots=True)
class FixedFacts:
    """What is known of a fixed network without building it.

    `make` is the module and the function that build it for a `Task`, as "package.module:function"; where it is None, torchvision does.
    `dropout` is its own share, None where it has no such layer.
    """

    depth: int
    is_residual: bool
    task: Task
    make: str | None = None
    dropout: float | None = None


COURSES = "resnet_variants.course_nets"
LECTURES: dict[str, FixedFacts] = {
    "lecture_identity": FixedFacts(depth=5, is_residual=True, task=MNIST, make=f"{COURSES}:identity"),
    "lecture_resizing": FixedFacts(depth=5, is_residual=True, task=MNIST, make=f"{COURSES}:resizing"),
    "lecture_two_stage": FixedFacts(
        depth=6, is_residual=True, task=Task(image_shape=(3, 224, 224), num_classes=2), make=f"{COURSES}:two_stage"
    ),
    "lecture_resnet34": FixedFacts(
        depth=34, is_residual=True, task=Task(image_shape=(3, 64, 64), num_classes=10), make=f"{COURSES}:resnet34"
    ),
}
# depths as their papers count them: Simonyan and Zisserman 2015, table 1; Szegedy et al. 2015, section 5; 2016, section 6
TORCHVISION: dict[str, FixedFacts] = {
    "vgg16_bn": FixedFacts(depth=16, is_residual=False, task=IMAGENET, dropout=0.5),
    "googlenet": FixedFacts(depth=22, is_residual=False, task=IMAGENET, dropout=0.2),
    "inception_v3": FixedFacts(depth=42, is_residual=False, task=Task(image_shape=(3, 299, 299), num_classes=1000), dropout=0.5),
}
FIXED = LECTURES | TORCHVISION


@dataclass(frozen=True, kw_only=True, slots=True)
class Fixed:
    """A network taken as its authors wrote it: those of the courses, and torchvision's points of comparison.

    Raises:
        ValueError: an unknown network; dropout for one that has no such layer.
        TypeError: a name or a share of another type.
    """

    network: str
    dropout: float | None = None

    def __post_init__(self) -> None:
        facts = choose("network", self.network, FIXED)
        if self.dropout is None:
            return
        object.__setattr__(self, "dropout", fraction("dropout", self.dropout))
        if facts.dropout is None:
            raise ValueError(
                f"dropout cannot be set for {self.network}, which is built as it was taught, without dropout; got {self.dropout}"
            )
        if self.dropout == facts.dropout:
            object.__setattr__(self, "dropout", None)

    @property
    def depth(self) -> int:
        """Layers with weights, as its authors count them."""
        return FIXED[self.network].depth

    @property
    def is_residual(self) -> bool:
        """Whether anything is added to a branch."""
        return FIXED[self.network].is_residual

    @property
    def family(self) -> FamilyName:
        """What tables and figures group it with; without shortcuts it is no plain twin of a residual network, but its authors' own design."""
        return "residual" if self.is_residual else "other"

    @property
    def task(self) -> Task:
        """The images and classes that its authors gave it."""
        return FIXED[self.network].task


@dataclass(frozen=True, kw_only=True, slots=True)
class Own:
    """A user's own network, by where it is ("my_nets:my_net") and a digest of the source that defines it: other source is another network.

    `own.read_own` makes it. The rest is what the source says of the network, or its default: `depth` is 0 and `is_residual` None where it
    says nothing. The digest is empty where the source is not found here.

    Raises:
        ValueError: a number that is too small.
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
        self.task  # noqa: B018 - checks its numbers

    @property
    def task(self) -> Task:
        """The images and classes that it is made for."""
        return Task(image_shape=self.image_shape, num_classes=self.num_classes)

    @property
    def family(self) -> FamilyName:
        """What tables and figures group it with; one without shortcuts, or that does not say, is no plain twin of a residual network."""
        return "residual" if self.is_residual else "other"

    @property
    def version(self) -> str:
        """Its place and the first digits of its digest, which tell two versions of its source apart."""
        return f"{self.place}@{self.digest[:6]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """A network of a record whose names are in no table here, such as a user's ordering on another machine: it is read, and cannot be built.

    `kind` is the class that it would be, `fields` what the record says of it, as JSON with sorted keys.
    """

    kind: str
    fields: str

    @property
    def values(self) -> dict[str, Any]:
        """What the record says, by field."""
        values: dict[str, Any] = json.loads(self.fields)
        return values

    @property
    def name(self) -> str:
        """What it is called where it is known, as far as the record says."""
        values = self.values
        spelled = ",".join(f"{name}={values[name]}" for name in ("depth", "ordering", "shortcut") if name in values)
        return str(values.get("network", f"unknown:{spelled}"))

    @property
    def depth(self) -> int:
        """Its depth where the record says it; 0 elsewhere."""
        return int(self.values.get("depth", 0))

    @property
    def is_residual(self) -> bool | None:
        """None: it is not known here."""
        return None

    @property
    def family(self) -> FamilyName:
        """What tables and figures group it with: none of ours."""
        return "other"

    @property
    def task(self) -> Task:
        """The images and classes are not known here: those of CIFAR-10 stand in."""
        return CIFAR


Variant = Architecture | Perceptron | Fixed | Own | Unknown
KINDS: dict[str, type[Architecture | Perceptron | Fixed | Own]] = {
    kind.__name__: kind for kind in (Architecture, Perceptron, Fixed, Own)
}


def check_variant(value: object) -> None:
    """Refuse what is no network by value, with a TypeError."""
    if not isinstance(value, Variant):
        remedy = f"give parse({value!r})" if isinstance(value, str) else "parse('resnet20') is one"
        raise TypeError(f"{value!r} is no network by value (Architecture, Perceptron, Fixed or Own): {remedy}")
