"""How well a linear probe separates the classes after each hidden layer of a perceptron, all of one width.

The counterpart of `separation` for networks without stages: the same ridge regression (Alain and Bengio 2016, 1610.01644) on a layer's outputs.
"""

import torch
from torch import Tensor, nn

from benchmarks.probes.separation import fit_and_score
from benchmarks.spec.probe import Cell, Findings
from benchmarks.training.probe_runner import Subject, error_pct
from resnet_variants.network import Network


def measure(subject: Subject) -> Findings:
    """Return a row per hidden layer with the probe's test error, and its drop from the first to the last one.

    Raises:
        ValueError: the network has no hidden layers one after the other.
    """
    network = subject.network
    if not isinstance(network, Network):
        raise ValueError("this probe needs a network of layers one after the other, such as mlp_5x512")
    train, test = (_outputs(network, subject.inputs(split)[0]) for split in (subject.images.train, subject.images.test))
    labels, answers = subject.images.train.labels_N, subject.images.test.labels_N
    errors = [error_pct(fit_and_score(seen, labels, new), answers) for seen, new in zip(train, test, strict=True)]
    rows: tuple[dict[str, Cell], ...] = tuple({"layer": layer, "test_error_pct": error} for layer, error in enumerate(errors, 1))
    return Findings(values={"layers_gain": errors[0] - errors[-1]}, rows=rows)


@torch.no_grad()
def _outputs(network: Network, x_NCHW: Tensor) -> list[Tensor]:
    """Return the outputs (N C) of the stem and of each block; images of features are averaged."""
    x = network.stem(x_NCHW)
    outputs = [_flat(x)]
    for block in network.blocks:
        assert isinstance(block, nn.Module)
        x = block(x)
        outputs.append(_flat(x))
    return outputs


def _flat(x: Tensor) -> Tensor:
    return (x.mean((2, 3)) if x.ndim == 4 else x).double()
