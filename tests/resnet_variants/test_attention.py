"""Attention over depth against a slow version written from the formulas, pixel by pixel."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.measuring.cost import count_cost
from resnet_variants import parse
from resnet_variants.architecture import Task
from resnet_variants.attention import Attend, SourcesBlock
from resnet_variants.build import build
from resnet_variants.network import Network
from resnet_variants.trunks import num_sources

TINY = Task(image_shape=(1, 5, 5), num_classes=3)
FORMS = ("attention", "attention-full", "mean")


def network_of(name: str) -> Network:
    """A network for tiny images in fp64, in training mode, with all weights moved from where they start."""
    generator = torch.Generator().manual_seed(0)
    made = build(parse(name), TINY, generator=generator)
    assert isinstance(made, Network)
    with torch.no_grad():
        for weight in made.double().parameters():
            weight += 0.1 * torch.randn(weight.shape, generator=generator, dtype=weight.dtype)
    return made


def images() -> Tensor:
    return torch.randn(3, *TINY.image_shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def slow_read(reader: nn.Module, sources: list[Tensor]) -> Tensor:
    """The average of the sources, each N C H W, at each pixel."""
    if not isinstance(reader, Attend):
        return torch.stack(sources).sum(0) / len(sources)
    weight_C = reader.weight.flatten()
    logits = [
        (weight_C[:, None, None] * source).sum(1) / ((source**2).sum(1) / source.shape[1] + 1e-6).sqrt() for source in sources
    ]
    total = sum(torch.exp(logit) for logit in logits)
    return sum((torch.exp(logit) / total)[:, None] * source for logit, source in zip(logits, sources, strict=True))


def slow_scores(network: Network, x_NCHW: Tensor) -> Tensor:
    """The stem's output and the sums of stages, or a stage's input and its branches, kept as a list of tensors."""
    architecture = network.architecture
    assert architecture is not None
    sources, blocks = [network.stem(x_NCHW)], iter(network.blocks)
    for num_blocks in architecture.blocks_per_stage:
        for number in range(num_blocks):
            block = next(blocks)
            assert isinstance(block, SourcesBlock)
            read = slow_read(block.read, sources)
            branch = block.branch(read)
            if number == 0:
                kept = [read] if architecture.aggregate == "attention-full" else sources
                sources = [*map(block.shortcut, kept), branch]
            elif architecture.aggregate == "attention-full":
                sources = [*sources, branch]
            else:
                sources = [*sources[:-1], sources[-1] + branch]
    return network.head[1:](slow_read(network.head[0], sources))


def train(network: Network, scores_of: Callable[[Network, Tensor], Tensor]) -> list[Tensor]:
    """Scores and gradients of a few steps of gradient descent."""
    seen = []
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05)
    for _ in range(3):
        optimizer.zero_grad()
        scores = scores_of(network, images())
        F.cross_entropy(scores, torch.tensor([0, 1, 2])).backward()
        seen += [scores.detach(), *(weight.grad.clone() for weight in network.parameters() if weight.grad is not None)]
        optimizer.step()
    return seen


@pytest.mark.parametrize("base", ["preresnet14:width=3", "preresnet20bn:width=2,shortcut=A-centred"])
@pytest.mark.parametrize("form", FORMS)
def test_blocks_read_as_the_formulas_say(base: str, form: str) -> None:
    name = f"{base},aggregate={form}"
    for found, expected in zip(train(network_of(name), nn.Module.__call__), train(network_of(name), slow_scores), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-10)


def test_attention_starts_as_the_mean_and_both_with_the_weights_of_the_residual_network() -> None:
    made = {
        form: build(parse(f"preresnet14:aggregate={form}"), TINY, generator=torch.Generator().manual_seed(0)) for form in FORMS
    }
    x_NCHW = images().float()
    torch.testing.assert_close(made["attention"](x_NCHW), made["mean"](x_NCHW))
    residual = build(parse("preresnet14"), TINY, generator=torch.Generator().manual_seed(0))
    for mine, theirs in zip(made["mean"].parameters(), residual.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_blocks_have_the_sources_of_their_stage() -> None:
    block_form, full = parse("preresnet20:aggregate=attention"), parse("preresnet20:aggregate=attention-full")
    assert [num_sources(block_form, place) for place in range(1, 11)] == [1, 2, 2, 2, 3, 3, 3, 4, 4, 4]
    assert [num_sources(full, place) for place in range(1, 11)] == [1, 2, 3, 4, 2, 3, 4, 2, 3, 4]


def test_a_block_costs_a_weight_per_channel_and_so_does_the_head() -> None:
    residual, attention, mean = (
        count_cost(parse(name), TINY) for name in ("preresnet20", "preresnet20:aggregate=attention", "preresnet20:aggregate=mean")
    )
    assert attention.params - residual.params == (4 * 16 + 3 * 32 + 2 * 64) + 64
    assert mean == residual and attention.counted_by == residual.counted_by
    # a multiply-add per value of each source; the first block of a stage reads at the shape of the stage before
    sources = {(16, 5): 1 + 2 + 2 + 2, (32, 3): 3 + 3 + 3, (64, 2): 4 + 4 + 4}
    assert attention.macs - residual.macs == sum(number * channels * side**2 for (channels, side), number in sources.items())


@pytest.mark.parametrize("form", FORMS)
def test_a_first_step_at_110_layers_is_finite(form: str) -> None:
    network = build(parse(f"preresnet110:width=4,aggregate={form}"), TINY, generator=torch.Generator().manual_seed(0))
    F.cross_entropy(network(images().float()), torch.tensor([0, 1, 2])).backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters())


@pytest.mark.slow
def test_attention_computes_the_same_compiled_and_with_channels_last() -> None:
    network = network_of("preresnet14:width=4,aggregate=attention-full")
    expected = network(images())
    compiled = torch.compile(network, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(images()), expected)
    outputs: list[Tensor] = []
    network.to(memory_format=torch.channels_last).blocks.register_forward_hook(lambda module, inputs, out: outputs.append(out))
    torch.testing.assert_close(network(images().to(memory_format=torch.channels_last)), expected)
    assert outputs[0].is_contiguous(memory_format=torch.channels_last)
