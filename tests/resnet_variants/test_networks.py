"""Networks are those of the papers: counts, orderings and shortcuts against published tables and slow, obvious versions."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from resnet_variants import Architecture, create, name_of, parse
from resnet_variants.block_kinds import BlockKind
from resnet_variants.blocks import WORDS, ResidualBlock, Shape, Word, ZeroPad, block
from resnet_variants.build import build
from resnet_variants.joins import Add
from resnet_variants.orderings import ORDERINGS, parse_ordering
from resnet_variants.shortcuts import SHORTCUTS

# He et al. 2015, table 6, counted exactly; plain networks have the parameters of residual ones with option A
PUBLISHED_PARAMETERS = {
    "plain20": 269_722,
    "plain32": 464_154,
    "plain44": 658_586,
    "plain56": 853_018,
    "plain110": 1_727_962,
    "resnet20": 269_722,
    "resnet32": 464_154,
    "resnet44": 658_586,
    "resnet56": 853_018,
    "resnet110": 1_727_962,
    "resnet1202": 19_421_274,
    "resnet20:shortcut=B": 272_474,
    "resnet32:shortcut=B": 466_906,
    "resnet44:shortcut=B": 661_338,
    "resnet56:shortcut=B": 855_770,
    "resnet110:shortcut=B": 1_730_714,
    "resnet1202:shortcut=B": 19_424_026,
    "preresnet20:shortcut=B": 272_282,
    "preresnet56:shortcut=B": 855_578,
    "preresnet110:shortcut=B": 1_730_522,
}


@pytest.mark.parametrize(("name", "published"), PUBLISHED_PARAMETERS.items())
def test_parameters_are_as_published(name: str, published: int) -> None:
    assert sum(weight.numel() for weight in create(name).parameters()) == published


def a_block(*, ordering: str = "post", shortcut: str = "A", gate_bias: float = 0.0) -> nn.Module:
    """A basic block of four channels that keeps its shape, from the middle of a network."""
    architecture = Architecture(depth=8, width=4, ordering=ordering, shortcut=shortcut, gate_bias=gate_bias)
    return block(architecture, Shape(in_channels=4, inner_channels=4, out_channels=4), place=2)


def parts(module: nn.Module) -> list[nn.Module]:
    """What stands for words, in order: the children of sequences and blocks, and theirs."""
    if isinstance(module, nn.Sequential | ResidualBlock):
        return [part for child in module.children() for part in parts(child)]
    return [] if isinstance(module, nn.Identity | Add) else [module]


def apply(words: str, modules: list[nn.Module], x_NCHW: Tensor) -> Tensor:
    """The obvious version: each word in turn, on tensors of its own."""
    for word in words.split():
        module = modules.pop(0)
        assert isinstance(module, nn.Conv2d if word == "conv" else type(WORDS[word].make(4)))
        x_NCHW = F.relu(x_NCHW) if word == "relu" else module(x_NCHW.clone())
    return x_NCHW


# He et al. 2016, figure 4, spelled out for a basic block: what the branch does, and what follows the addition
SPELLED_OUT = {
    "post": ("conv bn relu conv bn", "relu"),
    "bn-after": ("conv bn relu conv", "bn relu"),
    "relu-before": ("conv bn relu conv bn relu", ""),
    "relu-only": ("relu conv bn relu conv bn", ""),
    "pre": ("bn relu conv bn relu conv", ""),
}


@pytest.mark.parametrize("shortcut", ["none", "A"])
@pytest.mark.parametrize("name", ORDERINGS)
def test_a_block_does_its_words_in_order(name: str, shortcut: str) -> None:
    torch.manual_seed(0)
    built = a_block(ordering=name, shortcut=shortcut)
    x_NCHW = torch.randn(3, 4, 5, 5)
    before, after = SPELLED_OUT[name]
    modules = parts(built)
    expected = apply(before, modules, x_NCHW)
    expected = apply(after, modules, expected + x_NCHW if shortcut == "A" else expected)
    assert modules == []
    torch.testing.assert_close(built(x_NCHW.clone()), expected)


@pytest.mark.parametrize("shortcut", SHORTCUTS)
@pytest.mark.parametrize("ordering", ORDERINGS)
@pytest.mark.parametrize("base", ["resnet8", "resnet11bn"])
def test_every_combination_trains(base: str, ordering: str, shortcut: str) -> None:
    network = create(f"{base}:ordering={ordering},shortcut={shortcut},width=4", num_classes=5, in_channels=1)
    scores_NK = network(torch.randn(4, 1, 8, 8))
    assert scores_NK.shape == (4, 5)
    scores_NK.sum().backward()
    assert all(weight.grad is not None for weight in network.parameters())


def test_the_input_of_a_block_is_not_written_over() -> None:
    for ordering in ORDERINGS:
        built = a_block(ordering=ordering)
        x_NCHW = torch.randn(2, 4, 4, 4)
        kept = x_NCHW.clone()
        built(x_NCHW)
        assert torch.equal(x_NCHW, kept)


def test_option_a_takes_every_second_pixel_and_adds_zeros() -> None:
    x_NCHW = torch.randn(2, 3, 5, 4)
    expected = torch.zeros(2, 7, 3, 2)
    for row in range(3):
        for column in range(2):
            expected[:, :3, row, column] = x_NCHW[:, :, 2 * row, 2 * column]
    assert torch.equal(ZeroPad(Shape(in_channels=3, inner_channels=7, out_channels=7, stride=2))(x_NCHW), expected)


def test_a_pre_activation_trunk_closes_with_the_activation_and_its_first_block_leaves_it_to_the_stem() -> None:
    network = create("preresnet8")
    assert [type(module).__name__ for module in network.stem] == ["Conv2d", "BatchNorm2d", "ReLU"]
    assert isinstance(network.blocks[0].branch[0], nn.Conv2d)
    assert [type(module).__name__ for module in network.head][:2] == ["BatchNorm2d", "ReLU"]


def test_the_same_generator_gives_the_same_weights() -> None:
    weights = [build(parse("resnet8"), generator=torch.Generator().manual_seed(seed)).state_dict() for seed in (1, 1, 2)]
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])
    assert not torch.equal(weights[0]["stem.0.weight"], weights[2]["stem.0.weight"])


def test_weights_have_the_spread_of_he_initialisation() -> None:
    weight = create("resnet8:width=64").blocks[0].branch[0].weight
    assert weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.02)


@pytest.mark.parametrize("line", ["conv bn relu", "conv | bn | relu", "bn | relu", "conv conv |", "bn | conv"])
def test_a_line_of_words_that_is_no_ordering_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="exactly one"):
        parse_ordering(line)


def test_every_word_of_every_ordering_is_known() -> None:
    for name in ORDERINGS:
        assert name_of(parse(f"resnet8:ordering={name}"))
        create(f"resnet8:ordering={name}")


def test_a_new_word_is_a_line_and_works_in_every_kind_of_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(WORDS, "gelu", Word(make=lambda channels: nn.GELU()))
    monkeypatch.setitem(WORDS, "gn", Word(make=lambda channels: nn.GroupNorm(2, channels), normalises=True))
    monkeypatch.setitem(ORDERINGS, "mine", parse_ordering("conv gn gelu | gelu"))
    for base in ("plain8", "resnet8", "resnet11bn"):
        shortcut = "none" if base == "plain8" else "B"
        network = create(f"{base}:ordering=mine,shortcut={shortcut},width=4")
        assert network(torch.randn(2, 3, 8, 8)).shape == (2, 10)
    kinds = [type(module) for module in network.blocks[0].shortcut]  # of the projection: a norm, no activation
    assert kinds == [nn.Conv2d, nn.GroupNorm]


@pytest.mark.parametrize("base", ["plain8", "resnet8"])
def test_a_word_that_needs_its_output_again_is_not_overwritten(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The derivative of tanh is taken from what it put out."""
    monkeypatch.setitem(WORDS, "tanh", Word(make=lambda channels: nn.Tanh()))
    monkeypatch.setitem(ORDERINGS, "mine", parse_ordering("conv tanh | relu"))
    network = create(f"{base}:ordering=mine,shortcut={'none' if base == 'plain8' else 'A'},width=4")
    network(torch.randn(2, 3, 8, 8)).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


@given(
    block=st.sampled_from(["basic", "bottleneck"]),
    blocks=st.integers(1, 4),
    ordering=st.sampled_from(list(ORDERINGS)),
    shortcut=st.sampled_from(list(SHORTCUTS)),
    stem_width=st.sampled_from([None, 3]),
)
def test_the_depth_is_the_number_of_layers(
    block: BlockKind, blocks: int, ordering: str, shortcut: str, stem_width: int | None
) -> None:
    """Convolutions and the linear layer, those beside a branch apart: He et al. 2015, section 4.2."""
    depth = (6 if block == "basic" else 9) * blocks + 2
    architecture = Architecture(depth=depth, width=2, block=block, ordering=ordering, shortcut=shortcut, stem_width=stem_width)
    layers = [
        where
        for where, module in build(architecture).named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear) and not {"shortcut", "gate"} & set(where.split("."))
    ]
    assert len(layers) == depth
    assert sum(architecture.blocks_per_stage) == 3 * blocks
