"""Count a network's parameters, multiply-adds (MACs) and activations, with fvcore.

Counts are for one image in evaluation mode, over convolutions, linear layers and matrix products, as in papers. A multiply-add is one MAC,
not two FLOPs. fvcore counts a traced network. If it cannot, the operators that torch runs are counted instead, and the cost says so. If an
operator of unknown cost remains, the cost is marked as a lower bound.

Axes: N images, C channels, H rows, W columns.
"""

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from resnet_variants.architecture import Task
from resnet_variants.variant import Variant

if TYPE_CHECKING:
    from torch import Tensor, nn

from benchmarks.spec.cost import LOWER_BOUND, Cost

Handle = Callable[[list[Any], list[Any]], Any]  # fvcore's type: inputs and outputs of an operator -> its counts
FVCORE = ("_convolution", "linear", "addmm", "bmm", "matmul", "einsum")  # the operators that fvcore knows


@lru_cache(maxsize=256)
def cost_of(variant: Variant, task: Task) -> Cost:
    """Return the cost of a variant built for a task; results are cached."""
    return count_cost(variant, task)


def count_cost(variant: Variant, task: Task) -> Cost:
    """Count the cost of a variant built for a task."""
    import torch

    from resnet_variants.outline import is_outline, outline

    network = outline(variant, task)
    if is_outline(network):
        network.to_empty(device="cpu")
    return count(network, torch.zeros(1, *task.image_shape))


def count(network: "nn.Module", x_NCHW: "Tensor") -> Cost:
    """Return the cost of a module for one image of this shape; its weights, statistics and modes stay unchanged."""
    import torch

    from resnet_variants.operators import counting_operators, unfused_attention

    params = sum(weight.numel() for weight in network.parameters())
    x_1CHW = x_NCHW[:1]
    with evaluating(network), torch.no_grad(), torch.random.fork_rng(devices=[]):
        try:
            with unfused_attention():
                macs, activations, unknown = _count_by_fvcore(network, x_1CHW)
        except Exception as error:  # a tracer may raise anything: count another way, and record why
            reason = f"fvcore cannot trace it: {type(error).__name__}"
        else:
            if not unknown:
                return Cost(params=params, macs=macs, activations=activations)
            reason = f"fvcore does not know {', '.join(unknown)}"
        with counting_operators() as counted:
            network(x_1CHW)
    by = f"torch ({reason})"
    if counted.unknown:
        by = f"{LOWER_BOUND} (there is no formula for {', '.join(sorted(counted.unknown))})"
    return Cost(params=params, macs=counted.macs, activations=counted.activations, counted_by=by)


@contextmanager
def evaluating(network: "nn.Module") -> Iterator[None]:
    """Put a network in evaluation mode; on exit, restore the mode of every module."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def _count_by_fvcore(network: "nn.Module", x_1CHW: "Tensor") -> tuple[int, int, list[str]]:
    """Return multiply-adds, activations, and the operators that fvcore does not know and that might cost something, from one trace."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fvcore imports and traces by parts of torch that newer releases deprecate
        from fvcore.nn.jit_analysis import JitModelAnalysis

        from resnet_variants.operators import FREE

        analysis = JitModelAnalysis(network, x_1CHW).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
        analysis.set_op_handle(**{f"aten::{name}": _handle(name) for name in FVCORE})
        totals = analysis.by_operator()
        unknown = sorted(name for name in analysis.unsupported_ops() if name.removeprefix("aten::").rstrip("_") not in FREE)
    return int(totals["macs"]), int(totals["activations"]), unknown


def _handle(name: str) -> Handle:
    """Return a handle that counts an operator's outputs, and its multiply-adds by our formula instead of fvcore's estimate."""
    from resnet_variants.operators import FORMULAS

    def both(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
        out = _value(outputs[0])
        macs = FORMULAS[name](out, *map(_value, inputs))
        return Counter(macs=macs, activations=out.numel() if macs else 0)

    return both


def _value(traced: Any) -> Any:
    """Return a value of a trace as an argument: an empty tensor of its shape, a list of values, or a constant."""
    import torch

    if traced.isCompleteTensor():
        return torch.empty(traced.type().sizes(), device="meta")
    if traced.node().kind() == "prim::ListConstruct":
        return [_value(item) for item in traced.node().inputs()]
    return traced.toIValue()
