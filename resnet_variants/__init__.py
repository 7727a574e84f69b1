"""Networks of the residual literature, by name.

`names` and `parse` need no torch; `create` builds the module.
"""

from typing import TYPE_CHECKING

from resnet_variants.architecture import Architecture
from resnet_variants.registry import name_of, names, parse

if TYPE_CHECKING:
    from resnet_variants.network import Network

__all__ = ["Architecture", "create", "name_of", "names", "parse"]


def create(name: str, *, num_classes: int = 10, in_channels: int = 3) -> "Network":
    """The network called `name`, with fresh weights: images x_NCHW in, class scores_NK out.

    Raises:
        ValueError: no such network; names the nearest ones.
    """
    from resnet_variants.network import build  # torch is loaded only where a module is asked for

    return build(parse(name), num_classes=num_classes, in_channels=in_channels)
