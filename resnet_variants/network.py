"""Build the nn.Module of an Architecture (stem, blocks in forward order, head), and initialise its weights.

Axes: N images, C channels, H rows, W columns, K classes.
"""

import torch
from torch import Tensor, nn

from resnet_variants.architecture import Architecture, Task
from resnet_variants.attention import SourcesBlock
from resnet_variants.block_kinds import BLOCKS
from resnet_variants.blocks import GatedBlock, ResidualBlock, Shape, block, conv, norm_types, spell
from resnet_variants.gains import FACTORS
from resnet_variants.joins import WithoutDirection
from resnet_variants.several import entering, leaving
from resnet_variants.streams import StreamsBlock

WITH_BRANCH = (ResidualBlock, GatedBlock, StreamsBlock, SourcesBlock)


class Network(nn.Module):
    """Network from images to class scores: x_NCHW -> scores_NK.

    A network with stages knows its `architecture`, and how many blocks each stage has, including inserted ones.
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
    """Return a network of a stem, stages of blocks, and a head."""
    ordering = architecture.words
    channels = architecture.stem_width or architecture.width
    words = spell((*ordering.after, *ordering.after_addition, *ordering.before), channels)
    if architecture.template == "imagenet":
        stem = [conv(task.image_shape[0], channels, 7, 2), *words, nn.MaxPool2d(3, stride=2, padding=1)]
    else:
        stem = [conv(task.image_shape[0], channels, 3), *words]
    stem += entering(architecture)
    blocks: list[nn.Module] = []
    for stage, num_blocks in enumerate(architecture.blocks_per_stage):
        for place in range(num_blocks):
            shape = Shape(
                in_channels=channels,
                inner_channels=architecture.inner_width * 2**stage,
                out_channels=architecture.out_channels(len(blocks) + 1),
                stride=2 if stage > 0 and place == 0 else 1,
            )
            blocks.append(block(architecture, shape, place=len(blocks) + 1))
            channels = shape.out_channels
    # the trunk ends with the words that a next block would apply before its first convolution
    closing = spell(ordering.before, channels)
    head = [
        *leaving(architecture, channels),
        *closing,
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(channels, task.num_classes),
    ]
    network = Network(stem=nn.Sequential(*stem), blocks=nn.Sequential(*blocks), head=nn.Sequential(*head))
    network.architecture, network.blocks_per_stage = architecture, architecture.blocks_per_stage
    initialise(network, generator)
    if architecture.zero_gamma:
        start_branches_at_zero(network)
    if architecture.branch_gain == "fixup":
        start_as_fixup(network, architecture)
    draw_directions(network, generator)
    return network


@torch.no_grad()
def initialise(network: nn.Module, generator: torch.Generator | None = None) -> None:
    """Apply He initialisation to convolutions (fan out, He et al. 2015, 1502.01852), as torchvision does, and to linear layers.

    Hidden linear layers use fan in. The last linear layer is initialised as torch does.
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


def draw_directions(network: nn.Module, generator: torch.Generator | None) -> None:
    """Draw the random directions of a network's joins."""
    for module in network.modules():
        if isinstance(module, WithoutDirection):
            module.draw(generator)


@torch.no_grad()
def start_branches_at_zero(network: nn.Module) -> None:
    """Set the parameters of each branch's last layer to zero, such as a norm's gamma (Goyal et al. 2017, section 5.1).

    Raises:
        ValueError: a branch ends in a layer whose output is not zero when its weights are.
    """
    for branch in branches_of(network):
        last = [layer for layer in branch.children() if not isinstance(layer, FACTORS)][-1]
        if not isinstance(last, (nn.Conv2d, nn.Linear, nn.BatchNorm1d, *norm_types())):
            raise ValueError(f"zero_gamma needs a branch that ends in a norm or a convolution, got {type(last).__name__}")
        for name, weight in last.named_parameters(recurse=False):
            if name in ("weight", "bias"):  # not the alpha of a dynamic tanh, without which gamma has no gradient
                nn.init.zeros_(weight)


@torch.no_grad()
def start_as_fixup(network: nn.Module, architecture: Architecture) -> None:
    """Set each branch's last convolution and the classifier to zero, and scale its other convolutions down (Zhang et al. 2019, section 3).

    With L blocks of m convolutions the factor is L^(-1/(2m - 2)).
    """
    num_convolutions = BLOCKS[architecture.block].convolutions
    for branch in branches_of(network):
        *earlier, last = [layer for layer in branch.children() if isinstance(layer, nn.Conv2d)]
        nn.init.zeros_(last.weight)
        for convolution in earlier:
            convolution.weight *= architecture.num_blocks ** (-1 / (2 * num_convolutions - 2))
    classifier = [module for module in network.modules() if isinstance(module, nn.Linear)][-1]
    nn.init.zeros_(classifier.weight)
    nn.init.zeros_(classifier.bias)


def branches_of(network: nn.Module) -> list[nn.Module]:
    """Return the branches of a network's residual blocks, in forward order."""
    return [module.branch for module in network.modules() if isinstance(module, WITH_BRANCH)]
