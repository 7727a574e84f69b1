"""The largest factor by which a part of a network can enlarge a small change of its input: the norm of its Jacobian.

The Jacobian is never made: Golub and Kahan's bidiagonalisation (1965) needs only its products with vectors, forward and
backward, and finds the largest singular value from below within ten steps. It may rest for some of them, and is not taken before.
"""

import math

import torch
from torch import Tensor

NUM_STEPS = 10
SMALLEST = 1e-6  # of the largest length so far: below it, fp32 has nothing more to find


def largest_gain(x: Tensor, y: Tensor, generator: torch.Generator) -> float | None:
    """Return the largest singular value of the Jacobian from x to y, which are tensors of one recorded graph; the graph is kept.

    It is None if y does not depend on x, or an operator in between has no second derivative, and not a number if the
    Jacobian is not finite.
    """
    direction = torch.zeros_like(y, requires_grad=True)
    try:
        (pulled,) = torch.autograd.grad(y, x, direction, create_graph=True, allow_unused=True)
        return None if pulled is None else _largest_singular_value(x, y, direction, pulled, generator)
    except RuntimeError:
        return None


def _largest_singular_value(x: Tensor, y: Tensor, direction: Tensor, pulled: Tensor, generator: torch.Generator) -> float:
    def forward(change: Tensor) -> Tensor:
        # the gradient that is pulled back is linear in `direction`: its derivative is the Jacobian itself
        (out,) = torch.autograd.grad(pulled, direction, change, retain_graph=True)
        return out

    def backward(change: Tensor) -> Tensor:
        (out,) = torch.autograd.grad(y, x, change, retain_graph=True)
        return out

    diagonal: list[float] = []
    above: list[float] = []
    right, _ = _unit(torch.randn(x.shape, generator=generator).to(x))
    left = forward(right)
    while True:
        left, length = _unit(left)
        diagonal.append(length)
        found = _norm_of_bidiagonal(diagonal, above)
        if len(diagonal) == NUM_STEPS or not math.isfinite(found):
            return found
        right, length = _unit(backward(left) - length * right)
        if not length > SMALLEST * found:
            return found if math.isfinite(length) else math.nan
        above.append(length)
        left = forward(right) - length * left


def _norm_of_bidiagonal(diagonal: list[float], above: list[float]) -> float:
    """Return the largest singular value of a matrix with a diagonal, one more above it, and zeros elsewhere."""
    matrix = torch.diag(torch.tensor(diagonal, dtype=torch.float64))
    matrix += torch.diag(torch.tensor(above, dtype=torch.float64), diagonal=1) if above else 0.0
    return float(torch.linalg.matrix_norm(matrix, 2)) if bool(matrix.isfinite().all()) else math.nan


def _unit(vector: Tensor) -> tuple[Tensor, float]:
    """Return the vector at length 1, and its length; a vector of zeros stays as it is."""
    length = float(torch.linalg.vector_norm(vector, dtype=torch.float64))
    return (vector / length if length > 0 else vector), length
