"""The fields of an `Architecture`, and what follows from them before anything is checked."""

from dataclasses import dataclass
from itertools import accumulate

from resnet_variants.block_kinds import BLOCKS, CIFAR_STAGES, IMAGENET_PLANS, BlockKind, StrideIn, TemplateName
from resnet_variants.orderings import Ordering, ordering_of, parse_ordering
from resnet_variants.residual import FIXUP_LINE, NORMS, DropPathRule
from resnet_variants.shortcuts import SHORTCUTS


@dataclass(frozen=True, kw_only=True, slots=True)
class Fields:
    """A stem, stages of equal blocks whose width doubles from stage to stage, pooling and one linear layer.

    `template` "cifar" has a 3x3 stem and three stages; "imagenet" has a strided 7x7 stem, max-pooling and four stages.
    `depth` counts convolutions and the linear layer, but not shortcuts. `width` is the number of channels in the first
    stage; `stem_width` defaults to it. The inner convolution of a bottleneck has `groups` groups of `width_per_group`
    channels in the first stage (default: the width divided by the number of groups). `stride_in` is the convolution of a
    bottleneck that halves the size: its 3x3, or its first 1x1. `gate_bias` is the initial bias of
    the gates of a gated shortcut. `dropout` is the fraction of activations dropped before a block's last convolution.
    With `zero_gamma` every branch starts at zero. `norm` takes the place of batch norm. A branch is multiplied by `branch_scale`
    and by its `branch_gain`, and dropped in training by `drop_path`: the last block's rate, others have less in proportion to
    their place unless `drop_path_rule` is "constant". `join` is what takes the place of the addition. With several `streams`,
    which `mixing` mixes, or where blocks `aggregate` earlier outputs, several tensors pass between blocks. `ordering` is a name
    or a line of words; `digest` is that of the source of the words that are a user's own, so that changed source is another
    network. A default never changes, because trial keys contain only the fields that differ from their default.
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
    norm: str = "bn"
    branch_gain: str = "none"
    branch_scale: str = "1"
    drop_path: float = 0.0
    drop_path_rule: DropPathRule = "linear"
    join: str = "add"
    streams: int = 1
    mixing: str = "hc-static"
    aggregate: str = "none"

    @property
    def words_with_batch_norm(self) -> Ordering:
        """Its ordering as it is named or spelled, before another norm takes the place of batch norm."""
        return ordering_of(self.ordering)

    @property
    def words(self) -> Ordering:
        """The operations of one unit, with its norm in the place of batch norm; those of Fixup are its own."""
        if self.branch_gain == "fixup":
            return parse_ordering(FIXUP_LINE)
        return self.words_with_batch_norm.replaced("bn", NORMS[self.norm])

    @property
    def num_blocks(self) -> int:
        """Number of blocks."""
        return sum(self.blocks_per_stage)

    def stage_of(self, place: int) -> int:
        """Return the stage, from 0, of the block at `place`, from 1; places beyond the blocks are in the first or last stage."""
        ends = accumulate(self.blocks_per_stage)
        return next((stage for stage, end in enumerate(ends) if place <= end), len(self.blocks_per_stage) - 1)

    def out_channels(self, place: int) -> int:
        """Return the number of channels that the block at `place`, from 1, puts out."""
        channels: int = self.width * BLOCKS[self.block].expansion * 2 ** self.stage_of(place)
        return channels

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
    def passes_several(self) -> bool:
        """Whether several tensors pass from block to block, which make up streams or are read by attention."""
        return self.streams > 1 or self.aggregate != "none"

    @property
    def is_residual(self) -> bool:
        """Whether a shortcut joins each block's branch."""
        return SHORTCUTS[self.shortcut].same_shape is not None
