"""Compare the shapes that a course states for its network, built for the course's own images, with those that it has.

The shapes do not depend on the weights, so that one seed says as much as five.
"""

import torch
from torch import nn

from benchmarks.spec.probe import Findings
from benchmarks.training.probe_runner import Subject
from resnet_variants.build import build
from resnet_variants.network import Network
from resnet_variants.registry import name_of

Shape = tuple[int, ...]  # channels, rows, columns
# what leaves these modules, by name: Smola, slides on residual networks (Zhang et al., Dive into Deep Learning, section 8.6)
TAUGHT: dict[str, dict[str, Shape]] = {
    "lecture_two_stage": {"stem.0": (64, 112, 112), "blocks.0": (64, 56, 56), "blocks.1": (128, 28, 28)},
}


def measure(subject: Subject) -> Findings:
    """Return the number of layers whose shape differs from the taught one, and a row per layer.

    Raises:
        ValueError: no course states shapes for this network.
    """
    variant = subject.trial.architecture
    name = name_of(variant)
    if name not in TAUGHT:
        raise ValueError(f"no course states the shapes of {name}: have {', '.join(TAUGHT)}")
    network = build(variant, variant.task).eval()
    assert isinstance(network, Network)
    found = _shapes_after(network, torch.zeros(1, *variant.task.image_shape), list(TAUGHT[name]))
    rows = tuple(
        {"layer": layer, "taught": _spell(shape), "found": _spell(found[layer])} for layer, shape in TAUGHT[name].items()
    )
    return Findings(values={"shape_differences": float(sum(row["taught"] != row["found"] for row in rows))}, rows=rows)


@torch.no_grad()
def _shapes_after(network: nn.Module, x_NCHW: torch.Tensor, layers: list[str]) -> dict[str, Shape]:
    """Return the shapes of what leaves these modules."""
    found: dict[str, Shape] = {}
    for layer in layers:
        network.get_submodule(layer).register_forward_hook(
            lambda module, inputs, output, layer=layer: found.update({layer: tuple(output.shape[1:])})
        )
    network(x_NCHW)
    return found


def _spell(shape: Shape) -> str:
    return "x".join(map(str, shape))
