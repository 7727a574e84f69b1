"""Injected: a checkpoint that is torn, empty, a pickle that would run code, another trial's, or one of another machine.

What must hold: it is not used, nothing in it is run, who watches reads why, and the trial's record is that of an undisturbed run.
"""

import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks.executors.events import Attempt, Checkpointed, Finished, Job, Note
from benchmarks.executors.worker import run_trial
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.trial import Trial
from benchmarks.store.checkpoints import CheckpointStore
from benchmarks.store.environment import Checkout, Environment
from benchmarks.training.batches import DeviceImages
from resnet_variants import parse


class Malicious:
    """Makes a folder where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., None], tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.fixture
def trial(tiny: Images) -> Trial:
    recipe = Recipe(epochs=4, batch_size=16, augment="crop-flip")
    return Trial(architecture=parse("resnet8:width=4,dropout=0.2,drop_path=0.3"), dataset=tiny.identity(), recipe=recipe, seed=0)


@pytest.fixture
def job(tiny: Images) -> Job:
    return Job(images=tiny, device="cpu", checkout=Checkout(commit=None, is_dirty=None), checkpoint_every=1)


@pytest.fixture
def images(tiny: Images) -> DeviceImages:
    return DeviceImages(tiny, torch.device("cpu"))


@pytest.fixture
def states(trial: Trial, job: Job, images: DeviceImages, environment: Environment) -> list[bytes]:
    """After the first, second and third epoch."""
    return [event.state for event in run_trial(Attempt(trial=trial), images, environment, job) if isinstance(event, Checkpointed)]


def test_every_state_goes_on_to_the_same_record(
    trial: Trial, job: Job, images: DeviceImages, environment: Environment, states: list[bytes]
) -> None:
    *_, whole = run_trial(Attempt(trial=trial), images, environment, job)
    assert isinstance(whole, Finished) and len(states) == 3
    for number, state in enumerate(states, start=1):
        torch.manual_seed(number)  # what a worker has drawn before does not matter
        events = list(run_trial(Attempt(trial=trial, checkpoint=state), images, environment, job))
        assert isinstance(events[-1], Finished) and events[-1].result.reproducible == whole.result.reproducible
        assert sum(isinstance(event, Checkpointed) for event in events) == 3 - number


@pytest.mark.parametrize("damage", ["empty", "torn", "a pickle", "another trial's", "another machine's", "other instructions"])
def test_what_is_no_state_of_the_trial_is_not_used(
    damage: str,
    trial: Trial,
    job: Job,
    images: DeviceImages,
    environment: Environment,
    states: list[bytes],
    tmp_path: Path,
) -> None:
    other, elsewhere, masked = (
        replace(trial, seed=1),
        replace(environment, processor="another"),
        replace(environment, instructions="others"),
    )
    made = {
        "empty": lambda: b"",
        "torn": lambda: states[1][:-9],
        "a pickle": lambda: pickle.dumps(Malicious(tmp_path / "it ran")),
        "another trial's": lambda: next(
            event.state for event in run_trial(Attempt(trial=other), images, environment, job) if isinstance(event, Checkpointed)
        ),
        "another machine's": lambda: next(
            event.state for event in run_trial(Attempt(trial=trial), images, elsewhere, job) if isinstance(event, Checkpointed)
        ),
        "other instructions": lambda: next(
            event.state for event in run_trial(Attempt(trial=trial), images, masked, job) if isinstance(event, Checkpointed)
        ),
    }
    *_, whole = run_trial(Attempt(trial=trial), images, environment, job)
    events = list(run_trial(Attempt(trial=trial, checkpoint=made[damage]()), images, environment, job))
    assert isinstance(events[0], Note) and "starts from scratch, because its checkpoint cannot be used: " in events[0].words
    assert isinstance(whole, Finished) and isinstance(events[-1], Finished)
    assert events[-1].result.reproducible == whole.result.reproducible
    assert not (tmp_path / "it ran").exists()


def test_a_store_gives_the_last_whole_state_and_tells_of_torn_ones(trial: Trial, states: list[bytes], tmp_path: Path) -> None:
    store = CheckpointStore(folder=tmp_path / "checkpoints")
    assert store.find(trial) is None
    for state in states:
        store.write(trial, state)
        assert store.find(trial) == state
    (path,) = store.folder.iterdir()  # the earlier ones are gone
    flipped = bytearray(states[-1])
    flipped[-1] ^= 1  # a number in it is another now, and it still reads
    path.write_bytes(flipped)
    assert store.find(trial) == b""
    store.remove(trial)
    assert store.find(trial) is None and list(store.folder.iterdir()) == []
