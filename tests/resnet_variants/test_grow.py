"""A block is put into a trained network without changing what it computes, near to that, or as if it were new."""

import pytest
import torch
from torch import Tensor, nn

from resnet_variants import Architecture, create, parse
from resnet_variants.architecture import Task
from resnet_variants.build import build
from resnet_variants.grow import can_be_identity, insert, insert_everywhere
from resnet_variants.network import Network
from resnet_variants.orderings import ORDERINGS

TASK = Task(image_shape=(1, 8, 8), num_classes=10)
X_NCHW = torch.randn(32, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def used(name: str) -> Network:
    """A network whose norms have seen images and whose weights are not their start."""
    network = build(parse(name), TASK, generator=torch.Generator().manual_seed(0))
    assert isinstance(network, Network)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    labels_N = torch.arange(32) % 10
    for _ in range(3):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(X_NCHW), labels_N).backward()
        optimizer.step()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    network(X_NCHW)  # the norms hold the statistics of these images now
    return network.eval()


@torch.no_grad()
def scores(network: nn.Module) -> Tensor:
    weight = next(network.parameters())
    found: Tensor = network(X_NCHW.to(weight.dtype))
    return found


def change(network: nn.Module, grown: nn.Module) -> float:
    """How far the scores moved, relative to their size."""
    before = scores(network)
    return float((scores(grown) - before).norm() / before.norm())


RESIDUAL = [
    *(f"resnet8:width=4,ordering={ordering}" for ordering in ("relu-before", "relu-only", "pre")),
    *(f"resnet8:width=4{more}" for more in ("", ",shortcut=A-centred", ",shortcut=B", ",shortcut=dropout")),
    "resnet11bn:width=4",
    "preresnet11bn:width=4",
    "resnext11_2x4d:width=4",
    "wrn_10_1",
]


@pytest.mark.parametrize("name", RESIDUAL)
@pytest.mark.parametrize("stage", [0, 2])
def test_a_zero_block_leaves_a_residual_network_as_it_is_to_the_last_bit(name: str, stage: int) -> None:
    network = used(name)
    assert torch.equal(scores(insert(network, stage, "zero")), scores(network))


@pytest.mark.parametrize(
    "more", ["ordering=bn-after", "shortcut=scaled", "shortcut=C", "shortcut=exclusive-gate", "shortcut=shortcut-gate"]
)
def test_a_zero_block_changes_a_network_whose_shortcut_is_altered_or_normalised(more: str) -> None:
    network = used(f"resnet8:width=4,{more}")
    assert change(network, insert(network, 1, "zero")) > 0.01


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_a_zero_block_makes_a_plain_network_forget_its_images(ordering: str) -> None:
    network = used(f"plain8:width=4,ordering={ordering}")
    grown = scores(insert(network, 0, "zero"))
    assert torch.allclose(grown, grown[:1].expand_as(grown), atol=1e-6)
    assert not torch.allclose(scores(network), scores(network)[:1].expand_as(grown), atol=1e-3)


@pytest.mark.parametrize("ordering", ["post", "bn-after", "relu-before"])
def test_the_identity_leaves_a_plain_network_as_it_is_but_for_rounding(ordering: str) -> None:
    network = used(f"plain8:width=4,ordering={ordering}")
    grown = insert_everywhere(network, "identity")
    assert 0 < grown.blocks_per_stage[0] == network.blocks_per_stage[0] + 1
    assert change(network, grown) < 1e-5
    measured = insert_everywhere(network, "identity", x_NCHW=X_NCHW)
    assert change(network, measured) < 1e-4
    # where norms take the statistics of the batch, only what was measured on these images stays near the identity
    assert change(network.train(), measured.train()) < 0.05 < change(network, grown.train())


@pytest.mark.parametrize("name", ["resnet8:width=4", "plain8:width=4,ordering=pre", "plain11bn:width=4"])
def test_what_cannot_be_the_identity_is_refused(name: str) -> None:
    assert not can_be_identity(parse(name))
    with pytest.raises(ValueError, match="use 'zero' for a residual block, which makes it the identity"):
        insert(used(name), 0, "identity")


