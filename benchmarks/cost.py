"""What a network costs: parameters, multiply-adds and activations, counted by fvcore.

Counted in evaluation mode, for one image, over convolutions and linear layers, as papers do. A multiply-add is one MAC, never two FLOPs.
"""

import math
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from resnet_variants.architecture import Architecture


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """Numbers of parameters, of multiply-adds for one image, and of activations (outputs of convolutions and linear layers)."""

    params: int
    macs: int
    activations: int


@lru_cache(maxsize=256)
def cost_of(architecture: Architecture, image_shape: tuple[int, int, int], num_classes: int) -> Cost:
    """The cost of a network on images of (channels, rows, columns)."""
    import torch

    from resnet_variants.network import build

    network = build(architecture, num_classes=num_classes, in_channels=image_shape[0], generator=torch.Generator())
    return count(network, torch.zeros(1, *image_shape))


def count(network: Any, image: Any) -> Cost:
    """The cost of a module on a batch of one image, x_1CHW; its mode is left as it was."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fvcore imports and traces by parts of torch that newer releases deprecate
        from fvcore.nn import ActivationCountAnalysis, FlopCountAnalysis

        was_training = network.training
        network.eval()
        try:
            with torch.no_grad():
                macs = FlopCountAnalysis(network, image).set_op_handle("aten::linear", _linear_macs)
                activations = ActivationCountAnalysis(network, image)
                by_operator = [
                    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).by_operator()
                    for analysis in (macs, activations)
                ]
        finally:
            network.train(was_training)
    totals = [int(counts["conv"] + counts["linear"]) for counts in by_operator]
    return Cost(params=sum(weight.numel() for weight in network.parameters()), macs=totals[0], activations=totals[1])


def _linear_macs(inputs: list[Any], outputs: list[Any]) -> dict[str, float]:
    """Multiply-adds of a linear layer; its bias is one more term of each sum, as in published counts."""
    _, in_features = inputs[1].type().sizes()  # of the weight
    has_bias = inputs[2].isCompleteTensor()
    return {"linear": float(math.prod(outputs[0].type().sizes()) * (in_features + has_bias))}
