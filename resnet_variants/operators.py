"""Multiply-adds of torch's operators from their input and output shapes, and a counter for a running network.

An operator is counted as a whole, by its formula, because its parts differ between devices and between releases of
torch. An operator without a formula is decomposed if torch can do that. The rest is free or unknown; with unknown
operators, the count is a lower bound.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

Formula = Callable[..., int]  # an operator's output, then its arguments -> its multiply-adds

# operators that do not multiply by weights, or only element by element
ARITHMETIC = frozenset(
    {"add", "sub", "rsub", "mul", "div", "pow", "sqrt", "rsqrt", "exp", "maximum", "minimum", "clamp", "cross"}
)
NORMS = frozenset(
    {"batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm", "softmax", "log_softmax", "_weight_norm"}
)
POOLING = frozenset({"sum", "mean", "amax", "max_pool2d", "avg_pool2d", "adaptive_max_pool2d", "adaptive_avg_pool2d"})
ACTIVATIONS = frozenset({"sigmoid", "tanh", "gelu", "silu", "mish", "elu", "leaky_relu", "prelu", "hardtanh", "hardswish"})
MOVING = frozenset({"pad", "channel_shuffle", "pixel_shuffle", "upsample_nearest2d", "upsample_bilinear2d"})
FREE = ARITHMETIC | NORMS | POOLING | ACTIVATIONS | MOVING
# free operators that read several tensors
JOINING = frozenset(
    {"cat", "stack", "block_diag", "copy", "scatter", "scatter_add", "scatter_reduce", "masked_scatter", "grid_sampler", "set"}
)
WRITING = frozenset(
    {"index_put", "index_add", "index_copy", "select_scatter", "slice_scatter", "diagonal_scatter", "fill", "linalg_cross"}
)
# operators that read one tensor, but multiply it by itself or by constants
TRANSFORMS = ("linalg_", "_linalg_", "_fft_", "matrix_exp", "cholesky", "lu_", "qr")
NO_VALUES = frozenset({torch.bool, torch.int32, torch.int64})  # masks and indices


def product(out: Tensor, a: Tensor, *_: Any, **__: Any) -> int:
    """Return the MACs of a matrix or vector product: each output is a sum over the last axis of the first factor."""
    return out.numel() * a.shape[-1]


def added_product(out: Tensor, _: Tensor, a: Tensor, *__: Any, **___: Any) -> int:
    """Return the MACs of a product to which a term is added."""
    return product(out, a)


def linear(out: Tensor, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> int:
    """Return the MACs of a linear layer; its bias is one more term of each sum, as in published counts."""
    return out.numel() * (weight.shape[-1] + (bias is not None))


def bilinear(out: Tensor, x: Tensor, y: Tensor, weight: Tensor, bias: Tensor | None = None) -> int:
    """Return the MACs of a bilinear layer: each pair of inputs has its own weight, and the bias counts as in `linear`."""
    return out.numel() * (weight.shape[1] * weight.shape[2] + (bias is not None))


def convolution(out: Tensor, x: Tensor, weight: Tensor, *arguments: Any, **_: Any) -> int:
    """Return the MACs of a convolution without its bias; a transposed one spreads every input instead of gathering every output."""
    is_transposed: bool = arguments[4]  # after bias, stride, padding and dilation
    return (x if is_transposed else out).numel() * prod(weight.shape[1:])


def attention(out: Tensor, query: Tensor, key: Tensor, value: Tensor, *_: Any, **__: Any) -> int:
    """Return the MACs of attention: every query by every key, and every score by its value; a mask saves nothing."""
    num_queries = prod(out.shape[:-1])
    return num_queries * key.shape[-2] * (query.shape[-1] + value.shape[-1])


def recurrent(out: tuple[Tensor, ...], x: Tensor, *arguments: Any, **_: Any) -> int:
    """Return the MACs of a recurrent layer: every weight and bias of every layer and direction, once per time step."""
    place = next(place for place, argument in enumerate(arguments) if isinstance(argument, bool))  # has_biases, after the weights
    weights: Sequence[Tensor] = arguments[place - 1]
    return prod(x.shape[:-1]) * sum(weight.numel() for weight in weights)


def recurrent_cell(out: Any, x: Tensor, state: Any, *weights: Tensor | None) -> int:
    """Return the MACs of a recurrent cell: every weight and bias, once per row of the batch."""
    return prod(x.shape[:-1]) * sum(weight.numel() for weight in weights if weight is not None)


def weighted_bag(out: Any, table: Tensor, indices: Tensor, *arguments: Any, **_: Any) -> int:
    """Return the MACs of a sum of a table's rows: a product if the rows have weights, else 0."""
    has_weights = len(arguments) > 4 and arguments[4] is not None
    return indices.numel() * table.shape[-1] if has_weights else 0


def einsum(out: Tensor, equation: str, operands: Sequence[Tensor], *_: Any, **__: Any) -> int:
    """Return the MACs of an einsum; more than two operands are multiplied in pairs from the left, as torch does."""
    return einsum_macs(equation, [tuple(operand.shape) for operand in operands])


