"""Networks that courses use to teach residual learning, as taught: their own blocks, torch's initialisation, biased convolutions.

They are separate from the papers' networks, which they simplify. Each can also be built for other images and classes:
its sizes follow from them. Axes: N images, C channels, H rows, W columns, K classes.
"""

from torch import nn

from resnet_variants.architecture import Architecture, Task
from resnet_variants.blocks import ResidualBlock, Shape
from resnet_variants.network import Network, build_staged


def identity(task: Task) -> Network:
    """Return two blocks that keep their shape, 1 to 4 to 1 channels, and a linear layer on the pixels (Raschka, STAT 453, lecture 14)."""
    return _keeping(task, (3, 3))


def identity_1x1(task: Task) -> Network:
    """Return the same with a first convolution of 1x1 in each block, as in the lecture's notebook (L14/2-resnet-example)."""
    return _keeping(task, (1, 3))


def resizing(task: Task) -> Network:
    """Return two blocks that halve the image, 1 to 4 to 8 and 8 to 16 to 32 channels, and a linear layer (same lecture)."""
    return _halving(task)


def identity_1x1_plain(task: Task) -> Network:
    """Return the notebook's network that keeps the shape, without its shortcuts."""
    return _keeping(task, (1, 3), is_residual=False)


def resizing_plain(task: Task) -> Network:
    """Return the network that halves the image, without its shortcuts."""
    return _halving(task, is_residual=False)


def _keeping(task: Task, kernels: tuple[int, int], *, is_residual: bool = True) -> Network:
    """Return two blocks that keep their shape, and a linear layer on the pixels."""
    channels, rows, columns = task.image_shape
    shape = Shape(in_channels=channels, inner_channels=4, out_channels=channels)
    return Network(
        stem=nn.Identity(),
        blocks=nn.Sequential(*(taught_block(shape, kernels, is_residual=is_residual) for _ in range(2))),
        head=nn.Sequential(nn.Flatten(), nn.Linear(channels * rows * columns, task.num_classes)),
    )


def _halving(task: Task, *, is_residual: bool = True) -> Network:
    """Return two blocks that halve the image, and a linear layer on what is left of it."""
    channels, rows, columns = task.image_shape
    pixels = -(-rows // 4) * -(-columns // 4)  # two halvings, each rounded up
    shapes = (
        Shape(in_channels=channels, inner_channels=4, out_channels=8, stride=2),
        Shape(in_channels=8, inner_channels=16, out_channels=32, stride=2),
    )
    return Network(
        stem=nn.Identity(),
        blocks=nn.Sequential(*(taught_block(shape, (3, 1), is_residual=is_residual) for shape in shapes)),
        head=nn.Sequential(nn.Flatten(), nn.Linear(32 * pixels, task.num_classes)),
    )


def two_stage(task: Task) -> Network:
    """Return the slides' network: bare strided 7x7 convolution, max-pooling, basic blocks of 64 and of 128 channels, average pooling."""
    return Network(
        stem=nn.Sequential(
            nn.Conv2d(task.image_shape[0], 64, 7, stride=2, padding=3, bias=False), nn.MaxPool2d(3, stride=2, padding=1)
        ),
        blocks=nn.Sequential(
            taught_block(Shape(in_channels=64, inner_channels=64, out_channels=64), (3, 3)),
            taught_block(Shape(in_channels=64, inner_channels=128, out_channels=128, stride=2), (3, 3), projection_bias=False),
        ),
        head=nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, task.num_classes)),
    )


def resnet34(task: Task) -> Network:
    """Return ResNet-34 for colour images cropped to 64x64 (Raschka, STAT 453, lecture 14)."""
    architecture = Architecture(template="imagenet", depth=34, width=64, shortcut="B")
    return build_staged(architecture, task, None)


def taught_block(
    shape: Shape, kernels: tuple[int, int], *, projection_bias: bool = True, is_residual: bool = True
) -> ResidualBlock | nn.Sequential:
    """Return convolution, norm, ReLU, convolution, norm, add, ReLU; the shortcut is a 1x1 convolution and a norm if the shape changes.

    Without `is_residual` nothing is added.
    """
    first, second = kernels
    shortcut: nn.Module = nn.Identity()
    if is_residual and not shape.is_kept:  # made before the branch: the order of the random numbers is part of old results
        projection = nn.Conv2d(shape.in_channels, shape.out_channels, 1, stride=shape.stride, bias=projection_bias)
        shortcut = nn.Sequential(projection, nn.BatchNorm2d(shape.out_channels))
    branch = nn.Sequential(
        nn.Conv2d(shape.in_channels, shape.inner_channels, first, stride=shape.stride, padding=first // 2),
        nn.BatchNorm2d(shape.inner_channels),
        nn.ReLU(),
        nn.Conv2d(shape.inner_channels, shape.out_channels, second, padding=second // 2),
        nn.BatchNorm2d(shape.out_channels),
    )
    return ResidualBlock(branch=branch, shortcut=shortcut, after=nn.ReLU()) if is_residual else nn.Sequential(branch, nn.ReLU())
