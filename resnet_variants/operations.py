"""Where a network applies its activation functions, adds and concatenates: also where no module of its own does so.

torchvision's blocks add with `+=`, and some of its networks call `F.relu`; both are seen as torch runs them.
"""

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

FUNCTIONS = {
    "relu": "ReLU",
    "hardtanh": "ReLU6",
    "gelu": "GELU",
    "silu": "SiLU",
    "mish": "Mish",
    "elu": "ELU",
    "leaky_relu": "LeakyReLU",
    "hardswish": "Hardswish",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
}
ADDITION, CONCATENATION = "addition", "concatenation"

Note = Callable[[str, str, Tensor], None]  # the name of the module that runs it, the kind, and the output


class Operations(TorchDispatchMode):
    """Reports each operation of a network while it runs inside; `note` gets the innermost module that was called."""

    def __init__(self, network: nn.Module, note: Note) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.note = note
        self.inside: list[str] = []
        for name, module in network.named_modules():
            module.register_forward_pre_hook(lambda _, inputs, name=name: self.inside.append(name))
            module.register_forward_hook(lambda module, inputs, out: self._leave())

    def _leave(self) -> None:
        self.inside.pop()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None) -> Any:
        """Run an operator, and report it if it is one of those."""
        out = func(*args, **(kwargs or {}))
        kind = kind_of(func._schema.name.partition("::")[2].rstrip("_"), args)
        if kind and isinstance(out, Tensor):
            self.note(self.inside[-1] if self.inside else "", kind, out)
        return out


def kind_of(operator: str, inputs: Any) -> str:
    """Return the kind of an operation on feature maps or vectors; "" for any other, such as the addition of a constant or of a bias."""
    if operator == "add":
        tensors = [tensor for tensor in inputs[:2] if isinstance(tensor, Tensor)]
        return ADDITION if len(tensors) == 2 and tensors[0].ndim > 1 and tensors[0].shape == tensors[1].shape else ""
    return CONCATENATION if operator == "cat" else FUNCTIONS.get(operator, "")
