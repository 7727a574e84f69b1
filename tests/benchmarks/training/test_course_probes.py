"""Probes of what courses say: ReLUs in place change nothing, and networks have the shapes that the courses state."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from benchmarks.probes import in_place, shapes
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.trial import Trial
from benchmarks.training.batches import DeviceImages
from benchmarks.training.loop import fresh_network
from benchmarks.training.probe_runner import Subject
from resnet_variants import parse

pytestmark = pytest.mark.usefixtures("as_a_worker")


def subject(tiny: Images, name: str) -> Subject:
    images = DeviceImages(tiny, torch.device("cpu"))
    trial = Trial(
        architecture=parse(name), dataset=tiny.identity(), recipe=Recipe(epochs=1, batch_size=16, normalise="unit"), seed=0
    )
    return Subject(network=fresh_network(trial, images).eval(), trial=trial, images=images)


@pytest.mark.parametrize(("name", "number"), [("lecture_identity_1x1", 2), ("lecture_resizing", 2), ("resnet8:width=4", 3)])
def test_relus_inside_branches_may_be_in_place_to_the_bit(tiny: Images, name: str, number: int) -> None:
    """The network itself stays as it is."""
    of = subject(tiny, name)
    before = {key: value.clone() for key, value in of.network.state_dict().items()}
    found = in_place.measure(of)
    assert found.values == {"in_place_change": 0.0} and found.rows == ({"relus_in_place": number},)
    assert all(torch.equal(value, before[key]) for key, value in of.network.state_dict().items())
    assert not any(module.inplace for module in of.network.modules() if isinstance(module, nn.ReLU)) or name.startswith("resnet")


def test_a_relu_in_place_that_the_shortcut_reads_is_found(tiny: Images) -> None:
    """In a branch that begins with a ReLU the shortcut would get what the ReLU wrote: torch refuses, and the probe fails."""
    of = subject(tiny, "lecture_identity_1x1")
    for block in of.network.get_submodule("blocks").children():
        block.branch = nn.Sequential(nn.ReLU(), *block.get_submodule("branch").children())
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        in_place.measure(of)


def test_a_network_without_branches_is_refused(tiny: Images) -> None:
    with pytest.raises(ValueError, match="needs a network with a ReLU inside a residual block, such as lecture_identity"):
        in_place.measure(subject(tiny, "mlp_2x16"))


def test_the_two_stage_network_has_the_slides_shapes_whatever_it_was_trained_on(tiny: Images) -> None:
    found = shapes.measure(subject(tiny, "lecture_two_stage"))
    assert found.values == {"shape_differences": 0.0}
    assert [(row["taught"], row["found"]) for row in found.rows] == [
        (shape, shape) for shape in ("64x112x112", "64x56x56", "128x28x28")
    ]


def test_another_shape_is_counted_and_other_networks_are_refused(tiny: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    of = subject(tiny, "lecture_two_stage")
    taught = shapes.TAUGHT["lecture_two_stage"]
    monkeypatch.setitem(shapes.TAUGHT, "lecture_two_stage", taught | {"stem.0": (64, 56, 56)})
    assert shapes.measure(of).values == {"shape_differences": 1.0}
    other = replace(of, trial=replace(of.trial, architecture=parse("resnet8")))
    with pytest.raises(ValueError, match="no course states the shapes of resnet8: have lecture_two_stage"):
        shapes.measure(other)
