"""How a signal passes a network before training, block by block, and how its gradient comes back.

The quantities are those of signal propagation plots (Brock et al. 2021, 2101.08692, section 3), the gradient's norms and
the largest gain. One pass in training mode gives them all: hooks see the blocks' inputs and outputs, and a torch function
mode sees additions, so that branch and stream are known in any network, not only in this project's.

Axes: N images, C channels, H rows, W columns, K classes.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.graph import Node, get_gradient_edge
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from benchmarks.measuring.largest_gain import largest_gain
from benchmarks.measuring.signal_blocks import Part, parts_of
from benchmarks.spec.signal import BlockSignal, Signal
from resnet_variants.operators import unfused_attention

ADDITIONS = frozenset({"add", "add_", "__add__", "__radd__", "__iadd__"})


def measure_signal(
    network: nn.Module, x_NCHW: Tensor, labels_N: Tensor, generator: torch.Generator, pattern: str | None = None
) -> Signal:
    """Measure the signal of a network in training mode on one batch, and the gradient of its mean cross-entropy.

    Its weights, gradients, statistics and modes stay unchanged, and so does torch's global generator. `generator` seeds
    dropout and the search for the largest gain. `pattern` names the blocks of another's network: see `parts_of`.

    Raises:
        ValueError: no module matches the pattern, or none of the blocks runs.
    """
    watch = _Watch(parts_of(network, pattern))
    with torch.enable_grad(), torch.random.fork_rng(devices=[]), _training(network):
        torch.default_generator.manual_seed(int(torch.randint(2**62, (), generator=generator)))
        images_NCHW = x_NCHW.detach().clone().requires_grad_()
        try:
            with watch, unfused_attention(), sdpa_kernel(SDPBackend.MATH):  # fused attention has no second derivative
                scores_NK = network(images_NCHW.clone())  # a network may overwrite its input, but not a leaf of the graph
        finally:
            watch.remove_hooks()
        rows = [row for row in watch.rows if row.y is not None]
        if not rows:
            raise ValueError("none of the modules that count as its blocks runs: name others with --blocks")
        loss = F.cross_entropy(scores_NK.float(), labels_N)
        weights = [weight for weight in network.parameters() if weight.requires_grad]
        gradients = torch.autograd.grad(loss, [images_NCHW, *weights], allow_unused=True, retain_graph=True)
        norms = {weight: None if one is None else _norm(one) for weight, one in zip(weights, gradients[1:], strict=True)}
        for row in rows:
            row.stop_noting()  # the largest gain differentiates the same graph
        mean, variance = moments(x_NCHW)
        return Signal(
            images_mean=mean,
            images_variance=variance,
            blocks=tuple(row.signal(norms, generator) for row in rows),
            ends_in_scores=rows[-1].y is not None and rows[-1].y.shape == scores_NK.shape,
        )


def moments(y: Tensor) -> tuple[float, float]:
    """Return the mean of all values, and the variance of a channel over images and pixels, as a mean over channels.

    Channels are the second axis, and the last one of three, as transformers have them.
    """
    values = y.detach().double()
    channels = 2 if values.ndim == 3 else 1
    others = [axis for axis in range(values.ndim) if axis != channels]
    return float(values.mean()), float(values.var(dim=others, correction=0).mean())


def _norm(gradient: Tensor) -> float:
    return float(torch.linalg.vector_norm(gradient, dtype=torch.float64))


@dataclass(kw_only=True)
class _Row:
    """A block while the network runs: its modules, its input and output, and what is known of them so far."""

    name: str
    x: Tensor | None
    is_layer: bool
    modules: list[nn.Module] = field(default_factory=list)
    y: Tensor | None = None
    moments: tuple[float, float] = (math.nan, math.nan)
    branch_to_stream: float | None = None
    gradient: float | None = None
    handle: RemovableHandle | None = None

    def __post_init__(self) -> None:
        self.source = get_gradient_edge(self.x).node if self.x is not None and self.x.requires_grad else None

    def put_out(self, y: Tensor) -> None:
        """Note the block's output; a later one, after a norm or an addition, replaces it."""
        self.y, self.moments = y, moments(y)
        self.stop_noting()
        self.handle = y.register_hook(self._note_gradient) if y.requires_grad else None  # type: ignore[no-untyped-call]

    def stop_noting(self) -> None:
        """Note no further gradient of the output."""
        if self.handle is not None:
            self.handle.remove()

    def add(self, first: Tensor, second: Tensor) -> None:
        """Note an addition of two tensors that both depend on the block's input: the one nearer to it is the stream, the other the branch."""
        if self.source is None:
            return
        near, far = _distance(first, self.source), _distance(second, self.source)
        if near is not None and far is not None and near != far:
            stream, branch = (first, second) if near < far else (second, first)
            below, above = moments(stream)[1], moments(branch)[1]
            self.branch_to_stream = math.sqrt(above / below) if below > 0 else math.inf if above > 0 else None

    def signal(self, norms: Mapping[nn.Parameter, float | None], generator: torch.Generator) -> BlockSignal:
        """Return the block's values, given the gradient's norm at each of the network's weights."""
        own = {weight for module in self.modules for weight in module.parameters()}
        reached = [norm for weight in own if (norm := norms.get(weight)) is not None]
        assert self.y is not None
        return BlockSignal(
            name=self.name,
            mean=self.moments[0],
            variance=self.moments[1],
            branch_to_stream=self.branch_to_stream,
            gradient=self.gradient,
            weight_gradient=math.hypot(*reached) if reached else None,
            largest_gain=None if self.source is None or self.x is None else largest_gain(self.x, self.y, generator),
        )

    def _note_gradient(self, gradient: Tensor) -> None:
        self.gradient = _norm(gradient)


