"""Streams against a slow version written from the formulas, against a published implementation, and against the residual network."""

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from resnet_variants import create, parse
from resnet_variants.architecture import Task
from resnet_variants.build import build
from resnet_variants.network import Network
from resnet_variants.streams import ComputedMixing, ManifoldMixing, StaticMixing, StreamsBlock, doubly_stochastic
from resnet_variants.trunks import MIXINGS

TINY = Task(image_shape=(1, 6, 6), num_classes=3)
STREAMS = 3
Numbers = list[float]


def network_of(name: str, *, seed: int = 0) -> Network:
    """A network for tiny images in fp64, in training mode."""
    made = build(parse(name), TINY, generator=torch.Generator().manual_seed(seed))
    assert isinstance(made, Network)
    return made.double()


def images(number: int = 4) -> Tensor:
    return torch.randn(number, *TINY.image_shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def unsettled(network: Network) -> Network:
    """The network with all weights moved, so that no coefficient stands where it starts."""
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for weight in network.parameters():
            weight += 0.1 * torch.randn(weight.shape, generator=generator, dtype=weight.dtype)
    return network


def normed(values: Tensor) -> Tensor:
    return values / (sum(value**2 for value in values) / len(values) + 1e-6).sqrt()


def slow_coefficients(mixing: nn.Module, streams: list[Tensor]) -> tuple[list[Tensor], list[list[Tensor]], list[Tensor]]:
    """p, R and q of one image, number by number."""
    places = range(len(streams))
    means = [torch.stack([channel.sum() / channel.numel() for channel in stream]) for stream in streams]
    if isinstance(mixing, ManifoldMixing):
        vector = normed(torch.cat(means))
        logits = [sum(weight * value for weight, value in zip(row, vector, strict=True)) for row in mixing.weight]
        reads = [1 / (1 + torch.exp(-(mixing.alphas[0] * logits[i] + mixing.read[i]))) for i in places]
        writes = [2 / (1 + torch.exp(-(mixing.alphas[1] * logits[len(places) + i] + mixing.write[i]))) for i in places]
        mixed = [
            [torch.exp(mixing.alphas[2] * logits[(2 + i) * len(places) + j] + mixing.mix[i][j]) for j in places] for i in places
        ]
        for _ in range(20):
            mixed = [[value / sum(row) for value in row] for row in mixed]
            mixed = [[value / sum(other[j] for other in mixed) for j, value in enumerate(row)] for row in mixed]
        return reads, mixed, writes
    assert isinstance(mixing, StaticMixing)
    eye = [[torch.tensor(float(i == j), dtype=torch.float64) for j in places] for i in places]
    reads, writes = list(mixing.read), list(mixing.write)
    mixed = eye if mixing.mix is None else [list(row) for row in mixing.mix]
    if isinstance(mixing, ComputedMixing):
        units = [normed(mean) for mean in means]
        reads = [reads[i] + mixing.read_scale * torch.tanh(mixing.weight[0] @ units[i]) for i in places]
        writes = [writes[i] + mixing.write_scale * torch.tanh(mixing.weight[1] @ units[i]) for i in places]
        mixed = [[mixed[i][j] + mixing.read_scale * torch.tanh(mixing.weight[2 + i] @ units[j]) for j in places] for i in places]
    return reads, mixed, writes


def slow_block(block: nn.Module, streams_by_image: list[list[Tensor]]) -> list[list[Tensor]]:
    """What leaves a block, stream by stream and image by image; only branch and what follows see a batch, for their norms."""
    assert isinstance(block, StreamsBlock)
    places = range(len(streams_by_image[0]))
    found = [slow_coefficients(block.mixing, streams) for streams in streams_by_image]
    read = [sum(p[i] * streams[i] for i in places) for (p, _, _), streams in zip(found, streams_by_image, strict=True)]
    branch = block.branch(torch.stack(read))
    paths = [block.shortcut(torch.stack(streams)) for streams in streams_by_image]
    joined = [
        sum(mixed[i][j] * path[j] for j in places) + q[i] * out
        for (_, mixed, q), path, out in zip(found, paths, branch, strict=True)
        for i in places
    ]
    flat = list(block.after(torch.stack(joined)))
    return [flat[start : start + len(places)] for start in range(0, len(flat), len(places))]


def slow_scores(network: Network, x_NCHW: Tensor) -> Tensor:
    streams = [[image] * STREAMS for image in network.stem[:-1](x_NCHW)]
    for block in network.blocks:
        streams = slow_block(block, streams)
    return network.head[1:](torch.stack([sum(image) / STREAMS for image in streams]))


def train(network: Network, scores_of: Callable[[Network, Tensor], Tensor], steps: int = 2) -> list[Tensor]:
    """Scores and gradients of a few steps of gradient descent."""
    seen = []
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05)
    for _ in range(steps):
        optimizer.zero_grad()
        scores = scores_of(network, images(2))
        F.cross_entropy(scores, torch.tensor([0, 1])).backward()
        seen += [scores.detach(), *(weight.grad.clone() for weight in network.parameters() if weight.grad is not None)]
        optimizer.step()
    return seen


