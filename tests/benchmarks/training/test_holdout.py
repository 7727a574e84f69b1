"""Held-out images: a trial that tunes never sees a test image, neither its pixels nor its label."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks.cli.plan import plan
from benchmarks.executors.events import Attempt, Finished, Job
from benchmarks.executors.lane_worker import Lanes
from benchmarks.executors.worker import Workplace
from benchmarks.spec.data_facts import HELD_OUT
from benchmarks.spec.division import divide
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import arms
from benchmarks.spec.trial import Trial
from benchmarks.store.mistakes import write_sheet
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult, from_json, to_json
from benchmarks.training.batches import DeviceImages
from benchmarks.training.trial_images import images_of

pytestmark = pytest.mark.usefixtures("as_a_worker")
RECIPE = Recipe(epochs=2, batch_size=16, schedule="one-cycle", warmup_fraction=0.2, augment="crop-flip")


def trials_of(images: Images, num_seeds: int = 2, recipe: Recipe = RECIPE, holdout: float = 0.2) -> list[Trial]:
    trials = plan(arms("resnet8:width=4", "mlp_2x16").values(), images, recipe, num_seeds)
    return [replace(trial, holdout=holdout) for trial in trials]


def alone(trial: Trial, job: Job) -> TrialResult:
    *_, last = Workplace(job).work(Attempt(trial=trial), job)
    assert isinstance(last, Finished)
    return last.result


def with_other_tests(images: Images) -> Images:
    """The same training images; the test images have other pixels and permuted labels."""
    random = np.random.default_rng(1)
    test = replace(
        images.test, images_NCHW=images.test.images_NCHW[::-1] ^ 255, labels_N=random.permutation(images.test.labels_N)
    )
    return replace(images, test=test)


def test_other_test_images_change_no_bit_of_its_record(tiny: Images, job: Job) -> None:
    other = with_other_tests(tiny)
    for trial in trials_of(tiny):
        one, again = alone(trial, job), alone(replace(trial, dataset=other.identity()), replace(job, images=other))
        assert one.status == "ok" and one.reproducible == again.reproducible and (one.data, one.cost) == (again.data, again.cost)
        ordinary, changed = (
            alone(replace(trial, holdout=0.0, dataset=images.identity()), replace(job, images=images)) for images in (tiny, other)
        )
        assert ordinary.reproducible != changed.reproducible  # an ordinary trial does see them


def test_it_is_the_trial_of_a_data_set_of_the_rest_tested_on_the_held_out_images(tiny: Images, job: Job) -> None:
    for trial in trials_of(tiny):
        division = divide(tiny.train.labels_N, 13, seed=trial.seed, purpose="holdout")
        rest = replace(tiny, train=tiny.train.part(division.kept_N), test=tiny.train.part(division.drawn_N))
        result = alone(trial, job)
        expected = alone(replace(trial, dataset=rest.identity(), holdout=0.0), replace(job, images=rest))
        assert result.reproducible == expected.reproducible
        assert (result.data.num_train, result.data.num_test) == (52, 13) == (52, len(result.predictions))
        assert HELD_OUT in result.data.in_words and from_json(to_json(result)) == result


def test_held_out_images_have_every_class_and_are_the_same_for_all_arms_of_a_seed(tiny: Images) -> None:
    whole = DeviceImages(tiny, torch.device("cpu"))
    held_out = {}
    for trial in trials_of(tiny, 3):
        images = images_of(whole, trial)
        assert images.test.rows_N is not None and images.train.rows_N is not None
        rows, kept = images.test.rows_N.tolist(), images.train.rows_N.tolist()
        assert sorted(rows + kept) == list(range(65)) and images.test.pixels is images.train.pixels is whole.train.pixels
        assert torch.equal(images.test.labels_N, whole.train.labels_N[rows])
        assert abs(np.bincount(images.test.labels_N) - np.bincount(tiny.train.labels_N) / 5).max() < 1
        assert held_out.setdefault(trial.seed, rows) == rows
    assert held_out[0] != held_out[1] != held_out[2]


def test_of_a_pool_the_seeds_own_training_images_are_held_out(tiny: Images, job: Job) -> None:
    pool = replace(tiny, name="tiny-splits", is_pool=True)
    for trial in trials_of(pool):
        own = pool.split(trial.seed)
        result = alone(trial, replace(job, images=pool))
        expected = alone(replace(trial, dataset=own.identity(), split=None), replace(job, images=own))
        assert result.status == "ok" and result.reproducible == expected.reproducible


def test_lanes_hold_out_as_processes_do(tiny: Images, job: Job) -> None:
    trials = trials_of(tiny, 3)
    lanes = Lanes(Workplace(job), replace(job, num_lanes=2))
    for ticket, trial in enumerate(trials):
        lanes.add(ticket, Attempt(trial=trial))
    found = {}
    while not lanes.is_idle:
        found |= {ticket: event.result for ticket, event in lanes.next_round() if isinstance(event, Finished)}
    assert [found[number].reproducible for number in range(6)] == [alone(trial, job).reproducible for trial in trials]


def test_its_epochs_are_those_of_the_images_that_are_left(tiny: Images, job: Job) -> None:
    """20 steps of 13 images: five epochs of the 52 that are left, where all 65 make four."""
    (trial, *_) = trials_of(tiny, 1, replace(RECIPE, epochs=None, iterations=20, batch_size=13))
    num_left = tiny.facts.of_trial(trial).num_train
    assert len(alone(trial, job).history) == trial.num_passes(num_left) == 5
    assert len(alone(replace(trial, holdout=0.0), job).history) == trial.num_passes(65) == 4
    long = replace(trial, recipe=replace(trial.recipe, iterations=400))
    assert replace(job, checkpoint_every=None).checkpoint_epochs(long) == -(-long.num_passes(num_left) // 10)


@pytest.mark.parametrize("holdout", [0.001, 0.98])
def test_a_fraction_that_holds_out_too_little_or_too_much_fails_with_its_numbers(tiny: Images, job: Job, holdout: float) -> None:
    (trial, *_) = trials_of(tiny, 1, holdout=holdout)
    result = alone(trial, job)
    assert result.status == "failed" and f"holdout {holdout} of 65 training images is" in result.detail
    assert "it must hold out at least 1 and leave at least 2; name another fraction" in result.detail


def test_no_test_label_and_no_sheet_belongs_to_it(tiny: Images, job: Job, out: Out) -> None:
    out.labels.write(tiny)
    (trial, *_) = trials_of(tiny, 1, holdout=20 / 65)  # as many as the test images
    result = alone(trial, job)
    assert len(result.predictions) == 20 and out.labels.of_trial(trial, 20) is None
    write_sheet(out.sheet(trial), replace(result, predictions=(0,) * 20), tiny)
    assert not out.sheet(trial).exists()
