"""Build a Perceptron: linear layers only, to compare deep with wide networks without convolutions."""

import torch
from torch import nn

from resnet_variants.architecture import Task
from resnet_variants.blocks import ResidualBlock
from resnet_variants.dropout import Dropout
from resnet_variants.network import Network, initialise, start_branches_at_zero
from resnet_variants.variant import Perceptron


def build_perceptron(perceptron: Perceptron, task: Task, generator: torch.Generator | None = None) -> Network:
    """Return a network of linear layers, with a shortcut around each pair of them if the perceptron is residual."""

    def layer(in_features: int) -> list[nn.Module]:
        norm = [nn.BatchNorm1d(perceptron.width)] if perceptron.has_norm else []
        return [nn.Linear(in_features, perceptron.width, bias=not perceptron.has_norm), *norm]

    def activation() -> list[nn.Module]:
        return [nn.ReLU(), *([Dropout(perceptron.dropout)] if perceptron.dropout > 0 else [])]

    channels, rows, columns = task.image_shape
    width = perceptron.width
    blocks: list[nn.Module]
    if perceptron.is_residual:
        stem = [nn.Flatten(), *layer(channels * rows * columns), nn.ReLU()]
        blocks = [
            ResidualBlock(
                branch=nn.Sequential(*layer(width), *activation(), *layer(width)), shortcut=nn.Identity(), after=nn.ReLU()
            )
            for _ in range((perceptron.hidden_layers - 1) // 2)
        ]
    else:
        stem = [nn.Flatten(), *layer(channels * rows * columns), *activation()]
        blocks = [nn.Sequential(*layer(width), *activation()) for _ in range(perceptron.hidden_layers - 1)]
    network = Network(stem=nn.Sequential(*stem), blocks=nn.Sequential(*blocks), head=nn.Linear(width, task.num_classes))
    initialise(network, generator)
    if perceptron.zero_gamma:
        start_branches_at_zero(network)
    return network
