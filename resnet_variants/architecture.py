"""A convolutional network as a frozen value, checked on creation, without building the network or loading torch."""

from dataclasses import dataclass
from typing import Literal

from resnet_variants.lookup import LARGEST_DEPTH, at_least_one, boolean, check_type, choose, fraction, number, whole_number
from resnet_variants.orderings import canonical_ordering, ordering_of
from resnet_variants.shortcuts import SHORTCUTS

BlockKind = Literal["basic", "bottleneck"]
StrideIn = Literal["3x3", "1x1"]
TemplateName = Literal["cifar", "imagenet"]
FamilyName = Literal["plain", "residual", "other"]  # other: no shortcuts, but not a residual network's plain twin
ImageShape = tuple[int, int, int]  # channels, rows, columns


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockShape:
    """Number of convolutions in a block, and the ratio of its output channels to its width."""

    convolutions: int
    expansion: int


# He et al. 2015, figure 5
BLOCKS: dict[str, BlockShape] = {
    "basic": BlockShape(convolutions=2, expansion=1),
    "bottleneck": BlockShape(convolutions=3, expansion=4),
}
# blocks in each stage of the ImageNet networks: He et al. 2015, table 1; 200 layers: He et al. 2016, table 5
IMAGENET_PLANS: dict[BlockKind, dict[int, tuple[int, ...]]] = {
    "basic": {18: (2, 2, 2, 2), 34: (3, 4, 6, 3)},
    "bottleneck": {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3), 200: (3, 24, 36, 3)},
}
IMAGENET_BLOCKS: dict[int, BlockKind] = {depth: block for block, plans in IMAGENET_PLANS.items() for depth in plans}
CIFAR_STAGES = 3  # He et al. 2015, section 4.2
STRIDES_IN: tuple[StrideIn, ...] = ("3x3", "1x1")  # torchvision's convolution, and that of He et al. 2015: the first


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """Image shape (channels, rows, columns) and number of classes that a network is built for.

    Raises:
        ValueError: a number is below 1, or the image shape does not have three numbers.
        TypeError: the image shape is not a tuple, or a number is not whole.
    """

    image_shape: ImageShape
    num_classes: int

    def __post_init__(self) -> None:
        at_least_one("num_classes", self.num_classes)
        check_type("image_shape", self.image_shape, tuple, "a tuple of channels, rows and columns, such as (3, 32, 32)")
        if len(self.image_shape) != 3:
            raise ValueError(f"image_shape must be channels, rows and columns, got {self.image_shape}")
        for name, value in zip(("in_channels", "rows", "columns"), self.image_shape, strict=True):
            at_least_one(name, value)

    def changed(self, *, num_classes: int | None, in_channels: int | None, input_size: int | None) -> "Task":
        """Return a copy with the given numbers replaced; `input_size` sets both rows and columns."""
        channels, rows, columns = self.image_shape
        size = (rows, columns) if input_size is None else (input_size, input_size)
        return Task(
            image_shape=(channels if in_channels is None else in_channels, *size),
            num_classes=self.num_classes if num_classes is None else num_classes,
        )


