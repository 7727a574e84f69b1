"""Shortcuts around a block's branch, by their customary letters or by how they are altered.

A shortcut names two paths: one for blocks that keep their input's shape, one for blocks that change it. The paths are
modules in `blocks.PATHS`. To add a shortcut made of known paths, add a line to `SHORTCUTS`.
"""

from dataclasses import MISSING, dataclass, fields
from typing import Literal, get_args

from resnet_variants.lookup import choose, fraction, number, text

Gate = Literal["exclusive", "shortcut-only"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shortcut:
    """Paths of blocks that keep their input's shape and of blocks that change it; None means no path and no addition.

    The path is multiplied by `scale` and the branch by `branch_scale`; `dropout` is the fraction of the path's outputs
    that is dropped. A gate g(x) = sigmoid(1x1 convolution of x), as large as the output, multiplies the path by 1 -
    g(x); an exclusive gate also multiplies the branch by g(x).

    Raises:
        ValueError: the gate is unknown, a scale or fraction is out of range, or only one of the two paths is None.
        TypeError: a value has the wrong type.
    """

    same_shape: str | None
    new_shape: str | None
    scale: float = 1.0
    branch_scale: float = 1.0
    dropout: float = 0.0
    gate: Gate | None = None

    def __post_init__(self) -> None:
        if self.gate is not None:
            choose("gate", self.gate, dict.fromkeys(get_args(Gate)))
        for name in ("same_shape", "new_shape"):
            if getattr(self, name) is not None:
                text(name, getattr(self, name), such_as="identity")
        object.__setattr__(self, "scale", number("scale", self.scale))
        object.__setattr__(self, "branch_scale", number("branch_scale", self.branch_scale))
        object.__setattr__(self, "dropout", fraction("dropout", self.dropout))
        if (self.same_shape is None) != (self.new_shape is None):
            raise ValueError(
                f"same_shape and new_shape must both be paths or both be None, got {self.same_shape!r} and {self.new_shape!r}"
            )

    @property
    def line(self) -> str:
        """Its paths and all settings that differ from their defaults, in words."""
        if self.same_shape is None:
            return "no shortcut"
        altered = [
            f"{field.name} {value}"
            for field in fields(self)
            if field.default is not MISSING and (value := getattr(self, field.name)) != field.default
        ]
        return ", ".join([f"{self.same_shape} or {self.new_shape}", *altered])


SHORTCUTS: dict[str, Shortcut] = {
    "none": Shortcut(same_shape=None, new_shape=None),
    # He et al. 2015 (1512.03385), section 4.1; C is also the 1x1 convolution of He et al. 2016, table 1
    "A": Shortcut(same_shape="identity", new_shape="zero-pad"),
    # A as in the most used CIFAR checkpoints (akamaster/pytorch_resnet_cifar10): new channels on both sides
    "A-centred": Shortcut(same_shape="identity", new_shape="zero-pad-centred"),
    "B": Shortcut(same_shape="identity", new_shape="projection"),
    "C": Shortcut(same_shape="projection", new_shape="projection"),
    # He et al. 2016 (1603.05027), table 1 and figure 2: alterations of option A
    "scaled": Shortcut(same_shape="identity", new_shape="zero-pad", scale=0.5),
    "scaled-both": Shortcut(same_shape="identity", new_shape="zero-pad", scale=0.5, branch_scale=0.5),
    "exclusive-gate": Shortcut(same_shape="identity", new_shape="zero-pad", gate="exclusive"),
    "shortcut-gate": Shortcut(same_shape="identity", new_shape="zero-pad", gate="shortcut-only"),
    "dropout": Shortcut(same_shape="identity", new_shape="zero-pad", dropout=0.5),
}
SPELLINGS = {"conv1x1": "C", "1x1": "C", "a-centered": "A-centred"}  # other accepted names, which are never printed
