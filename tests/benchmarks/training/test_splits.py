"""A trial's own images: its seed's split of a pool, which is on the device only once."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.cli.plan import plan
from benchmarks.cli.workers import Lanes as LanesOf
from benchmarks.cli.workers import executor_of
from benchmarks.executors.carry_out import carry_out
from benchmarks.executors.events import Attempt, Checkpointed, Finished, Job
from benchmarks.executors.lane_worker import Lanes
from benchmarks.executors.worker import Workplace
from benchmarks.spec.images import Images
from benchmarks.spec.probe import ProbeTask
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import arms
from benchmarks.spec.trial import Trial
from benchmarks.store.environment import Environment
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult
from benchmarks.training.batches import DeviceImages
from benchmarks.training.loop import Training, evaluate, fresh_network
from benchmarks.training.pixels import Pixels
from benchmarks.training.probe_runner import run_probe
from benchmarks.training.resume import weights_of
from benchmarks.training.steps import Steps
from benchmarks.training.trial_images import images_of

pytestmark = pytest.mark.usefixtures("as_a_worker")
CPU = torch.device("cpu")
RECIPE = Recipe(epochs=2, batch_size=16, schedule="one-cycle", warmup_fraction=0.2, augment="crop-flip")
AUGMENTED = [
    {"augment": "none"},
    {"augment": "crop-flip", "normalise": "pixel-mean"},
    {"augment": "reflect-crop-flip"},
    {"augment": "enlarge-crop"},
]


@pytest.fixture(scope="module")
def pool(tiny: Images) -> Images:
    return replace(tiny, name="tiny-splits", is_pool=True)


@pytest.fixture
def pool_job(pool: Images, job: Job) -> Job:
    return replace(job, images=pool)


def trials_of(images: Images, num_seeds: int = 3, recipe: Recipe = RECIPE) -> list[Trial]:
    return list(plan(arms("resnet8:width=4", "mlp_2x16").values(), images, recipe, num_seeds))


def alone(trial: Trial, job: Job) -> TrialResult:
    *_, last = Workplace(job).work(Attempt(trial=trial), job)
    assert isinstance(last, Finished)
    return last.result


def in_lanes(trials: list[Trial], job: Job, num_lanes: int) -> list[TrialResult]:
    """The results of trials in the lanes of this process, in their order."""
    lanes = Lanes(Workplace(job), replace(job, num_lanes=num_lanes))
    for ticket, trial in enumerate(trials):
        lanes.add(ticket, Attempt(trial=trial))
    found: dict[int, TrialResult] = {}
    while not lanes.is_idle:
        for ticket, event in lanes.next_round():
            if isinstance(event, Finished):
                found[ticket] = event.result
    return [found[ticket] for ticket in range(len(trials))]


@pytest.mark.parametrize("changes", AUGMENTED)
def test_a_seed_trains_on_its_split_as_on_a_data_set_of_these_images(
    pool: Images, pool_job: Job, changes: dict[str, object]
) -> None:
    """To the bit: normalised by the seed's own training images, and tested on its own test images."""
    recipe = replace(RECIPE, **changes)  # type: ignore[arg-type]
    for trial in trials_of(pool, 2, recipe):
        own = pool.split(trial.seed)
        result = alone(trial, pool_job)
        expected = alone(replace(trial, dataset=own.identity(), split=None), replace(pool_job, images=own))
        assert result.status == "ok" and result.reproducible == expected.reproducible
        assert len(result.predictions) == result.data.num_test == 20 and result.data.num_train == 65


@pytest.mark.parametrize("num_lanes", [1, 2, 4])
def test_lanes_train_different_splits_at_once_on_one_copy_of_the_pool(
    pool: Images, pool_job: Job, monkeypatch: pytest.MonkeyPatch, num_lanes: int
) -> None:
    """A lane that takes over another seed of its network takes its split over, too: no step is made again."""
    trials = trials_of(pool)
    expected = [alone(trial, pool_job).reproducible for trial in trials]
    made = {Pixels: count(), Steps: count()}
    for kind, number in made.items():
        build = kind.__init__

        def counted(
            self: object, *args: object, build: Callable[..., None] = build, number: object = number, **more: object
        ) -> None:
            next(number)  # type: ignore[call-overload]
            build(self, *args, **more)

        monkeypatch.setattr(kind, "__init__", counted)
    assert [result.reproducible for result in in_lanes(trials, pool_job, num_lanes)] == expected
    assert next(made[Pixels]) == 1
    assert next(made[Steps]) < len(trials)