CIFAR = Task(image_shape=(3, 32, 32), num_classes=10)
IMAGENET = Task(image_shape=(3, 224, 224), num_classes=1000)
MNIST = Task(image_shape=(1, 28, 28), num_classes=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Architecture:
    """A stem, stages of equal blocks whose width doubles from stage to stage, pooling and one linear layer.

    `template` "cifar" has a 3x3 stem and three stages; "imagenet" has a strided 7x7 stem, max-pooling and four stages.
    `depth` counts convolutions and the linear layer, but not shortcuts. `width` is the number of channels in the first
    stage; `stem_width` defaults to it. The inner convolution of a bottleneck has `groups` groups of `width_per_group`
    channels in the first stage (default: the width divided by the number of groups). `stride_in` is the convolution of a
    bottleneck that halves the size: its 3x3, or its first 1x1. `gate_bias` is the initial bias of
    the gates of a gated shortcut. `dropout` is the fraction of activations dropped before a block's last convolution.
    With `zero_gamma` every branch starts at zero. `ordering` is a name or a line of words; `digest` is that of the source
    of the words that are a user's own, so that changed source is another network. A default never changes, because trial keys contain only the fields
    that differ from their default.

    Raises:
        ValueError: a name is unknown, a number is too small, no whole number of blocks gives the depth, the groups do
            not divide the width, or two options contradict each other.
        TypeError: a value has the wrong type, such as True or 16.0 for a width.
    """

    template: TemplateName = "cifar"
    depth: int
    width: int = 16
    block: BlockKind = "basic"
    ordering: str = "post"
    shortcut: str = "A"
    stem_width: int | None = None
    groups: int = 1
    width_per_group: int | None = None
    gate_bias: float = 0.0
    dropout: float = 0.0
    zero_gamma: bool = False
    digest: str = ""
    stride_in: StrideIn = "3x3"

    def __post_init__(self) -> None:
        choose("template", self.template, {"cifar": None, "imagenet": None})
        choose("block", self.block, BLOCKS)
        object.__setattr__(self, "ordering", canonical_ordering(self.ordering))
        choose("shortcut", self.shortcut, SHORTCUTS)
        choose("stride_in", self.stride_in, dict.fromkeys(STRIDES_IN))
        for name in ("width", "stem_width", "groups", "width_per_group"):
            if name in ("width", "groups") or getattr(self, name) is not None:
                at_least_one(name, getattr(self, name))
        object.__setattr__(self, "dropout", fraction("dropout", self.dropout))
        object.__setattr__(self, "gate_bias", number("gate_bias", self.gate_bias))
        boolean("zero_gamma", self.zero_gamma)
        self._check_depth()
        self._check_groups()
        self._check_shortcut()
        # one network, one value: a setting equal to its default becomes None
        if self.stem_width == self.width:
            object.__setattr__(self, "stem_width", None)
        if self.inner_width == self.width and self.width % self.groups == 0:
            object.__setattr__(self, "width_per_group", None)

    def _check_depth(self) -> None:
        whole_number("depth", self.depth, most=LARGEST_DEPTH)
        if self.template == "imagenet":
            plans = IMAGENET_PLANS[self.block]
            if self.depth not in plans:
                depths = ", ".join(str(depth) for depth in plans)
                raise ValueError(f"depth must be one of {depths} with {self.block} blocks on ImageNet, got {self.depth}")
            return
        step = CIFAR_STAGES * BLOCKS[self.block].convolutions
        if self.depth < step + 2 or (self.depth - 2) % step:
            below = max(1, (self.depth - 2) // step) * step + 2
            near = " or ".join(str(depth) for depth in (below, below + step) if depth <= LARGEST_DEPTH)
            raise ValueError(f"depth must be {step}n+2 with {self.block} blocks, such as {near}, got {self.depth}")

    def _check_groups(self) -> None:
        if self.block == "basic" and (self.groups > 1 or self.width_per_group is not None):
            raise ValueError(
                f"groups={self.groups}, width_per_group={self.width_per_group} need bottleneck blocks: two grouped layers of a basic block equal "
                "one dense block (Xie et al. 2017, section 3.3)"
            )
        if self.width_per_group is None and self.width % self.groups:
            raise ValueError(f"groups {self.groups} do not divide the width {self.width}: give width_per_group, or another width")

        if self.block == "basic" and self.stride_in != "3x3":
            raise ValueError(f"stride_in={self.stride_in} needs bottleneck blocks: a basic block has no 1x1 convolution")

    def _check_shortcut(self) -> None:
        if self.gate_bias and not SHORTCUTS[self.shortcut].gate:
            gated = ", ".join(name for name, shortcut in SHORTCUTS.items() if shortcut.gate)
            raise ValueError(f"gate_bias {self.gate_bias} needs a gated shortcut ({gated}), got {self.shortcut!r}")
        if self.zero_gamma and not self.is_residual:
            raise ValueError("zero_gamma needs shortcuts: no signal passes a plain network whose branches start at zero")
        if self.zero_gamma and ordering_of(self.ordering).last_of_branch == "relu":
            raise ValueError(
                f"zero_gamma cannot be combined with ordering {self.ordering!r}: its branch ends in a ReLU, which passes no gradient at zero"
            )

    @property
    def blocks_per_stage(self) -> tuple[int, ...]:
        """Number of blocks in each stage."""
        if self.template == "imagenet":
            return IMAGENET_PLANS[self.block][self.depth]
        return ((self.depth - 2) // (CIFAR_STAGES * BLOCKS[self.block].convolutions),) * CIFAR_STAGES

    @property
    def inner_width(self) -> int:
        """Channels inside a block of the first stage: of a bottleneck's 3x3, or of a basic block's first convolution."""
        return self.width if self.width_per_group is None else self.groups * self.width_per_group

    @property
    def is_residual(self) -> bool:
        """Whether a shortcut is added to each block's branch."""
        return SHORTCUTS[self.shortcut].same_shape is not None

    @property
    def users_parts(self) -> dict[str, str]:
        """The words and paths of this network that a user added, each with a digest of its source."""
        from resnet_variants.meaning import digests_of  # it parses source files

        ordering, shortcut = ordering_of(self.ordering), SHORTCUTS[self.shortcut]
        words = [word for word in (*ordering.before, *ordering.after, *ordering.after_addition) if ":" not in word]
        own = dict.fromkeys(ordering.own_words, self.digest or "unknown")
        return digests_of(words, (shortcut.same_shape, shortcut.new_shape)) | own

    @property
    def family(self) -> FamilyName:
        """Group of networks to which tables and figures assign it."""
        return "residual" if self.is_residual else "plain"

    @property
    def meaning(self) -> str:
        """Its ordering and shortcut spelled out, with digests of a user's words and paths: names may be redefined later."""
        parts = "".join(f"; {name} {digest}" for name, digest in self.users_parts.items())
        return f"{ordering_of(self.ordering).line}; {SHORTCUTS[self.shortcut].line}{parts}"

    @property
    def task(self) -> Task:
        """Images and classes for which it was published."""
        return IMAGENET if self.template == "imagenet" else CIFAR
