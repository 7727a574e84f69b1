"""All networks by value: an `Architecture`, a `Perceptron`, or `Fixed`, a network that is taken as its authors wrote it.

Fields that two of them share mean the same. One network is one value, so that a trial of it has one key. Nothing here needs torch.
"""

from dataclasses import dataclass

from resnet_variants.architecture import IMAGENET, MNIST, Architecture, Task
from resnet_variants.choices import at_least_one, choose, share


@dataclass(frozen=True, kw_only=True, slots=True)
class Perceptron:
    """Flattened images, `hidden_layers` linear layers of `width` units with ReLU, and a linear layer of class scores.

    A residual one has a shortcut around every two hidden layers after the first. With `has_norm` a batch norm stands before every ReLU.
    `dropout` stands after every hidden ReLU, in a residual one inside the branch alone. With `zero_gamma` every branch starts at zero.

    Raises:
        ValueError: a number that is too small; an even number of hidden layers in a residual one; zero_gamma without shortcuts.
    """

    hidden_layers: int
    width: int
    is_residual: bool = False
    has_norm: bool = False
    dropout: float = 0.0
    zero_gamma: bool = False

    def __post_init__(self) -> None:
        at_least_one("hidden_layers", self.hidden_layers)
        at_least_one("width", self.width)
        share("dropout", self.dropout)
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


# networks of your own: CONTRIBUTING shows such a line
OWN: dict[str, FixedFacts] = {}
COURSES = "resnet_variants.lectures"
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
FIXED = OWN | LECTURES | TORCHVISION


@dataclass(frozen=True, kw_only=True, slots=True)
class Fixed:
    """A network taken as its authors wrote it: your own, those of the courses, and torchvision's points of comparison.

    Raises:
        ValueError: an unknown network; dropout for one that has no such layer.
    """

    network: str
    dropout: float | None = None

    def __post_init__(self) -> None:
        facts = choose("network", self.network, FIXED)
        if self.dropout is None:
            return
        share("dropout", self.dropout)
        if facts.dropout is None:
            raise ValueError(f"dropout {self.dropout} is not possible: {self.network} is built as it was taught, without dropout")
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
    def task(self) -> Task:
        """The images and classes that its authors gave it."""
        return FIXED[self.network].task


Variant = Architecture | Perceptron | Fixed
