"""A network of one's own. Its layers: python -m resnet_variants describe ./my_nets.py:my_net; in a suite: arms("resnet20", "my_nets:my_net")"""

from torch import Tensor, nn


class Block(nn.Module):
    """A residual block: x + f(x)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
        )

    def forward(self, x_NCHW: Tensor) -> Tensor:
        return x_NCHW + self.branch(x_NCHW)


def my_net(task):
    """Return a network for a task, which has an image_shape (channels, rows, columns) and num_classes: x_NCHW -> scores_NK."""
    stem = nn.Conv2d(task.image_shape[0], 16, 3, padding=1)
    return nn.Sequential(stem, Block(16), Block(16), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, task.num_classes))


my_net.depth = 6  # layers with weights: optional, as is is_residual
my_net.is_residual = True
