"""Blocks by kind, and how many of them the networks of the papers have."""

from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["basic", "bottleneck", "single", "triple"]
StrideIn = Literal["3x3", "1x1"]
TemplateName = Literal["cifar", "imagenet"]


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockShape:
    """Number of convolutions in a block, and the ratio of its output channels to its width."""

    convolutions: int
    expansion: int


# He et al. 2015, figure 5
BLOCKS: dict[str, BlockShape] = {
    "basic": BlockShape(convolutions=2, expansion=1),
    "bottleneck": BlockShape(convolutions=3, expansion=4),
    # 3x3 convolutions, as in a basic block: Zagoruyko and Komodakis 2016, table 3
    "single": BlockShape(convolutions=1, expansion=1),
    "triple": BlockShape(convolutions=3, expansion=1),
}
# blocks in each stage of the ImageNet networks: He et al. 2015, table 1; 200 layers: He et al. 2016, table 5
IMAGENET_PLANS: dict[BlockKind, dict[int, tuple[int, ...]]] = {
    "basic": {18: (2, 2, 2, 2), 34: (3, 4, 6, 3)},
    "bottleneck": {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3), 200: (3, 24, 36, 3)},
}
IMAGENET_BLOCKS: dict[int, BlockKind] = {depth: block for block, plans in IMAGENET_PLANS.items() for depth in plans}
CIFAR_STAGES = 3  # He et al. 2015, section 4.2
STRIDES_IN: tuple[StrideIn, ...] = ("3x3", "1x1")  # torchvision's convolution, and that of He et al. 2015: the first