@pytest.mark.parametrize("base", ["preresnet8:width=3", "resnet8:width=3"])
@pytest.mark.parametrize("mixing", MIXINGS)
def test_streams_train_as_the_formulas_say(base: str, mixing: str) -> None:
    name = f"{base},streams={STREAMS},mixing={mixing}"
    fast, slow = unsettled(network_of(name)), unsettled(network_of(name))
    for found, expected in zip(train(fast, nn.Module.__call__), train(slow, slow_scores), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(
    "base", ["preresnet14:width=4", "resnet14:ordering=bn-after", "preresnet14:shortcut=C", "preresnet11bn:width=4"]
)
@pytest.mark.parametrize(("mixing", "tolerance"), [("identity", 1e-12), ("hc-static", 1e-12), ("hc", 1e-12), ("mhc", 1e-4)])
def test_streams_start_as_the_residual_network(base: str, mixing: str, tolerance: float) -> None:
    separator = "," if ":" in base else ":"
    plain, streams = network_of(base), network_of(f"{base}{separator}streams=4,mixing={mixing}")
    with torch.no_grad():
        expected, found = plain(images(8)), streams(images(8))
    assert float((found - expected).norm() / expected.norm()) < tolerance


def test_a_single_stream_is_todays_network_and_has_no_other_name() -> None:
    assert parse("preresnet20:streams=1,mixing=hc-static,aggregate=none") == parse("preresnet20")
    assert create("preresnet20:streams=1").state_dict().keys() == create("preresnet20").state_dict().keys()


def test_weights_of_mhc_sum_to_one_and_so_do_their_products_after_training() -> None:
    # the last step is for columns; near the identity, twenty steps leave the sums of rows some thousandths off
    network = unsettled(network_of("preresnet14:width=4,streams=4,mixing=mhc"))
    train(network, nn.Module.__call__)
    found = []
    for block in network.blocks:
        block.mixing.register_forward_hook(lambda module, inputs, out: found.append(out.mix_NMM))  # type: ignore[union-attr]
    network(images())
    product_NMM = torch.eye(4, dtype=torch.float64)
    for mix_NMM in found:
        assert (mix_NMM > 0).all()
        assert (mix_NMM.sum(1) - 1).abs().max() < 1e-12 and (mix_NMM.sum(2) - 1).abs().max() < 0.01
        product_NMM = mix_NMM @ product_NMM
    assert len(found) == 6 and (product_NMM.sum(2) - 1).abs().max() < 0.02


@given(st.lists(st.floats(-200, 200), min_size=9, max_size=9))
def test_any_weights_become_finite_ones_whose_columns_sum_to_one(logits: Numbers) -> None:
    mixed = doubly_stochastic(torch.tensor(logits, dtype=torch.float64).reshape(1, 3, 3))
    assert mixed.isfinite().all() and (mixed.sum(1) - 1).abs().max() < 1e-9


@pytest.mark.parametrize("mixing", MIXINGS)
def test_a_first_step_at_110_layers_is_finite(mixing: str) -> None:
    network = network_of(f"preresnet110:width=4,streams=4,mixing={mixing}").float()
    F.cross_entropy(network(images().float()), torch.tensor([0, 1, 2, 0])).backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters())


@pytest.mark.slow
def test_streams_compute_the_same_compiled_and_with_channels_last() -> None:
    network = unsettled(network_of("preresnet8:width=4,streams=2,mixing=mhc"))
    expected = network(images())
    compiled = torch.compile(network, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(images()), expected)
    outputs = []
    network.to(memory_format=torch.channels_last).blocks.register_forward_hook(lambda module, inputs, out: outputs.append(out))
    torch.testing.assert_close(network(images().to(memory_format=torch.channels_last)), expected)
    assert outputs[0].is_contiguous(memory_format=torch.channels_last)


def test_streams_agree_with_a_published_implementation() -> None:
    reason = "hyper-connections is not installed: pip install 'residual-benchmarks[test]'"
    theirs = pytest.importorskip("hyper_connections.hyper_connections_channel_first", reason=reason)
    mine = unsettled(network_of(f"preresnet8:width=3,streams={STREAMS},mixing=hc")).blocks[0]
    assert isinstance(mine, StreamsBlock) and isinstance(mine.mixing, ComputedMixing) and mine.mixing.mix is not None
    other = theirs.HyperConnections(STREAMS, dim=3, branch=mine.branch, layer_index=1).double()
    weight = mine.mixing.weight.detach()[:, :, None, None]
    with torch.no_grad():
        other.static_alpha.copy_(torch.cat([mine.mixing.read[:, None], mine.mixing.mix.T], dim=1))
        other.static_beta.copy_(mine.mixing.write)
        other.dynamic_alpha_fn.weight.copy_(torch.cat([weight[:1], weight[2:]]))
        other.dynamic_beta_fn[0].weight.copy_(weight[1:2])
        other.dynamic_alpha_scale.copy_(mine.mixing.read_scale[0])
        other.dynamic_beta_scale.copy_(mine.mixing.write_scale[0])
    x_SCHW = torch.randn(4 * STREAMS, 3, 1, 1, dtype=torch.float64, requires_grad=True)  # of one pixel: per token is per image
    found, expected = (block(x_SCHW) for block in (mine.eval(), other.eval()))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)  # they add no epsilon in the norm
    gradients = [torch.autograd.grad(out.square().sum(), x_SCHW)[0] for out in (found, expected)]
    torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-4)


def test_sinkhorn_steps_agree_with_a_published_implementation() -> None:
    theirs = pytest.importorskip("hyper_connections.mHCv2", reason="hyper-connections is not installed")
    logits_NMM = 3 * torch.randn(5, 4, 4, generator=torch.Generator().manual_seed(0))
    expected = theirs.sinkhorn_knopps(logits_NMM.transpose(1, 2), iters=20).transpose(1, 2)  # they begin with the columns
    torch.testing.assert_close(doubly_stochastic(logits_NMM), expected)
    assert math.isclose(float(expected.sum()), 20, rel_tol=1e-5)
