"""Cost of a network, layer by layer, in closed form from the layers' sizes and output shapes.

It is independent of the recorded count, which fvcore makes from a trace, so that the two can be compared. Multiply-adds
are those of convolutions and linear layers; a linear layer's bias is one more term of its sums. Activations are the
outputs of these layers. Multiplications by other operators, such as attention in a user's network, are counted as torch
runs them and get a line of their own.

Axes: N images, C channels, H rows, W columns.
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from types import NoneType

import torch
from torch import Tensor, nn

from resnet_variants.architecture import Task
from resnet_variants.by_numbers import Complexity
from resnet_variants.lookup import check_type
from resnet_variants.operations import Operations
from resnet_variants.operators import OperatorCount, counting_operators
from resnet_variants.outline import is_outline, outline
from resnet_variants.variant import Variant, check_variant

COUNTED = frozenset({nn.Conv2d, nn.Linear})  # but not their subclasses, which may compute something else
FREE = Complexity(params=0, macs=0, activations=0)
ELSEWHERE = "elsewhere"  # instead of a layer's name
RESHAPING = (nn.MaxPool2d, nn.AdaptiveAvgPool2d, nn.Flatten)


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """A layer's name in the network, its kind, its output shape for one image, its cost, and its kernel and stride if it has them."""

    name: str
    kind: str
    output_shape: tuple[int, ...]
    complexity: Complexity
    kernel: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()


def layers_of(variant: Variant, task: Task | None = None, *, with_operations: bool = False) -> list[Layer]:
    """Return the layers that have weights or change the shape, in the order in which an image passes them.

    `with_operations` adds, where they run, activation functions, additions and concatenations of feature maps, which cost nothing here. Weights
    count where they are first used. Layers that are never called, but whose weights are used elsewhere, come last. A final line counts
    multiplications outside convolutions and linear layers.

    Raises:
        ValueError: the network cannot process the images, for example because they are too small.
        TypeError: `variant` is a name or no variant, or `task` is not a Task.
    """
    check_variant(variant)
    check_type("task", task, (Task, NoneType), "a Task, such as parse('resnet20').task")
    task = task or variant.task
    layers: list[Layer] = []
    network = outline(variant, task).eval()
    x_1CHW = torch.zeros(1, *task.image_shape, device="meta" if is_outline(network) else "cpu")
    modules = dict(network.named_modules())
    params = {name: sum(weight.numel() for weight in module.parameters(recurse=False)) for name, module in modules.items()}

    def note(name: str, module: nn.Module, out: Tensor | tuple[Tensor, ...]) -> None:
        layers.append(_layer(name, module, out if isinstance(out, Tensor) else out[0], params.pop(name, 0)))

    for name, module in modules.items():
        if isinstance(module, RESHAPING) or params[name]:
            module.register_forward_hook(lambda module, _, out, name=name: note(name, module, out))

    def note_operation(name: str, kind: str, out: Tensor) -> None:
        layers.append(Layer(name=name, kind=kind, output_shape=tuple(out.shape[1:]), complexity=FREE))

    watching = Operations(network, note_operation) if with_operations else nullcontext()
    operators, in_layers = _run(network, x_1CHW, watching)
    for name, count in params.items():
        if count:
            left = Complexity(params=count, macs=0, activations=0)
            layers.append(Layer(name=name, kind=type(modules[name]).__name__, output_shape=(), complexity=left))
    return layers + _count_elsewhere(operators, in_layers)


def _run(network: nn.Module, x_1CHW: Tensor, watching: AbstractContextManager[object]) -> tuple[OperatorCount, OperatorCount]:
    """Pass an image through the network; return the count of all operators, and of those inside layers with a closed form.

    Raises:
        ValueError: the network cannot process the image.
    """
    try:
        with torch.random.fork_rng(devices=[]), counting_operators() as operators, watching:
            in_layers = _watch(network, operators)
            network(x_1CHW)
    except Exception as error:  # a user's code may raise anything
        size = "x".join(str(length) for length in x_1CHW.shape[1:])
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(f"this network cannot process images of {size}: {reason}") from error
    return operators, in_layers


def _watch(network: nn.Module, operators: OperatorCount) -> OperatorCount:
    """Return a count of the operators inside layers with a closed form; it is complete once the network has run."""
    inside = OperatorCount()

    def subtract(module: nn.Module, inputs: object) -> None:
        inside.macs -= operators.macs
        inside.activations -= operators.activations

    def add(module: nn.Module, inputs: object, out: object) -> None:
        inside.macs += operators.macs
        inside.activations += operators.activations

    for module in network.modules():
        if type(module) in COUNTED:
            module.register_forward_pre_hook(subtract)
            module.register_forward_hook(add)
    return inside


def _count_elsewhere(operators: OperatorCount, in_layers: OperatorCount) -> list[Layer]:
    """Return a line for multiplications outside layers with a closed form, if there are any or unknown operators may do some."""
    complexity = Complexity(
        params=0,
        macs=operators.macs - in_layers.macs,
        activations=operators.activations - in_layers.activations,
        is_lower_bound=bool(operators.unknown),
    )
    if not (complexity.macs or operators.unknown):
        return []
    kind = f"no formula: {', '.join(sorted(operators.unknown))}" if operators.unknown else "other operators"
    return [Layer(name=ELSEWHERE, kind=kind, output_shape=(), complexity=complexity)]


def total(layers: list[Layer]) -> Complexity:
    """Return the sums over layers."""
    return Complexity(
        params=sum(layer.complexity.params for layer in layers),
        macs=sum(layer.complexity.macs for layer in layers),
        activations=sum(layer.complexity.activations for layer in layers),
        is_lower_bound=any(layer.complexity.is_lower_bound for layer in layers),
    )


def complexity_of(variant: Variant, task: Task | None = None) -> Complexity:
    """Return the cost of a variant built for a task (default: the one it was published for)."""
    return total(layers_of(variant, task))


def _layer(name: str, module: nn.Module, out: Tensor, params: int) -> Layer:
    outputs = out.numel() if type(module) in COUNTED else 0
    terms = 0
    if type(module) is nn.Conv2d:
        terms = module.in_channels // module.groups * module.kernel_size[0] * module.kernel_size[1]
    elif type(module) is nn.Linear:
        terms = module.in_features + (module.bias is not None)
    complexity = Complexity(params=params, macs=outputs * terms, activations=outputs)
    return Layer(
        name=name,
        kind=type(module).__name__,
        output_shape=tuple(out.shape[1:]),
        complexity=complexity,
        kernel=_pair(module, "kernel_size"),
        stride=_pair(module, "stride"),
    )


def _pair(module: nn.Module, name: str) -> tuple[int, ...]:
    """Return the rows and columns of a module's kernel or stride; empty if it has none."""
    value = getattr(module, name, None)
    if isinstance(value, int):
        return value, value
    is_pair = isinstance(value, tuple) and all(isinstance(number, int) for number in value)
    return tuple(value) if is_pair and value else ()
