"""Controls: a twin differs from its arm in its initial weights alone, and half of the labels that another is taught are wrong."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from benchmarks.cli.plan import plan
from benchmarks.executors.events import Attempt, Finished, Job
from benchmarks.executors.lane_worker import Lanes
from benchmarks.executors.worker import Workplace
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import arms, arms_on_parts
from benchmarks.spec.trial import HALF_WRONG, TWIN, Trial
from benchmarks.store.trials import TrialResult, from_json, to_json
from benchmarks.training.batches import DeviceImages
from benchmarks.training.loop import Training, evaluate, fresh_network
from benchmarks.training.trial_images import half_wrong, images_of

pytestmark = pytest.mark.usefixtures("as_a_worker")
CPU = torch.device("cpu")
RECIPE = Recipe(epochs=2, batch_size=16, schedule="one-cycle", warmup_fraction=0.2, augment="crop-flip")
ARMS = ("resnet8:width=4,dropout=0.3", "mlp_2x16", "lecture_identity")


def trials_of(images: Images, control: str, num_seeds: int = 2, recipe: Recipe = RECIPE) -> list[Trial]:
    return [replace(trial, control=control) for trial in plan(arms(*ARMS).values(), images, recipe, num_seeds)]


def alone(trial: Trial, job: Job) -> TrialResult:
    *_, last = Workplace(job).work(Attempt(trial=trial), job)
    assert isinstance(last, Finished)
    return last.result


def training_of(trial: Trial, images: Images) -> Training:
    view = images_of(DeviceImages(images, CPU), trial)
    return Training(trial, fresh_network(trial, view), view)


def weights_of(training: Training) -> list[Tensor]:
    return [weight.detach().clone() for weight in training.network.parameters() if weight.ndim > 1]


def test_a_twins_batches_are_the_arms_and_its_weights_are_not(tiny: Images) -> None:
    for trial in trials_of(tiny, TWIN):
        twin, arm = training_of(trial, tiny), training_of(replace(trial, control=""), tiny)
        assert not any(torch.equal(*pair) for pair in zip(weights_of(twin), weights_of(arm), strict=True))
        assert all(torch.equal(*pair) for pair in zip(weights_of(twin), weights_of(training_of(trial, tiny)), strict=True))
        assert twin.generators["dropout"].initial_seed() == arm.generators["dropout"].initial_seed()
        for _ in range(2):
            for mine, other in zip(twin.batches(), arm.batches(), strict=True):
                assert all(torch.equal(*pair) for pair in zip(mine, other, strict=True))


@pytest.mark.parametrize("control", [TWIN, HALF_WRONG])
def test_a_control_is_decided_by_its_seed_and_is_not_its_arm(tiny: Images, job: Job, control: str) -> None:
    for trial in trials_of(tiny, control):
        first, again, arm = (alone(one, job) for one in (trial, trial, replace(trial, control="")))
        assert first.status == "ok" and first.reproducible == again.reproducible != arm.reproducible
        assert from_json(to_json(first)) == first and first.data == arm.data


@pytest.mark.parametrize("number", [2, 3, 64, 65])
@pytest.mark.parametrize("num_classes", [2, 3, 10])
def test_exactly_half_of_the_labels_are_wrong_and_no_replaced_one_is_right(number: int, num_classes: int) -> None:
    labels_N = torch.arange(number) % num_classes
    taught = [half_wrong(labels_N, num_classes, seed) for seed in (0, 0, 1)]
    assert torch.equal(taught[0], taught[1]) and labels_N.tolist() == (torch.arange(number) % num_classes).tolist()
    for taught_N in taught:
        assert int((taught_N != labels_N).sum()) == number // 2
        assert taught_N.min() >= 0 and taught_N.max() < num_classes
    assert number < 64 or not torch.equal(taught[0], taught[2])


def test_every_other_class_is_taught_about_equally_often() -> None:
    labels_N = torch.zeros(9000, dtype=torch.int64)
    counts = torch.bincount(half_wrong(labels_N, 10, 0), minlength=10)
    assert counts[0] == 4500 and counts[1:].min() > 400 and counts[1:].max() < 600


def test_half_of_the_labels_of_a_part_of_the_images_are_wrong_too(tiny: Images) -> None:
    (trial,) = plan(arms_on_parts(["mlp_2x16"], [0.5]).values(), tiny, RECIPE, 1)
    training = training_of(replace(trial, control=HALF_WRONG), tiny)
    rows_N = training.rows_N
    assert len(rows_N) == 32 and int((training.images.taught_N != training.images.train.labels_N)[rows_N].sum()) == 16


def test_wrong_labels_are_taught_and_right_ones_evaluated(tiny: Images, job: Job) -> None:
    """It trains as on a data set with the wrong labels, to the bit; its training error at the end is that on the right ones."""
    for trial in trials_of(tiny, HALF_WRONG):
        training = training_of(trial, tiny)
        wrong = replace(tiny, train=replace(tiny.train, labels_N=training.images.taught_N.numpy()))
        result = alone(trial, job)
        taught = alone(replace(trial, control="", dataset=wrong.identity()), replace(job, images=wrong))
        assert result.final and taught.final and result.predictions == taught.predictions
        assert [replace(epoch, train_seconds=0, eval_seconds=0) for epoch in result.history] == [
            replace(epoch, train_seconds=0, eval_seconds=0) for epoch in taught.history
        ]
        while not training.is_finished:
            training.run_epoch()
        own = DeviceImages(tiny, CPU)
        right = evaluate(training.network, own, own.train, RECIPE)
        assert (result.final.train_error_pct, result.final.train_loss) == (right.error_pct, right.loss)
        assert result.final.train_error_pct != taught.final.train_error_pct


def test_controls_share_the_split_of_their_seed(tiny: Images, job: Job) -> None:
    pool = replace(tiny, name="tiny-splits", is_pool=True)
    for control in ("", TWIN, HALF_WRONG):
        for trial in trials_of(pool, control):
            own = pool.split(trial.seed)
            result = alone(trial, replace(job, images=pool))
            expected = alone(replace(trial, dataset=own.identity(), split=None), replace(job, images=own))
            assert result.status == "ok" and result.reproducible == expected.reproducible
    (half, *_) = trials_of(tiny, HALF_WRONG)
    result = alone(replace(half, holdout=0.2), job)
    assert result.status == "ok" and result.data.num_train == 52


def test_lanes_train_controls_beside_their_arms(tiny: Images, job: Job) -> None:
    trials = [replace(trial, control=control) for trial in trials_of(tiny, "", 2) for control in ("", TWIN, HALF_WRONG)]
    lanes = Lanes(Workplace(job), replace(job, num_lanes=3))
    for ticket, trial in enumerate(trials):
        lanes.add(ticket, Attempt(trial=trial))
    found = {}
    while not lanes.is_idle:
        found |= {ticket: event.result for ticket, event in lanes.next_round() if isinstance(event, Finished)}
    assert [found[number].reproducible for number in range(len(trials))] == [alone(trial, job).reproducible for trial in trials]
