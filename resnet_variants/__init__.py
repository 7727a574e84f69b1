"""Networks of the residual literature, by name.

`names` and `parse` need no torch; `create` builds the module.
"""

from typing import TYPE_CHECKING

from resnet_variants.architecture import Architecture
from resnet_variants.lookup import boolean
from resnet_variants.registry import name_of, names, parse
from resnet_variants.variant import Fixed, Perceptron, Variant

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Architecture", "Fixed", "Perceptron", "Variant", "create", "name_of", "names", "parse"]


def create(
    name: str,
    *,
    num_classes: int | None = None,
    in_channels: int | None = None,
    input_size: int | None = None,
    pretrained: bool = False,
) -> "nn.Module":
    """The network called `name`: images x_NCHW in, class scores out, scores_NK.

    What is None is as published: `num_classes`, `in_channels`, and `input_size`, the rows and columns of the images, which matters to the
    networks whose linear layer reads pixels (perceptrons and the MNIST networks of the courses). `pretrained` gets torchvision's weights,
    trained on ImageNet, over the network.

    Raises:
        ValueError: no such network; names the nearest ones. A size or number below 1. Pretrained weights that do not exist, or do not fit.
        TypeError: a name that is no text, a number that is not whole, or `pretrained` neither True nor False.
        OSError: the pretrained weights could not be got; says from where and why.
    """
    from resnet_variants.build import build  # torch is loaded only where a module is asked for

    boolean("pretrained", pretrained)
    variant = parse(name)
    task = variant.task.changed(num_classes=num_classes, in_channels=in_channels, input_size=input_size)
    if pretrained:
        from resnet_variants.weights import build_pretrained

        return build_pretrained(variant, task)
    return build(variant, task)
