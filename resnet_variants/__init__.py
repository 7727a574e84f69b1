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
    """Return the network called `name`, which maps images x_NCHW to class scores scores_NK.

    Parameters that are None are as published. `input_size` is the number of rows and of columns of the images; it
    matters only to networks whose linear layer reads pixels (perceptrons and the courses' MNIST networks). `pretrained`
    loads torchvision's ImageNet weights, which may be downloaded.

    Raises:
        ValueError: the name is unknown (the message lists the nearest ones), a size or number is below 1, or pretrained
            weights do not exist or do not fit.
        TypeError: the name is not text, a number is not whole, or `pretrained` is not a boolean.
        OSError: the pretrained weights could not be downloaded; the message names the URL and the reason.
    """
    from resnet_variants.build import build  # torch is loaded only when a module is built

    boolean("pretrained", pretrained)
    variant = parse(name)
    task = variant.task.changed(num_classes=num_classes, in_channels=in_channels, input_size=input_size)
    if pretrained:
        from resnet_variants.weights import build_pretrained

        return build_pretrained(variant, task)
    return build(variant, task)
