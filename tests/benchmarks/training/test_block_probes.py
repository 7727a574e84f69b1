"""What probes read from blocks: how they start, and the angle and length of what they add."""

import math
from collections.abc import Callable
from importlib import import_module

import pytest
import torch

from benchmarks.probes.block_starts import log_slope
from benchmarks.spec.images import Images
from benchmarks.spec.probe import Findings
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.trial import Trial
from benchmarks.training.batches import DeviceImages
from benchmarks.training.loop import fresh_network
from benchmarks.training.probe_runner import Subject
from resnet_variants import parse
from resnet_variants.blocks import ResidualBlock

Measure = Callable[[str, str], Findings]


@pytest.fixture
def subject(tiny: Images) -> Callable[[str], Subject]:
    def subject(name: str) -> Subject:
        images = DeviceImages(tiny, torch.device("cpu"))
        trial = Trial(architecture=parse(name), dataset=tiny.identity(), recipe=Recipe(epochs=1, batch_size=16), seed=0)
        return Subject(network=fresh_network(trial, images).eval(), trial=trial, images=images)

    return subject


def found(subject: Subject, probe: str) -> Findings:
    findings: Findings = import_module(f"benchmarks.probes.{probe}").measure(subject)
    return findings


@pytest.mark.parametrize("name", ["preresnet8:width=4", "resnet8:width=4,ordering=bn-after", "resnet11bn:width=2"])
@pytest.mark.parametrize("option", ["branch_gain=skipinit", "zero_gamma=true"])
def test_blocks_with_a_zero_start_are_their_shortcuts(subject: Callable[[str], Subject], name: str, option: str) -> None:
    assert found(subject(f"{name},{option}"), "block_starts").values == {"start_change": 0.0, "branch_share_slope": None}
    usual = found(subject(name), "block_starts").values["start_change"]
    assert usual is not None and usual > 0.1


def test_the_share_of_a_branch_is_that_of_its_block(subject: Callable[[str], Subject]) -> None:
    """Block by block, by hand."""
    one = subject("preresnet14:width=4")
    rows = found(one, "block_starts").rows
    network, x_NCHW = one.fresh().train(), one.some_training_images()
    with torch.no_grad():
        x_NCHW = network.get_submodule("stem")(x_NCHW)
        for place, block in enumerate(network.get_submodule("blocks").children()):
            assert isinstance(block, ResidualBlock)
            branch_NCHW, path_NCHW = block.branch(x_NCHW), block.shortcut(x_NCHW)
            assert rows[place]["share"] == pytest.approx(float(branch_NCHW.norm() / path_NCHW.norm()), rel=1e-4)
            x_NCHW = branch_NCHW + path_NCHW
    assert len(rows) == 6


@pytest.mark.parametrize("slope", [-0.5, 0.0, 1.5])
def test_a_slope_is_that_of_a_power_law(slope: float) -> None:
    assert log_slope([3 * place**slope for place in range(1, 20)]) == pytest.approx(slope)
    assert log_slope([0.0, 1.0]) is None and log_slope([1.0]) is None


@pytest.mark.parametrize("base", ["preresnet14:width=4", "resnet14:width=4", "preresnet11bn:width=4"])
def test_an_orthogonal_join_adds_at_right_angles_and_addition_does_not(subject: Callable[[str], Subject], base: str) -> None:
    orthogonal, usual = (found(subject(name), "join_geometry") for name in (f"{base},join=orthogonal", base))
    for value in ("inner_product", "pythagoras_error"):
        assert math.isclose(float(orthogonal.values[value] or 0), 0, abs_tol=1e-5)
        assert float(usual.values[value] or 0) > 0.1
    assert len(orthogonal.rows) == len(usual.rows)


def test_without_norms_the_responses_are_those_of_convolutions(subject: Callable[[str], Subject]) -> None:
    assert len(found(subject("resnet8:width=4,norm=none"), "responses").rows) == 7  # behind each convolution's bias
    assert len(found(subject("resnet8:width=4,branch_gain=fixup,norm=none"), "responses").rows) == 7


@pytest.mark.parametrize("probe", ["additive_gradient", "block_starts", "join_geometry"])
def test_a_network_without_shortcuts_has_no_such_value(subject: Callable[[str], Subject], probe: str) -> None:
    assert set(found(subject("plain8:width=4"), probe).values.values()) == {None}
