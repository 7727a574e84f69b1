"""Dropout from a generator of its own draws the bits of F.dropout, in every layout and precision."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_variants import create
from resnet_variants.dropout import Dropout, draw_from

SHARES = [0.1, 0.3, 0.5]


def drawing(p: float, seed: int) -> tuple[Dropout, torch.Generator]:
    dropout, generator = Dropout(p), torch.Generator().manual_seed(seed)
    draw_from(nn.Sequential(dropout), {"dropout": generator})
    return dropout, generator


@pytest.mark.parametrize("is_bf16", [False, True], ids=["fp32", "bf16"])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["contiguous", "channels_last"])
@pytest.mark.parametrize("p", SHARES)
def test_it_draws_the_bits_of_torch_s_own(p: float, layout: torch.memory_format, is_bf16: bool) -> None:
    """Behind a convolution, which autocast computes in bf16; three times, so that the state that each leaves counts, too."""
    convolution = nn.Conv2d(3, 5, 3)
    x_NCHW = torch.randn(7, 3, 9, 11).contiguous(memory_format=layout)
    dropout, generator = drawing(p, seed=5)
    torch.manual_seed(5)
    for _ in range(3):
        with torch.autocast("cpu", torch.bfloat16, enabled=is_bf16):
            inner_NCHW = convolution(x_NCHW).detach().requires_grad_()
            mine_NCHW, torchs_NCHW = dropout(inner_NCHW), F.dropout(inner_NCHW, p)
        assert mine_NCHW.dtype == (torch.bfloat16 if is_bf16 else torch.float32)
        assert torch.equal(mine_NCHW, torchs_NCHW) and mine_NCHW.stride() == torchs_NCHW.stride()
        weights_NCHW = torch.rand_like(inner_NCHW, memory_format=torch.contiguous_format)
        generator.set_state(torch.get_rng_state())  # the weights were drawn from the global one
        mine, torchs = (torch.autograd.grad((out * weights_NCHW).sum(), inner_NCHW)[0] for out in (mine_NCHW, torchs_NCHW))
        assert torch.equal(mine, torchs)


@pytest.mark.parametrize("p", SHARES)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["contiguous", "channels_last"])
def test_generators_of_either_kind_end_in_one_state(p: float, layout: torch.memory_format) -> None:
    x_NCHW = torch.randn(5, 7, 3, 3).contiguous(memory_format=layout)
    dropout, generator = drawing(p, seed=9)
    torch.manual_seed(9)
    F.dropout(x_NCHW, p)
    left = torch.get_rng_state()
    dropout(x_NCHW)
    assert torch.equal(generator.get_state(), left) and torch.equal(torch.get_rng_state(), left)


def test_without_a_generator_it_is_torch_s_own() -> None:
    ones_N = torch.ones(1000)
    torch.manual_seed(1)
    mine_N = Dropout(0.3)(ones_N)
    torch.manual_seed(1)
    assert torch.equal(mine_N, F.dropout(ones_N, 0.3))


def test_evaluation_drops_and_draws_nothing() -> None:
    dropout, generator = drawing(0.3, seed=1)
    before, ones_N = generator.get_state(), torch.ones(1000)
    assert torch.equal(dropout.eval()(ones_N), ones_N)
    assert torch.equal(generator.get_state(), before)


@pytest.mark.parametrize(
    "name", ["resnet8:dropout=0.3", "resnet8:shortcut=dropout", "mlp_2x16:dropout=0.3", "resmlp_3x16:dropout=0.3"]
)
def test_every_dropout_of_our_networks_draws_from_the_one_generator(name: str) -> None:
    network, x_NCHW = create(name, in_channels=1, input_size=8, num_classes=3), torch.randn(4, 1, 8, 8)
    scores: list[Tensor] = []
    for _ in range(2):
        generator = torch.Generator().manual_seed(3)
        draw_from(network, {"dropout": generator})
        state = torch.get_rng_state()
        scores.append(network(x_NCHW))
        assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(*scores)
    torch.manual_seed(3)
    assert torch.equal(with_the_global_generator(network)(x_NCHW), scores[0])


def with_the_global_generator(network: nn.Module) -> nn.Module:
    """The network, its dropout drawing as torch's own does."""
    for module in network.modules():
        if isinstance(module, Dropout):
            module.generator = None
    return network