class _Watch(TorchFunctionMode):
    """Watch a network run: a row per call of a block, in the order in which they run."""

    def __init__(self, parts: list[Part]) -> None:
        super().__init__()
        self.rows: list[_Row] = []
        self.is_inside = False
        self.handles: list[RemovableHandle] = []
        for part in parts:
            self.handles += [
                part.module.register_forward_pre_hook(partial(self._begin, part), with_kwargs=True),
                part.module.register_forward_hook(partial(self._end, part)),
            ]

    def remove_hooks(self) -> None:
        """Remove the hooks from the modules."""
        for handle in self.handles:
            handle.remove()

    def _begin(self, part: Part, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.is_inside = True
        if part.begins:
            calls = 1 + sum(row.name.partition(" (call")[0] == part.name for row in self.rows)
            x = next((value for value in (*args, *kwargs.values()) if isinstance(value, Tensor)), None)
            name = part.name if calls == 1 else f"{part.name} (call {calls})"
            self.rows.append(_Row(name=name, x=x, is_layer=not any(True for _ in module.children())))
        if self.rows:
            self.rows[-1].modules.append(module)

    def _end(self, part: Part, module: nn.Module, args: tuple[Any, ...], out: object) -> None:
        self.is_inside = False
        tensors = [value for value in (out if isinstance(out, tuple | list) else (out,)) if isinstance(value, Tensor)]
        if not (self.rows and tensors and tensors[0].is_floating_point()):
            return
        row, y = self.rows[-1], tensors[0]
        if part.begins or (row.is_layer and row.y is not None and row.y.shape == y.shape):
            row.put_out(y)

    def __torch_function__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> Any:
        is_addition = getattr(func, "__name__", "") in ADDITIONS and len(args) == 2 and not kwargs
        if not (self.rows and is_addition and _are_alike(*args)):
            return func(*args, **(kwargs or {}))
        row = self.rows[-1]
        row.add(*args)
        out = func(*args)
        if not self.is_inside and row.y is not None and row.y.shape == out.shape:
            row.put_out(out)  # the network itself adds what its block returns
        return out


def _are_alike(first: object, second: object) -> bool:
    """Return whether two values are tensors of numbers of one shape, with axes."""
    if not (isinstance(first, Tensor) and isinstance(second, Tensor)):
        return False
    return first.ndim > 1 and first.shape == second.shape and first.is_floating_point()


def _distance(addend: Tensor, source: Node) -> int | None:
    """Return how many operations lie between a block's input and an addend; None if the addend does not depend on the input."""
    if not addend.requires_grad:
        return None
    waiting, seen, is_reached = [get_gradient_edge(addend).node], set[Node](), False
    while waiting:
        node = waiting.pop()
        if node == source:
            is_reached = True
        elif node not in seen:
            seen.add(node)
            waiting += [inner for inner, _ in node.next_functions if inner is not None]
    return len(seen) if is_reached else None


@contextmanager
def _training(network: nn.Module) -> Iterator[None]:
    """Put a network in training mode; on exit, restore the mode of every module and all buffers."""
    modes = [(module, module.training) for module in network.modules()]
    buffers = [(buffer, buffer.detach().clone()) for buffer in network.buffers()]
    network.train()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)
