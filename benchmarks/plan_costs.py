"""Costs of networks for a plan, which counts dozens that may never be built: those of `cost_of`, from shapes alone.

Nothing is computed and nothing is traced, which takes a tenth of the time. A user's own network may need values, and is counted by `cost_of`.
"""

from functools import lru_cache

from benchmarks.cost import cost_of
from resnet_variants.architecture import Architecture, Task
from resnet_variants.variant import COURSES, FIXED, Fixed, Perceptron, Variant


@lru_cache(maxsize=256)
def plan_cost(network: Variant, task: Task) -> dict[str, int]:
    """Return `params` and `macs` of a network for one image, as `cost_of` counts them."""
    if _is_ours(network):
        return _count_shapes(network, task)
    cost = cost_of(network, task)
    return {"params": cost.params, "macs": cost.macs}


def _count_shapes(network: Variant, task: Task) -> dict[str, int]:
    """Count with torch's formulas on tensors without values; a linear layer's bias is one more term of each sum."""
    import torch
    from torch import nn
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils.flop_counter import flop_registry

    from resnet_variants.build import build

    macs: list[int] = []

    class Operators(TorchDispatchMode):  # type: ignore[no-untyped-call]
        """Counts each operator; a batch norm, slow on such tensors, gives its input's shape."""

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            if func is torch.ops.aten.native_batch_norm.default:
                return torch.empty_like(args[0]), None, None
            out = func(*args, **(kwargs or {}))
            formula = flop_registry.get(func._overloadpacket)
            if formula is not None:
                macs.append(formula(*args, **(kwargs or {}), out_val=out) // 2)
            return out

    with torch.device("meta"):
        outline, x_1CHW = build(network, task).eval(), torch.zeros(1, *task.image_shape)
    for module in outline.modules():
        if isinstance(module, nn.Linear) and module.bias is not None:
            module.register_forward_hook(lambda module, _, scores: macs.append(scores.numel()))
    with torch.no_grad(), Operators():  # type: ignore[no-untyped-call]
        outline(x_1CHW)
    return {"params": sum(weight.numel() for weight in outline.parameters()), "macs": sum(macs)}


def _is_ours(network: Variant) -> bool:
    """Whether this project or torchvision defines the network, and no code of a user's."""
    if isinstance(network, Fixed):
        make = FIXED[network.network].make
        return make is None or make.partition(":")[0] == COURSES
    return isinstance(network, Architecture | Perceptron)
