"""The courses' networks are those that were taught: shapes, sizes, formulas; and the other families' special places."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_variants import create, parse
from resnet_variants.complexity import layers_of


def shapes(name: str) -> list[tuple[int, ...]]:
    """What leaves the stem's layers, the blocks and the head's layers."""
    network = create(name)
    found: list[tuple[int, ...]] = []
    x_NCHW = torch.zeros(2, *parse(name).task.image_shape)
    for part in (network.stem, network.blocks, network.head):
        for module in part if isinstance(part, nn.Sequential) else [part]:
            x_NCHW = module(x_NCHW)
            found.append(tuple(x_NCHW.shape[1:]))
    return found


def test_the_slides_two_stage_network_has_the_slides_shapes() -> None:
    assert shapes("lecture_two_stage") == [
        (64, 112, 112),
        (64, 56, 56),
        (64, 56, 56),
        (128, 28, 28),
        (128, 1, 1),
        (128,),
        (2,),
    ]
    network = create("lecture_two_stage")
    assert [type(module) for module in network.stem] == [nn.Conv2d, nn.MaxPool2d]  # no norm, no ReLU
    biases = {name: module.bias is not None for name, module in network.named_modules() if isinstance(module, nn.Conv2d)}
    assert biases.pop("stem.0") is False
    assert biases.pop("blocks.1.shortcut.0") is False
    assert set(biases.values()) == {True} and len(biases) == 4


@pytest.mark.parametrize(("name", "first_kernel"), [("lecture_identity", (3, 3)), ("lecture_identity_1x1", (1, 1))])
def test_the_identity_network_is_the_taught_one(name: str, first_kernel: tuple[int, int]) -> None:
    """The second is the notebook's."""
    network = create(name).eval()
    x_NCHW = torch.randn(2, 1, 28, 28)
    expected: Tensor = x_NCHW
    for number in range(2):
        first, norm, _, second, other_norm = network.blocks[number].branch
        assert (first.kernel_size, second.kernel_size) == (first_kernel, (3, 3))
        assert (first.out_channels, second.out_channels) == (4, 1)
        out = other_norm(second(F.relu(norm(first(expected)))))
        expected = F.relu(out + expected)
    torch.testing.assert_close(network(x_NCHW), network.head[1](expected.flatten(1)))
    assert network.head[1].in_features == 784


def test_the_resizing_network_is_the_taught_one() -> None:
    assert shapes("lecture_resizing") == [(1, 28, 28), (8, 14, 14), (32, 7, 7), (1568,), (10,)]
    network = create("lecture_resizing").eval()
    x_NCHW = torch.randn(2, 1, 28, 28)
    expected = x_NCHW
    for block in network.blocks:
        first, norm, _, second, other_norm = block.branch
        projection, projection_norm = block.shortcut
        assert (first.stride, projection.stride, projection.kernel_size) == ((2, 2), (2, 2), (1, 1))
        beside = projection_norm(projection(expected))
        expected = F.relu(other_norm(second(F.relu(norm(first(expected))))) + beside)
    torch.testing.assert_close(network(x_NCHW), network.head[1](expected.flatten(1)))
    assert [block.branch[0].out_channels for block in network.blocks] == [4, 16]


@pytest.mark.parametrize("name", ["lecture_identity_1x1", "lecture_resizing"])
def test_a_courses_plain_twin_lacks_its_shortcuts_alone(name: str) -> None:
    residual, plain = create(name).eval(), create(f"{name}_plain").eval()
    for ours, theirs in zip(plain.blocks, residual.blocks, strict=True):
        ours[0].load_state_dict(theirs.branch.state_dict())
    plain.head.load_state_dict(residual.head.state_dict())
    out: Tensor = (x_NCHW := torch.randn(2, 1, 28, 28))
    for block in residual.blocks:
        out = F.relu(block.branch(out))
    torch.testing.assert_close(plain(x_NCHW), residual.head(out))
    assert not parse(f"{name}_plain").is_residual and parse(f"{name}_plain").family == "plain"


def test_the_courses_resnet34_reads_crops_of_64_pixels() -> None:
    variant = parse("lecture_resnet34")
    assert variant.task.image_shape == (3, 64, 64)
    assert [layer.output_shape for layer in layers_of(variant) if layer.kind == "AdaptiveAvgPool2d"] == [(512, 1, 1)]
    ours = sum(weight.numel() for weight in create("lecture_resnet34").parameters())
    assert ours == sum(weight.numel() for weight in create("resnet34", num_classes=10).parameters())


@pytest.mark.parametrize("name", ["lecture_identity", "lecture_resizing", "lecture_resizing_plain", "mlp_2x16", "resmlp_3x16"])
@pytest.mark.parametrize(("channels", "size"), [(1, 28), (3, 32), (2, 9)])
def test_networks_that_read_pixels_follow_the_input_size(name: str, channels: int, size: int) -> None:
    network = create(name, in_channels=channels, input_size=size, num_classes=7)
    assert network(torch.randn(3, channels, size, size)).shape == (3, 7)


@pytest.mark.parametrize("name", ["vgg16", "vgg16_bn", "googlenet", "inception_v3"])
def test_torchvisions_networks_take_channels_classes_and_dropout(name: str) -> None:
    from torchvision import models

    network = create(f"{name}:dropout=0.25", num_classes=5, in_channels=1)
    assert network(torch.randn(2, 1, 96, 96)).shape == (2, 5)  # in training mode too: no auxiliary scores
    assert {module.p for module in network.modules() if isinstance(module, nn.Dropout)} == {0.25}
    own, theirs = create(name), models.get_model(name, init_weights=False)
    assert {key for key in theirs.state_dict() if not key.lower().startswith("aux")} == own.state_dict().keys()


def test_networks_as_their_authors_wrote_them_draw_from_the_trials_seed() -> None:
    from resnet_variants.build import build

    before = torch.get_rng_state()
    networks = [build(parse("lecture_resizing"), generator=torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    assert torch.equal(before, torch.get_rng_state())
    weights = [network.state_dict()["head.1.weight"] for network in networks]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_a_wide_network_keeps_a_stem_of_16_and_its_first_activation_is_shared() -> None:
    """Zagoruyko and Komodakis 2016, table 1 and figure 1: conv1 of 16; the projection reads what follows the stem's BN and ReLU."""
    network = create("wrn_28_10")
    assert network.stem[0].out_channels == 16
    assert [type(module).__name__ for module in network.stem] == ["Conv2d", "BatchNorm2d", "ReLU"]
    assert (network.blocks[0].shortcut[0].in_channels, network.blocks[0].shortcut[0].out_channels) == (16, 160)
    assert isinstance(network.blocks[0].branch[0], nn.Conv2d)


def test_perceptrons_are_linear_layers_and_relu() -> None:
    plain, residual = create("mlp_3x16", input_size=4).eval(), create("resmlp_3x16", input_size=4).eval()
    x_NCHW = torch.randn(5, 1, 4, 4)
    hidden_NC = x_NCHW.flatten(1)
    linear = [module for module in plain.modules() if isinstance(module, nn.Linear)]
    for layer in linear[:-1]:
        hidden_NC = F.relu(layer(hidden_NC))
    torch.testing.assert_close(plain(x_NCHW), linear[-1](hidden_NC))
    first, second, third, last = [module for module in residual.modules() if isinstance(module, nn.Linear)]
    start_NC = F.relu(first(x_NCHW.flatten(1)))
    expected = last(F.relu(start_NC + third(F.relu(second(start_NC)))))
    torch.testing.assert_close(residual(x_NCHW), expected)
