"""With alternating flips every image is mirrored in every other epoch, and nothing else changes."""

from dataclasses import replace

import pytest
import torch

from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.trial import Trial
from benchmarks.store.environment import Environment
from benchmarks.training.batches import DeviceImages
from benchmarks.training.generators import mirrored_in
from benchmarks.training.loop import Training, fresh_network
from benchmarks.training.resume import restore, state_of
from resnet_variants import parse

RECIPE = Recipe(epochs=4, batch_size=16, augment="crop-alternating-flip")


def training(tiny: Images, recipe: Recipe, seed: int = 3, fraction: float = 1.0) -> Training:
    images = DeviceImages(tiny, torch.device("cpu"))
    trial = Trial(
        architecture=parse("resnet8:width=4"), dataset=tiny.identity(), recipe=recipe, seed=seed, train_fraction=fraction
    )
    return Training(trial, fresh_network(trial, images), images)


def mirrored(loop: Training) -> dict[int, int]:
    """Whether each row is mirrored in the next epoch."""
    return {int(row): int(flag) for draws_DB in loop.draw_epoch() for row, flag in zip(draws_DB[0], draws_DB[-1], strict=True)}


@pytest.mark.parametrize("fraction", [1.0, 0.5])
def test_an_image_is_mirrored_in_every_other_epoch(tiny: Images, fraction: float) -> None:
    loop = training(tiny, RECIPE, fraction=fraction)
    by_epoch = []
    for _ in range(4):
        by_epoch.append(mirrored(loop))
        loop.run_epoch()
    shared = set.intersection(*map(set, by_epoch))
    assert len(shared) > 25
    for row in shared:
        first, second, third, fourth = (epoch[row] for epoch in by_epoch)
        assert first == third != second == fourth
    assert 0.2 < sum(by_epoch[0].values()) / len(by_epoch[0]) < 0.8  # the coins differ


def test_coins_are_the_images_own_and_follow_the_seed() -> None:
    assert torch.equal(mirrored_in(0, 100, 0), mirrored_in(0, 100, 2))
    assert torch.equal(mirrored_in(0, 100, 0) + mirrored_in(0, 100, 1), torch.ones(100, dtype=torch.int64))
    assert not torch.equal(mirrored_in(0, 100, 0), mirrored_in(1, 100, 0))


def test_order_and_crops_are_those_of_independent_flips(tiny: Images) -> None:
    alternating, independent = (
        list(training(tiny, replace(RECIPE, augment=augment)).draw_epoch())  # type: ignore[arg-type]
        for augment in ("crop-alternating-flip", "crop-flip")
    )
    assert all(torch.equal(one[:-1], other[:-1]) for one, other in zip(alternating, independent, strict=True))
    assert not all(torch.equal(one[-1], other[-1]) for one, other in zip(alternating, independent, strict=True))


def test_a_resumed_trial_goes_on_with_the_next_side(tiny: Images, environment: Environment) -> None:
    whole, first = training(tiny, RECIPE), training(tiny, RECIPE)
    expected = [whole.run_epoch().train_loss for _ in range(4)]
    found = [first.run_epoch().train_loss for _ in range(2)]
    second = training(tiny, RECIPE)
    restore(second, state_of(first, environment), environment)
    found += [second.run_epoch().train_loss for _ in range(2)]
    assert found == expected
