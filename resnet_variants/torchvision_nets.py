"""torchvision's networks of other families, as points of comparison, built and initialised by torchvision.

Only the first convolution is initialised here if the images do not have three channels. The networks have no auxiliary
classifiers, so that each maps images to scores both in training and in evaluation.
"""

from collections.abc import Callable

from torch import nn
from torchvision import models

from resnet_variants.architecture import Task
from resnet_variants.variant import FIXED, Fixed

BUILDERS: dict[str, Callable[..., nn.Module]] = {
    "vgg16": models.vgg16,
    "vgg19": models.vgg19,
    "vgg16_bn": models.vgg16_bn,
    "googlenet": lambda **options: models.googlenet(aux_logits=False, init_weights=True, **options),
    "inception_v3": lambda **options: models.inception_v3(aux_logits=False, init_weights=True, **options),
}


def build(fixed: Fixed, task: Task) -> nn.Module:
    """Return torchvision's network for the channels and classes of a task."""
    dropout = FIXED[fixed.network].dropout if fixed.dropout is None else fixed.dropout
    network = BUILDERS[fixed.network](num_classes=task.num_classes, dropout=dropout)
    if task.image_shape[0] != 3:
        read_channels(network, task.image_shape[0])
    return network


def read_channels(network: nn.Module, in_channels: int) -> None:
    """Replace the weights of the first convolution by new ones for `in_channels` channels."""
    first = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
    first.in_channels = in_channels
    first.weight = nn.Parameter(first.weight.new_empty(first.out_channels, in_channels, *first.kernel_size))
    nn.init.kaiming_normal_(first.weight, mode="fan_out", nonlinearity="relu")