@pytest.mark.parametrize("ordering", ["post", "relu-before", "relu-only", "pre"])
def test_a_residual_network_changes_in_proportion_to_gamma(ordering: str) -> None:
    network = used(f"resnet8:width=4,ordering={ordering}").double()
    changes = []
    for gamma in (1e-4, 1e-3):
        grown = insert(network, 1, gamma, x_NCHW=X_NCHW.double(), generator=torch.Generator().manual_seed(5))
        changes.append(change(network, grown))
    assert changes[1] / changes[0] == pytest.approx(10, rel=0.02)
    assert change(network, insert(network, 1, 0.0, generator=torch.Generator().manual_seed(5))) == 0


def test_a_plain_network_does_not_come_back_as_gamma_goes_to_zero() -> None:
    network = used("plain8:width=4")
    for gamma in (1e-3, 1e-2, 1.0):
        assert change(network, insert(network, 1, gamma, x_NCHW=X_NCHW, generator=torch.Generator().manual_seed(5))) > 0.05


@pytest.mark.parametrize(
    ("name", "deeper"), [("resnet20", "resnet26"), ("plain20", "plain26"), ("preresnet29bn", "preresnet38bn")]
)
def test_one_block_more_in_every_stage_is_the_next_depth(name: str, deeper: str) -> None:
    grown = insert_everywhere(used(name), 1.0)
    there = build(parse(deeper), TASK)
    assert isinstance(there, Network)
    shapes = [tuple(weight.shape) for weight in grown.parameters()]
    assert grown.blocks_per_stage == there.blocks_per_stage and shapes == [tuple(weight.shape) for weight in there.parameters()]


def test_the_block_stands_at_the_end_of_its_stage_and_the_network_stays_as_it_was() -> None:
    network = used("resnet20:width=4")
    before = {name: value.clone() for name, value in network.state_dict().items()}
    grown = insert(insert(network, 0, "zero"), 0, 0.5)
    assert (network.blocks_per_stage, grown.blocks_per_stage) == ((3, 3, 3), (5, 3, 3))
    assert [grown.blocks[place].branch[0].weight.abs().sum().item() == 0 for place in range(5)] == [
        False,
        False,
        False,
        True,
        False,
    ]
    assert grown.blocks[4].branch[4].weight.tolist() == [0.5] * 4  # the last norm
    after = network.state_dict()
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)
    assert not grown.training


def test_the_norms_of_a_new_block_hold_the_statistics_of_the_images() -> None:
    network = used("resnet8:width=4")
    grown = insert(network, 0, 1.0, x_NCHW=X_NCHW, generator=torch.Generator().manual_seed(5))
    branch = grown.blocks[1].branch
    with torch.no_grad():
        inputs = branch[0](network.blocks[0](network.stem(X_NCHW)))
    assert torch.allclose(branch[1].running_mean, inputs.mean((0, 2, 3)), atol=1e-6)
    assert torch.allclose(branch[1].running_var, inputs.var((0, 2, 3), correction=0), atol=1e-6)
    assert all(not module._forward_pre_hooks for module in grown.modules())


def test_imagenets_networks_grow_too() -> None:
    network = create("resnet18", num_classes=10).eval()
    assert isinstance(network, Network)
    x_NCHW = torch.randn(2, 3, 64, 64)
    grown = insert(network, 3, "zero")
    with torch.no_grad():
        assert torch.equal(grown(x_NCHW), network(x_NCHW))
    assert grown.blocks_per_stage == (2, 2, 2, 3)


@pytest.mark.parametrize(
    ("name", "stage", "init", "words"),
    [
        ("resnet8:width=4", 3, "zero", "stage must be from 0 to 2, got 3"),
        ("resnet8:width=4", -1, "zero", "stage must be from 0 to 2, got -1"),
        ("resnet8:width=4", 0, float("nan"), "init must be 'zero', 'zero-branch', 'identity' or a number, got nan"),
        ("resnet8:width=4", 0, "one", "got 'one'"),
        ("mlp_2x8", 0, "zero", "only into a network with stages, such as create"),
    ],
)
def test_what_cannot_be_inserted_is_refused(name: str, stage: int, init: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        insert(used(name), stage, init)


def test_every_listed_network_of_stages_knows_its_architecture() -> None:
    network = create("resnet20")
    assert isinstance(network, Network) and isinstance(network.architecture, Architecture)
    assert network.blocks_per_stage == network.architecture.blocks_per_stage
