"""The probe of streams against numbers taken by hand, and which probes say that they cannot read several tensors."""

from collections.abc import Callable
from importlib import import_module

import pytest
import torch

from benchmarks.spec.images import Images
from benchmarks.spec.probe import Findings
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.trial import Trial
from benchmarks.training.batches import DeviceImages
from benchmarks.training.loop import Training, fresh_network
from benchmarks.training.probe_runner import Subject
from resnet_variants import parse
from resnet_variants.streams import StreamsBlock

RECIPE = Recipe(epochs=3, batch_size=16, schedule="one-cycle", warmup_fraction=0.2)
OF_ONE_TENSOR = (
    "additive_gradient",
    "block_forms",
    "block_starts",
    "growing",
    "join_geometry",
    "lesions",
    "many_lesions",
    "nesting",
    "perturbation",
    "regression",
    "separation",
    "zero_block",
    "zero_branch",
)
OF_SEVERAL = ("gradients", "in_place", "loss_surface", "probabilities", "responses")
NAMES = tuple(f"preresnet8:width=4,{option}" for option in ("streams=3,mixing=mhc", "streams=2", "aggregate=attention"))
Train = Callable[[str], Subject]


@pytest.fixture(scope="module")
def train(tiny: Images) -> Train:
    """A network, trained for a moment, once."""
    images = DeviceImages(tiny, torch.device("cpu"))
    known: dict[str, Subject] = {}

    def train(name: str) -> Subject:
        if name not in known:
            trial = Trial(architecture=parse(name), dataset=tiny.identity(), recipe=RECIPE, seed=0)
            training = Training(trial, fresh_network(trial, images), images)
            while not training.is_finished:
                training.run_epoch()
            known[name] = Subject(network=training.network.eval(), trial=trial, images=images)
        return known[name]

    return train


def measure(probe: str, subject: Subject) -> Findings:
    found = import_module(f"benchmarks.probes.{probe}").measure(subject)
    assert isinstance(found, Findings)
    return found


def test_static_weights_are_read_from_the_blocks_and_multiplied(train: Train) -> None:
    subject = train(NAMES[1])
    mixed = [block.mixing.mix.detach().double() for block in subject.network.blocks if isinstance(block, StreamsBlock)]  # type: ignore[union-attr]
    product = mixed[2] @ mixed[1] @ mixed[0]
    values, rows = measure("mixing", subject).values, measure("mixing", subject).rows
    assert values["mixing_gain"] == pytest.approx(float(product.abs().sum(1).max()))
    assert values["mixing_row_error"] == pytest.approx(max(float((mix.sum(1) - 1).abs().max()) for mix in mixed))
    assert values["mixing_column_error"] == pytest.approx(max(float((mix.sum(0) - 1).abs().max()) for mix in mixed))
    assert [row["block"] for row in rows] == [1, 2, 3] and rows[-1]["gain_so_far"] == values["mixing_gain"]
    assert values["streams_start_change"] is not None and values["streams_start_change"] < 1e-12


def test_weights_of_mhc_sum_to_one(train: Train) -> None:
    values = measure("mixing", train(NAMES[0])).values
    assert values["mixing_column_error"] < 1e-5 and values["mixing_row_error"] < 0.05  # type: ignore[operator]
    assert values["mixing_gain"] == pytest.approx(1, abs=0.05)


def test_networks_without_streams_have_no_mixing(train: Train) -> None:
    with pytest.raises(ValueError, match="needs a network of several streams"):
        measure("mixing", train(NAMES[2]))


@pytest.mark.parametrize("probe", OF_ONE_TENSOR)
@pytest.mark.parametrize("name", NAMES[1:])
def test_a_probe_that_cannot_read_several_tensors_says_so_by_name(probe: str, name: str, train: Train) -> None:
    with pytest.raises(ValueError, match=f"{name} passes on several"):
        measure(probe, train(name))


@pytest.mark.parametrize("probe", OF_SEVERAL)
@pytest.mark.parametrize("name", NAMES[1:])
def test_other_probes_read_several_tensors(probe: str, name: str, train: Train) -> None:
    assert all(value is not None for value in measure(probe, train(name)).values.values())
