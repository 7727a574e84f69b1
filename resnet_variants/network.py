"""Architecture -> nn.Module: a stem, the blocks in forward order, and a head.

Axes: N images, C channels, H rows, W columns, K classes.
"""

import torch
from torch import Tensor, nn

from resnet_variants.architecture import BLOCKS, NUM_STAGES, Architecture
from resnet_variants.blocks import Shape, block, conv, spell
from resnet_variants.orderings import ORDERINGS
from resnet_variants.shortcuts import SHORTCUTS


class Network(nn.Module):
    """Images in, class scores out: x_NCHW -> scores_NK."""

    def __init__(self, *, stem: nn.Module, blocks: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.stem = stem
        self.blocks = blocks
        self.head = head

    def forward(self, x_NCHW: Tensor) -> Tensor:
        scores_NK: Tensor = self.head(self.blocks(self.stem(x_NCHW)))
        return scores_NK


def build(
    architecture: Architecture, *, num_classes: int = 10, in_channels: int = 3, generator: torch.Generator | None = None
) -> Network:
    """The network that an architecture describes, with fresh weights drawn from `generator` (torch's own where there is none)."""
    ordering, shortcut = ORDERINGS[architecture.ordering], SHORTCUTS[architecture.shortcut]
    expansion = BLOCKS[architecture.block].expansion
    channels = architecture.width
    stem = [conv(in_channels, channels, 3), *spell((*ordering.after, *ordering.after_addition, *ordering.before), channels)]
    blocks: list[nn.Module] = []
    for stage in range(NUM_STAGES):
        width = architecture.width * 2**stage
        for place in range(architecture.blocks_per_stage):
            stride = 2 if stage > 0 and place == 0 else 1
            shape = Shape(in_channels=channels, out_channels=width * expansion, stride=stride)
            blocks.append(
                block(
                    kind=architecture.block,
                    width=width,
                    shape=shape,
                    ordering=ordering,
                    shortcut=shortcut,
                    is_first=not blocks,
                )
            )
            channels = shape.out_channels
    # the trunk closes with what the next block would have done before its convolution
    head = [*spell(ordering.before, channels), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, num_classes)]
    network = Network(stem=nn.Sequential(*stem), blocks=nn.Sequential(*blocks), head=nn.Sequential(*head))
    initialise(network, generator)
    return network


@torch.no_grad()
def initialise(network: nn.Module, generator: torch.Generator | None = None) -> None:
    """He initialisation of convolutions (fan out, He et al. 2015, 1502.01852), as in torchvision; the linear layer as torch does."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", generator=generator)
        elif isinstance(module, nn.Linear):
            bound = module.in_features**-0.5
            nn.init.uniform_(module.weight, -bound, bound, generator=generator)
            nn.init.uniform_(module.bias, -bound, bound, generator=generator)
