"""What a network costs: parameters, multiply-adds and activations, counted by fvcore.

Counted in evaluation mode, for one image, over convolutions, linear layers and matrix products, as papers do. A multiply-add is one MAC,
never two FLOPs. Where fvcore cannot count a network, torch's own counter stands in, and the count says so.

Axes: N images, C channels, H rows, W columns.
"""

import math
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from resnet_variants.architecture import Task
from resnet_variants.variant import Variant

if TYPE_CHECKING:
    from torch import Tensor, nn

Handle = Callable[[list[Any], list[Any]], Any]  # fvcore's: the inputs and outputs of an operator -> what it costs

# operators that fvcore passes over and that multiply nothing by a weight
ARITHMETIC = frozenset({"add", "sub", "rsub", "mul", "div", "pow", "sqrt", "rsqrt", "exp", "maximum", "minimum", "clamp"})
NORMS = frozenset({"batch_norm", "layer_norm", "group_norm", "instance_norm", "softmax", "log_softmax"})
POOLING = frozenset({"sum", "mean", "amax", "max_pool2d", "avg_pool2d", "adaptive_max_pool2d", "adaptive_avg_pool2d"})
ACTIVATIONS = frozenset({"sigmoid", "tanh", "gelu", "silu", "mish", "elu", "leaky_relu", "prelu", "hardtanh", "hardswish"})
MOVING = frozenset({"pad", "channel_shuffle", "pixel_shuffle", "upsample_nearest2d", "upsample_bilinear2d"})
FREE = ARITHMETIC | NORMS | POOLING | ACTIVATIONS | MOVING


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """Numbers of parameters, of multiply-adds for one image, and of activations (outputs of what is counted); and who counted them."""

    params: int
    macs: int
    activations: int
    counted_by: str = "fvcore"


@lru_cache(maxsize=256)
def cost_of(variant: Variant, task: Task) -> Cost:
    """The cost of a variant built for a task; its weights are not drawn, because they do not matter."""
    import torch

    from resnet_variants.build import build

    with torch.device("meta"):
        network = build(variant, task)
    return count(network.to_empty(device="cpu"), torch.zeros(1, *task.image_shape))


def count(network: "nn.Module", x_NCHW: "Tensor") -> Cost:
    """The cost of a module for one of these images. Its weights, statistics and modes are left as they were."""
    import torch

    params = sum(weight.numel() for weight in network.parameters())
    x_1CHW = x_NCHW[:1]
    with evaluating(network), torch.no_grad():
        try:
            macs, activations, unknown = _count_by_fvcore(network, x_1CHW)
        except Exception as error:  # whatever a tracer may raise: the network is counted another way, and the count says why
            reason = f"fvcore cannot trace it: {type(error).__name__}"
        else:
            if not unknown:
                return Cost(params=params, macs=macs, activations=activations)
            reason = f"fvcore does not know {', '.join(unknown)}"
        macs, activations = _count_by_torch(network, x_1CHW)
    return Cost(params=params, macs=macs, activations=activations, counted_by=f"torch ({reason})")


@contextmanager
def evaluating(network: "nn.Module") -> Iterator[None]:
    """Evaluation mode for the while; then every module is back in its own."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def _count_by_fvcore(network: "nn.Module", x_1CHW: "Tensor") -> tuple[int, int, list[str]]:
    """Multiply-adds, activations, and the operators that it does not know and that might cost something, all from one trace."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fvcore imports and traces by parts of torch that newer releases deprecate
        from fvcore.nn import jit_handles
        from fvcore.nn.jit_analysis import JitModelAnalysis

        handles = {
            "aten::_convolution": jit_handles.conv_flop_jit,
            "aten::linear": _linear_macs,
            "aten::addmm": jit_handles.addmm_flop_jit,
            "aten::bmm": jit_handles.bmm_flop_jit,
            "aten::matmul": jit_handles.matmul_flop_jit,
            "aten::einsum": jit_handles.einsum_flop_jit,
        }
        analysis = JitModelAnalysis(network, x_1CHW).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
        analysis.set_op_handle(**{name: _with_activations(handle) for name, handle in handles.items()})
        totals = analysis.by_operator()
        unknown = sorted(name for name in analysis.unsupported_ops() if name.removeprefix("aten::").rstrip("_") not in FREE)
    return int(totals["macs"]), int(totals["activations"]), unknown


def _with_activations(macs: Handle) -> Handle:
    """A handle of fvcore's that counts an operator's outputs beside its multiply-adds."""

    def both(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
        counted = macs(inputs, outputs)
        multiply_adds = sum(counted.values()) if isinstance(counted, dict) else counted
        return Counter(macs=multiply_adds, activations=math.prod(outputs[0].type().sizes()))

    return both


def _linear_macs(inputs: list[Any], outputs: list[Any]) -> int:
    """Multiply-adds of a linear layer; its bias is one more term of each sum, as in published counts."""
    _, in_features = inputs[1].type().sizes()  # of the weight
    has_bias = inputs[2].isCompleteTensor()
    numbers: int = math.prod(outputs[0].type().sizes())
    return numbers * (int(in_features) + bool(has_bias))


def _count_by_torch(network: "nn.Module", x_1CHW: "Tensor") -> tuple[int, int]:
    """Multiply-adds and activations from the operators as they are dispatched, by torch's formulas, and linear layers' biases as above."""
    from torch import nn
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils.flop_counter import FlopCounterMode, flop_registry

    activations: list[int] = []
    biases: list[int] = []

    class Outputs(TorchDispatchMode):  # type: ignore[no-untyped-call]
        """Notes the outputs of every operator that torch's counter has a formula for."""

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            out = func(*args, **(kwargs or {}))
            if func._overloadpacket in flop_registry:
                activations.append((out[0] if isinstance(out, tuple) else out).numel())
            return out

    linear = [module for module in network.modules() if isinstance(module, nn.Linear) and module.bias is not None]
    hooks = [module.register_forward_hook(lambda module, _, out: biases.append(out.numel())) for module in linear]
    counter = FlopCounterMode(display=False)
    try:
        with counter, Outputs():  # type: ignore[no-untyped-call]
            network(x_1CHW)
    finally:
        for hook in hooks:
            hook.remove()
    return counter.get_total_flops() // 2 + sum(biases), sum(activations)
