"""What a network costs, layer by layer, in closed form from the layers' own numbers and the shapes that they put out.

It stands apart from the recorded count, which fvcore makes from a trace, so that each can be held against the other. Multiply-adds are those
of convolutions and linear layers, a linear layer's bias being one more term of its sums; activations are these layers' outputs.

Axes: N images, C channels, H rows, W columns.
"""

from dataclasses import dataclass
from types import NoneType

import torch
from torch import Tensor, nn

from resnet_variants.architecture import Task
from resnet_variants.build import build
from resnet_variants.choices import check_type
from resnet_variants.variant import Variant, check_variant

COUNTED = (nn.Conv2d, nn.Linear)
RESHAPING = (nn.MaxPool2d, nn.AdaptiveAvgPool2d, nn.Flatten)


@dataclass(frozen=True, kw_only=True, slots=True)
class Complexity:
    """Numbers of parameters, and for one image of multiply-adds and of activations."""

    params: int
    macs: int
    activations: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """One layer: its name in the network, its kind, the shape that it puts out for one image, and what it costs."""

    name: str
    kind: str
    output_shape: tuple[int, ...]
    complexity: Complexity


def layers_of(variant: Variant, task: Task | None = None) -> list[Layer]:
    """The layers with weights, and those that change the shape, in the order in which an image passes them.

    Weights count where they are first used, and at the end those of layers that are never called, whose weights others read.

    Raises:
        ValueError: the images are too small for the network.
        TypeError: a name instead of a variant, or a task that is none.
    """
    check_variant(variant)
    check_type("task", task, (Task, NoneType), "a Task, such as parse('resnet20').task")
    task = task or variant.task
    layers: list[Layer] = []
    with torch.device("meta"):  # shapes without numbers: nothing is computed or stored
        network = build(variant, task).eval()
        x_1CHW = torch.zeros(1, *task.image_shape)
    modules = dict(network.named_modules())
    params = {name: sum(weight.numel() for weight in module.parameters(recurse=False)) for name, module in modules.items()}

    def note(name: str, module: nn.Module, out: Tensor | tuple[Tensor, ...]) -> None:
        layers.append(_layer(name, module, out if isinstance(out, Tensor) else out[0], params.pop(name, 0)))

    for name, module in modules.items():
        if isinstance(module, RESHAPING) or params[name]:
            module.register_forward_hook(lambda module, _, out, name=name: note(name, module, out))
    try:
        with torch.no_grad():
            network(x_1CHW)
    except RuntimeError as error:
        size = "x".join(str(number) for number in task.image_shape)
        raise ValueError(f"images of {size} do not pass this network: {str(error).splitlines()[0]}") from error
    for name, number in params.items():
        if number:
            left = Complexity(params=number, macs=0, activations=0)
            layers.append(Layer(name=name, kind=type(modules[name]).__name__, output_shape=(), complexity=left))
    return layers


def total(layers: list[Layer]) -> Complexity:
    """The sums over layers."""
    return Complexity(
        params=sum(layer.complexity.params for layer in layers),
        macs=sum(layer.complexity.macs for layer in layers),
        activations=sum(layer.complexity.activations for layer in layers),
    )


def complexity_of(variant: Variant, task: Task | None = None) -> Complexity:
    """What a variant costs, built for a task, or for that of its publication."""
    return total(layers_of(variant, task))


def _layer(name: str, module: nn.Module, out: Tensor, params: int) -> Layer:
    outputs = out[0].numel()
    terms = 0
    if isinstance(module, nn.Conv2d):
        terms = module.in_channels // module.groups * module.kernel_size[0] * module.kernel_size[1]
    elif isinstance(module, nn.Linear):
        terms = module.in_features + (module.bias is not None)
    complexity = Complexity(params=params, macs=outputs * terms, activations=outputs if isinstance(module, COUNTED) else 0)
    return Layer(name=name, kind=type(module).__name__, output_shape=tuple(out.shape[1:]), complexity=complexity)