@pytest.mark.parametrize(("holdout", "control"), [(0.0, ""), (0.2, ""), (0.0, "twin"), (0.0, "half-wrong")])
def test_a_trial_resumes_on_its_own_images_to_the_bit(pool: Images, pool_job: Job, holdout: float, control: str) -> None:
    keeping = replace(pool_job, checkpoint_every=1)
    trial = replace(trials_of(pool, 2)[-2], holdout=holdout, control=control)
    *told, whole = Workplace(keeping).work(Attempt(trial=trial), keeping)
    (state,) = [event.state for event in told if isinstance(event, Checkpointed)]
    *_, resumed = Workplace(keeping).work(Attempt(trial=trial, checkpoint=state), keeping)
    assert isinstance(whole, Finished) and isinstance(resumed, Finished)
    assert resumed.result.status == "ok" and resumed.result.reproducible == whole.result.reproducible


def test_a_split_that_is_not_the_seeds_own_is_refused(pool: Images, pool_job: Job, tiny: Images, job: Job) -> None:
    first, other = trials_of(pool, 2)[0], trials_of(pool, 2)[-1]
    for trial, refusing in ((replace(first, split=other.split), pool_job), (replace(first, split=None), pool_job), (first, job)):
        result = alone(trial, refusing)
        assert result.status == "failed" and "seed 0 divides tiny" in result.detail and "plan the trial again" in result.detail
    assert (
        result.detail
        == f"ValueError: the trial's split is {first.split}, but seed 0 divides tiny into None: plan the trial again"
    )


def test_a_pool_that_is_not_divided_trains_nothing(pool: Images) -> None:
    images = DeviceImages(pool, CPU)
    trial = trials_of(pool, 1)[0]
    with pytest.raises(AssertionError, match="a pool needs the view of the trial"):
        Training(trial, fresh_network(trial, images), images)


def test_probes_see_the_split_of_the_trial(pool: Images, environment: Environment) -> None:
    images = DeviceImages(pool, CPU)
    for trial in trials_of(pool, 2)[::2]:
        network = fresh_network(trial, images_of(images, trial)).eval()
        task = ProbeTask(trial=trial, probe="probabilities", weights=weights_of(network))
        findings = run_probe(task, images, environment).findings
        own = DeviceImages(pool.split(trial.seed), CPU)
        probabilities_NK = np.array(findings.arrays["probabilities"]).reshape(20, 3)
        assert probabilities_NK.argmax(1).tolist() == list(evaluate(network, own, own.test, RECIPE).predictions)


@pytest.mark.slow
def test_processes_and_lanes_keep_the_same_records_and_labels_that_give_the_seeds_own(
    pool: Images, pool_job: Job, tmp_path: Path
) -> None:
    trials = trials_of(pool)
    found = []
    for name, workers in (("processes", 2), ("lanes", LanesOf(num_lanes=3))):
        out = Out(tmp_path / name)
        out.prepare()
        out.labels.write(pool)
        carry_out(trials, replace(pool_job, has_sheets=True), out, executor_of(workers, len(trials)), lambda event: None)
        found.append([out.trials.find(trial) for trial in trials])
        assert sorted(out.sheet(trial).exists() for trial in trials if trial.seed) == [False] * 4
        assert all(out.sheet(trial).exists() for trial in trials if not trial.seed)
    for one, other in zip(*found, strict=True):
        assert one and other and one.reproducible == other.reproducible and one.final
        labels = out.labels.of_trial(one.trial, one.data.num_test)
        assert labels == tuple(pool.split(one.trial.seed).test.labels_N.tolist())
        wrong = sum(label != predicted for label, predicted in zip(labels, one.predictions, strict=True))
        assert one.final.test_error_pct == pytest.approx(100 * wrong / 20)
