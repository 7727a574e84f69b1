"""Strength of the responses of a trained network's layers: the standard deviation of each convolution's output after its norm, if it has one.

He et al. 2015 (1512.03385), figure 7: residual networks have smaller responses than plain ones, and deeper ones smaller still.
"""

import torch
from torch import Tensor, nn

from benchmarks.spec.probe import Findings
from benchmarks.training.probe_runner import Subject
from resnet_variants.blocks import norm_types


def measure(subject: Subject) -> Findings:
    """Return a row per norm with the standard deviation of its output on the test images, in order of execution, and their mean.

    In a network without norms the convolutions themselves are read.
    """
    x_NCHW, _ = subject.inputs(subject.images.test)
    network = subject.copy()
    deviations: list[float] = []

    def note(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        deviations.append(float(output.float().std()))

    norms = [module for module in network.modules() if isinstance(module, norm_types())]
    for module in norms or [module for module in network.modules() if isinstance(module, nn.Conv2d)]:
        module.register_forward_hook(note)
    with torch.no_grad():
        network(x_NCHW)
    if not deviations:
        raise ValueError("this network has neither a norm nor a convolution whose response could be read")
    rows = tuple(
        {"layer": layer, "position": layer / len(deviations), "deviation": value}
        for layer, value in enumerate(deviations, start=1)
    )
    return Findings(values={"response_deviation": sum(deviations) / len(deviations)}, rows=rows)
