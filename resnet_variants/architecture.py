"""A network by value: what it is, checked when it is made, without building it and without torch."""

from dataclasses import dataclass
from typing import Literal

from resnet_variants.choices import choose
from resnet_variants.orderings import ORDERINGS
from resnet_variants.shortcuts import SHORTCUTS

BlockKind = Literal["basic", "bottleneck"]


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockShape:
    """Convolutions in a block, and how many times its width it puts out."""

    convolutions: int
    expansion: int


# He et al. 2015, figure 5
BLOCKS: dict[str, BlockShape] = {
    "basic": BlockShape(convolutions=2, expansion=1),
    "bottleneck": BlockShape(convolutions=3, expansion=4),
}
NUM_STAGES = 3  # of the CIFAR networks: He et al. 2015, section 4.2


@dataclass(frozen=True, kw_only=True, slots=True)
class Architecture:
    """A CIFAR network of He et al.: a 3x3 stem, three stages of equal blocks at width, 2 width and 4 width, pooling, one linear layer.

    `depth` counts convolutions and the linear layer, shortcuts apart; `width` is in channels. A default never changes, because trials
    are keyed by the fields that differ from it.

    Raises:
        ValueError: an unknown block, ordering or shortcut, a width below 1, or a depth that no whole number of blocks gives.
    """

    template: Literal["cifar"] = "cifar"
    depth: int
    width: int = 16
    block: BlockKind = "basic"
    ordering: str = "post"
    shortcut: str = "A"

    def __post_init__(self) -> None:
        choose("template", self.template, {"cifar": None})
        choose("block", self.block, BLOCKS)
        choose("ordering", self.ordering, ORDERINGS)
        choose("shortcut", self.shortcut, SHORTCUTS)
        if self.width < 1:
            raise ValueError(f"width {self.width} is not possible: at least 1 channel")
        step = NUM_STAGES * BLOCKS[self.block].convolutions
        if self.depth < step + 2 or (self.depth - 2) % step:
            below = max(1, (self.depth - 2) // step) * step + 2
            raise ValueError(
                f"depth {self.depth} is not possible with {self.block} blocks: it must be {step}n+2, "
                f"such as {below} or {below + step}"
            )

    @property
    def blocks_per_stage(self) -> int:
        """The n of 6n+2 or 9n+2."""
        return (self.depth - 2) // (NUM_STAGES * BLOCKS[self.block].convolutions)

    @property
    def is_residual(self) -> bool:
        """Whether anything is added to a block's branch."""
        return SHORTCUTS[self.shortcut].same_shape is not None
