"""Architecture -> nn.Module: a stem, the blocks in forward order, and a head; and how weights start.

Axes: N images, C channels, H rows, W columns, K classes.
"""

import torch
from torch import Tensor, nn

from resnet_variants.architecture import BLOCKS, Architecture, Task
from resnet_variants.blocks import GatedBlock, ResidualBlock, Scale, Shape, block, conv, norm_types, spell
from resnet_variants.orderings import ORDERINGS


class Network(nn.Module):
    """Images in, class scores out: x_NCHW -> scores_NK.

    One of stages knows its `architecture`, and in `plan` how many of its blocks each stage has, also after others were put in.
    """

    def __init__(self, *, stem: nn.Module, blocks: nn.Sequential, head: nn.Module) -> None:
        super().__init__()
        self.stem = stem
        self.blocks = blocks
        self.head = head
        self.architecture: Architecture | None = None
        self.blocks_per_stage: tuple[int, ...] = ()

    def forward(self, x_NCHW: Tensor) -> Tensor:
        scores_NK: Tensor = self.head(self.blocks(self.stem(x_NCHW)))
        return scores_NK


def build_staged(architecture: Architecture, task: Task, generator: torch.Generator | None) -> Network:
    """Stem, stages of blocks, head."""
    ordering, expansion = ORDERINGS[architecture.ordering], BLOCKS[architecture.block].expansion
    channels = architecture.stem_width or architecture.width
    words = spell((*ordering.after, *ordering.after_addition, *ordering.before), channels)
    if architecture.template == "imagenet":
        stem = [conv(task.image_shape[0], channels, 7, 2), *words, nn.MaxPool2d(3, stride=2, padding=1)]
    else:
        stem = [conv(task.image_shape[0], channels, 3), *words]
    blocks: list[nn.Module] = []
    for stage, num_blocks in enumerate(architecture.blocks_per_stage):
        for place in range(num_blocks):
            shape = Shape(
                in_channels=channels,
                inner_channels=architecture.inner_width * 2**stage,
                out_channels=architecture.width * expansion * 2**stage,
                stride=2 if stage > 0 and place == 0 else 1,
            )
            blocks.append(block(architecture, shape, is_first=not blocks))
            channels = shape.out_channels
    # the trunk closes with what the next block would have done before its convolution
    closing = spell(ordering.before, channels)
    head = [*closing, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, task.num_classes)]
    network = Network(stem=nn.Sequential(*stem), blocks=nn.Sequential(*blocks), head=nn.Sequential(*head))
    network.architecture, network.blocks_per_stage = architecture, architecture.blocks_per_stage
    initialise(network, generator)
    if architecture.zero_gamma:
        start_branches_at_zero(network)
    return network


@torch.no_grad()
def initialise(network: nn.Module, generator: torch.Generator | None = None) -> None:
    """He initialisation of convolutions (fan out, He et al. 2015, 1502.01852), as in torchvision, and of hidden linear layers (fan in).

    The last linear layer is initialised as torch does.
    """
    linear = [module for module in network.modules() if isinstance(module, nn.Linear)]
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", generator=generator)
        elif isinstance(module, nn.Linear) and module is not linear[-1]:
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Linear):
            bound = module.in_features**-0.5
            nn.init.uniform_(module.weight, -bound, bound, generator=generator)
            nn.init.uniform_(module.bias, -bound, bound, generator=generator)


@torch.no_grad()
def start_branches_at_zero(network: nn.Module) -> None:
    """Zero what ends each branch: the norm's gamma (Goyal et al. 2017, section 5.1), or the weights where no norm stands there.

    Raises:
        ValueError: a branch ends in something else, which zeros in its weights do not silence.
    """
    for module in network.modules():
        if isinstance(module, ResidualBlock | GatedBlock):
            last = [layer for layer in module.branch.children() if not isinstance(layer, Scale)][-1]
            if not isinstance(last, (nn.Conv2d, nn.Linear, nn.BatchNorm1d, *norm_types())):
                raise ValueError(
                    f"zero_gamma needs a branch that ends in a norm or a convolution, got {type(last).__name__}, and not in a norm or a convolution"
                )
            for weight in last.parameters(recurse=False):
                nn.init.zeros_(weight)
