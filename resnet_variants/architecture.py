"""A convolutional network as a frozen value, checked on creation, without building the network or loading torch."""

from dataclasses import dataclass
from typing import Literal

from resnet_variants.block_kinds import BLOCKS, STRIDES_IN
from resnet_variants.combinations import CHECKS
from resnet_variants.fields import Fields
from resnet_variants.lookup import at_least_one, boolean, check_type, choose, fraction, number
from resnet_variants.orderings import ORDERINGS, canonical_ordering, ordering_of, split_last_words
from resnet_variants.residual import DROP_PATH_RULES, GAIN_SPELLINGS, JOINS, NORMS, canonical_gain, canonical_scale
from resnet_variants.shortcuts import SHORTCUTS
from resnet_variants.trunks import AGGREGATES, LARGEST_STREAMS, MIXINGS, trunk_line

FamilyName = Literal["plain", "residual", "other"]  # other: no shortcuts, but not a residual network's plain twin
ImageShape = tuple[int, int, int]  # channels, rows, columns


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
class Architecture(Fields):
    """A network of residual or plain blocks, by the values of its `Fields`, which are checked on creation.

    Raises:
        ValueError: a name is unknown, a number is too small, no whole number of blocks gives the depth, the groups do
            not divide the width, or two options contradict each other.
        TypeError: a value has the wrong type, such as True or 16.0 for a width.
    """

    def __post_init__(self) -> None:
        choose("template", self.template, {"cifar": None, "imagenet": None})
        choose("block", self.block, BLOCKS)
        self._read_last_words()
        object.__setattr__(self, "ordering", canonical_ordering(self.ordering))
        choose("shortcut", self.shortcut, SHORTCUTS)
        choose("stride_in", self.stride_in, dict.fromkeys(STRIDES_IN))
        for name in ("width", "stem_width", "groups", "width_per_group"):
            if name in ("width", "groups") or getattr(self, name) is not None:
                at_least_one(name, getattr(self, name))
        object.__setattr__(self, "dropout", fraction("dropout", self.dropout))
        object.__setattr__(self, "gate_bias", number("gate_bias", self.gate_bias))
        boolean("zero_gamma", self.zero_gamma)
        choose("join", self.join, JOINS)
        at_least_one("streams", self.streams, most=LARGEST_STREAMS)
        choose("mixing", self.mixing, MIXINGS)
        choose("aggregate", self.aggregate, AGGREGATES)
        choose("drop_path_rule", self.drop_path_rule, dict.fromkeys(DROP_PATH_RULES))
        object.__setattr__(self, "drop_path", fraction("drop_path", self.drop_path))
        object.__setattr__(self, "branch_gain", canonical_gain(self.branch_gain))
        object.__setattr__(self, "branch_scale", canonical_scale(self.branch_scale))
        self._name_norm()
        for check in CHECKS:
            check(self)
        # one network, one value: a setting equal to its default becomes None
        if self.stem_width == self.width:
            object.__setattr__(self, "stem_width", None)
        if self.inner_width == self.width and self.width % self.groups == 0:
            object.__setattr__(self, "width_per_group", None)

    def _read_last_words(self) -> None:
        """Give the fields that words of the branch's end stand for their values: one network, one value."""
        line, values = split_last_words(self.ordering)
        for name, value in values.items():
            given, default = getattr(self, name), Fields.__dataclass_fields__[name].default
            if given not in (default, value, *(spelling for spelling, gain in GAIN_SPELLINGS.items() if gain == value)):
                raise ValueError(
                    f"ordering {self.ordering!r} stands for {name}={value}, but {name}={given} is given: leave one out"
                )
            object.__setattr__(self, name, value)
        object.__setattr__(self, "ordering", line)

    def _name_norm(self) -> None:
        """Give a line such as "gn relu conv |" the name of its ordering, and its norm: one network, one value."""
        choose("norm", self.norm, NORMS)
        ordering = ordering_of(self.ordering)
        if self.norm != "bn" or self.ordering in ORDERINGS or "bn" in ordering.all_words:
            return
        for norm, word in NORMS.items():
            named = canonical_ordering(ordering.replaced(word, "bn").line)
            if named in ORDERINGS and word in ordering.all_words:
                object.__setattr__(self, "ordering", named)
                object.__setattr__(self, "norm", norm)

    @property
    def users_parts(self) -> dict[str, str]:
        """The words and paths of this network that a user added, each with a digest of its source."""
        from resnet_variants.meaning import digests_of  # it parses source files

        ordering, shortcut = self.words, SHORTCUTS[self.shortcut]
        words = [word for word in ordering.all_words if ":" not in word]
        own = dict.fromkeys(ordering.own_words, self.digest or "unknown")
        return digests_of(words, (shortcut.same_shape, shortcut.new_shape)) | own

    @property
    def family(self) -> FamilyName:
        """Group of networks to which tables and figures assign it."""
        return "residual" if self.is_residual else "plain"

    @property
    def meaning(self) -> str:
        """Its ordering, shortcut, join and trunk spelled out, with digests of a user's words and paths: names may be redefined later."""
        join = "" if self.join == "add" else f"; {JOINS[self.join]}"
        trunk = f"; {line}" if (line := trunk_line(self)) else ""
        parts = "".join(f"; {name} {digest}" for name, digest in self.users_parts.items())
        return f"{self.words.line}; {SHORTCUTS[self.shortcut].line}{join}{trunk}{parts}"

    @property
    def task(self) -> Task:
        """Images and classes for which it was published."""
        return IMAGENET if self.template == "imagenet" else CIFAR