def einsum_macs(equation: str, shapes: Sequence[tuple[int, ...]]) -> int:
    """Return the MACs of an einsum with operands of these shapes: 0 for a single operand, which is only moved and summed.

    The MACs of a pair are the product of the sizes of all its indices. Indices of size 1 and the axes of an ellipsis
    are broadcast.
    """
    left, arrow, right = equation.replace(" ", "").partition("->")
    operands = [_indices(term, len(shape)) for term, shape in zip(left.split(","), shapes, strict=True)]
    sizes: dict[str, int] = {}
    for indices, shape in zip(operands, shapes, strict=True):
        for index, size in zip(indices, shape, strict=True):
            sizes[index] = max(sizes.get(index, size), size) if size != 1 else sizes.get(index, 1)
    every = [index for indices in operands for index in indices]
    dots = [index for index in every if index.startswith(".")]
    kept = {*right.replace("...", ""), *dots} if arrow else {index for index in every if every.count(index) == 1} | {*dots}
    macs, done = 0, set(operands[0])
    for place, indices in enumerate(operands[1:], start=1):
        pair = done | set(indices)
        macs += prod(sizes[index] for index in pair)
        done = pair & kept.union(*operands[place + 1 :])
    return macs


def _indices(term: str, num_axes: int) -> list[str]:
    """Return the names of an operand's axes; those of an ellipsis are counted from the last, as in broadcasting."""
    before, dots, after = term.partition("...")
    hidden = num_axes - len(before) - len(after)
    return [*before, *(f".{hidden - place}" for place in range(hidden)), *after] if dots else [*before]


def _each_output(out: Tensor, *_: Any, **__: Any) -> int:
    return out.numel()


def _summed_batch(out: Tensor, _: Tensor, a: Tensor, *__: Any, **___: Any) -> int:
    return out.numel() * a.shape[0] * a.shape[-1]


def _along(out: Tensor, a: Tensor, b: Tensor, *, dim: int = -1, **_: Any) -> int:
    return out.numel() * max(a.shape[dim], b.shape[dim])


def _short_convolution(out: Tensor, x: Tensor, weight: Tensor, *_: Any) -> int:
    return out.numel() * weight.shape[0] * weight.shape[1]


FORMULAS: dict[str, Formula] = {
    **dict.fromkeys(("matmul", "mm", "mv", "bmm", "dot", "vdot", "cdist", "_cdist_forward", "pdist", "_pdist_forward"), product),
    **dict.fromkeys(("addmm", "addmv", "baddbmm", "_addmm_activation"), added_product),
    **dict.fromkeys(("outer", "ger", "addr", "kron"), _each_output),
    **dict.fromkeys(("convolution", "_convolution"), convolution),
    **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu"), recurrent),
    **dict.fromkeys(("lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell"), recurrent_cell),
    "addbmm": _summed_batch,
    "linalg_vecdot": _along,
    "conv_tbc": _short_convolution,
    "linear": linear,
    "bilinear": bilinear,
    "einsum": einsum,
    "embedding_bag": weighted_bag,
    "scaled_dot_product_attention": attention,
}


def formula_of(name: str) -> Formula | None:
    """Return the formula of an operator such as "aten::linear", in place or not, or None if it has no formula."""
    space, _, short = name.partition("::")
    return FORMULAS.get(short if short in FORMULAS else short.rstrip("_")) if space == "aten" else None


class OperatorCount(TorchDispatchMode):
    """Counter of the multiply-adds and outputs of operators that run inside it, with the names of unknown operators."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.macs = 0
        self.activations = 0
        self.unknown: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None) -> Any:
        """Run an operator and add its cost."""
        kwargs = kwargs or {}
        name = func._schema.name
        formula = formula_of(name)
        tensors = list(_tensors((*args, *kwargs.values())))
        is_dense = all(tensor.layout == torch.strided and not tensor.is_nested for tensor in tensors)
        if formula and is_dense:
            out = func(*args, **kwargs)
            macs = formula(out, *args, **kwargs)
            self.macs += macs
            self.activations += next(_tensors([out])).numel() if macs else 0
            return out
        if formula or not _is_free(func):
            with self:
                out = func.decompose(*args, **kwargs)
            if out is not NotImplemented:
                return out
            if formula or not _reads_one(name, tensors):
                self.unknown.add(name)
        return func(*args, **kwargs)


@contextmanager
def counting_operators() -> Iterator[OperatorCount]:
    """Count the operators that torch runs inside, without gradients and before autograd decomposes them."""
    count = OperatorCount()
    with unfused_attention(), torch.no_grad(), torch._C._AutoDispatchBelowAutograd(), count:
        yield count


@contextmanager
def unfused_attention() -> Iterator[None]:
    """Run attention layers as in training, not as one fused operator that hides its multiplications."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def _tensors(values: Any) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)


@cache
def _is_free(func: Any) -> bool:
    """Return whether an operator is listed as free, is a view, or works element by element."""
    space, _, short = func._schema.name.partition("::")
    if space in ("prim", "profiler") or func.is_view or torch.Tag.pointwise in func.tags:
        return True
    return space == "aten" and bool({short, short.rstrip("_")} & (FREE | JOINING | WRITING))


def _reads_one(name: str, tensors: list[Tensor]) -> bool:
    """Return whether a torch operator reads at most one tensor of values, so that there is nothing to multiply it with."""
    space, _, short = name.partition("::")
    is_transform = short.startswith(TRANSFORMS) and "norm" not in short
    return space == "aten" and not is_transform and sum(tensor.dtype not in NO_VALUES for tensor in tensors) <= 1
