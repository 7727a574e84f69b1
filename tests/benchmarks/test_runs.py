"""Whole runs: in workers, resumed, with workers that are lost; the same records whatever happens."""

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks.batches import DeviceImages
from benchmarks.data import Images
from benchmarks.executors import Attempt, Event, Finished, Job, Note, Progress
from benchmarks.executors.local import execute
from benchmarks.executors.work import run_trial
from benchmarks.machine import Checkout, Environment
from benchmarks.recipe import Recipe
from benchmarks.records import Store, TrialResult
from benchmarks.study import carry_out, measured, plan
from benchmarks.suite import arms_named
from benchmarks.trial import Arm
from benchmarks.workers import executor_of

RECIPE = Recipe(epochs=2, batch_size=16, schedule="one-cycle", warmup_fraction=0.2)
ARMS = list(arms_named(["plain8:width=4", "resnet8:width=4", "plain14:width=4"]).values())


def without_times(result: TrialResult) -> TrialResult:
    return replace(result, history=tuple(replace(epoch, train_seconds=0.0, eval_seconds=0.0) for epoch in result.history))


@pytest.fixture
def job(tiny: Images) -> Job:
    return Job(images=tiny, device="cpu", checkout=Checkout(commit=None, is_dirty=None))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(folder=tmp_path / "trials")
    store.prepare()
    return store


def test_the_plan_has_every_arm_for_a_seed_then_the_next_seed(tiny: Images) -> None:
    trials = plan([*ARMS, ARMS[0]], tiny, RECIPE, 2).trials
    assert [(trial.seed, trial.arm) for trial in trials] == [(seed, arm) for seed in (0, 1) for arm in ARMS]


def test_workers_give_the_bits_of_a_serial_run(tiny: Images, job: Job, store: Store, environment: Environment) -> None:
    trials = plan(ARMS, tiny, RECIPE, 2).trials
    events: list[Event] = []
    carry_out(trials, job, store, executor_of(2, 9), events.append)
    images = DeviceImages(tiny, torch.device("cpu"))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for trial in trials:
            *_, serial = run_trial(Attempt(trial=trial), images, environment, job)
            assert isinstance(serial, Finished)
            pooled = store.find(trial)
            assert pooled is not None
            assert without_times(pooled) == without_times(serial.result)
    finally:
        torch.set_num_threads(threads)
    assert sum(isinstance(event, Finished) for event in events) == 6
    left = Counter((path.suffix, "-s0-" in path.name) for path in store.folder.iterdir())
    assert left == {(".json", True): 3, (".json", False): 3, (".png", True): 3}  # a sheet of mistakes for seed 0


def test_a_second_run_trains_only_what_is_missing(tiny: Images, job: Job, store: Store) -> None:
    carry_out(plan(ARMS[:2], tiny, RECIPE, 1).trials, job, store, executor_of(1, 9), lambda event: None)
    kept = {path.name: path.stat().st_mtime_ns for path in store.folder.iterdir()}
    trials = plan(ARMS, tiny, RECIPE, 1).trials
    events: list[Event] = []
    carry_out([trial for trial in trials if trial not in measured(trials, store)], job, store, executor_of(2, 9), events.append)
    assert {event.result.trial.arm for event in events if isinstance(event, Finished)} == {ARMS[2]}
    assert kept.items() <= {path.name: path.stat().st_mtime_ns for path in store.folder.iterdir()}.items()


class Killer:
    """Kills the worker of each trial of `victim` in its epoch `epoch`, as often as it is told to."""

    def __init__(self, victim: Arm, epoch: int, times: int) -> None:
        self.victim, self.epoch, self.times = victim, epoch, times
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        at_work = isinstance(event, Progress) and event.trial.arm == self.victim and event.epoch is not None
        if self.times and at_work and isinstance(event, Progress) and event.epoch and event.epoch.epoch == self.epoch:
            self.times -= 1
            (child,) = multiprocessing.active_children()
            child.kill()


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_its_trial_and_the_others_go_on(tiny: Images, job: Job, store: Store) -> None:
    trials = plan(ARMS, tiny, replace(RECIPE, epochs=12), 1).trials
    killer = Killer(ARMS[0], epoch=2, times=9)
    carry_out(trials, job, store, executor_of(1, 9), killer)
    found = {trial.arm: store.find(trial) for trial in trials}
    assert {arm: result.status for arm, result in found.items() if result} == dict(zip(ARMS, ["failed", "ok", "ok"], strict=True))
    assert found[ARMS[0]] and found[ARMS[0]].detail == "the worker process ended with signal 9 (SIGKILL)"
    assert len(measured(trials, store)) == 2
    notes = [event.words for event in killer.events if isinstance(event, Note)]
    assert notes == ["plain8:width=4 seed 0: the worker process ended with signal 9 (SIGKILL); it is tried again (1 of 1)"]


@pytest.mark.slow
@pytest.mark.parametrize("every", [None, 3])
def test_a_lost_trial_goes_on_from_its_checkpoint_to_the_same_bits(
    tiny: Images, job: Job, store: Store, tmp_path: Path, every: int | None
) -> None:
    """With dropout, crops and momentum: whatever a trial depends on is in its state."""
    arms = list(arms_named(["resnet8:width=4,dropout=0.3"]).values())
    (trial,) = plan(arms, tiny, replace(RECIPE, epochs=20, augment="crop-flip"), 1).trials
    killer = Killer(arms[0], epoch=8, times=1)
    carry_out([trial], replace(job, checkpoint_every=every), store, executor_of(1, 1), killer)
    epochs = [event.epoch.epoch for event in killer.events if isinstance(event, Progress) and event.epoch]
    last = 8 if every is None else 6  # a tenth of twenty is two
    assert epochs[-(20 - last) :] == list(range(last + 1, 21)) and epochs.count(1) == 1
    undisturbed = Store(folder=tmp_path / "undisturbed" / "trials")
    undisturbed.prepare()
    carry_out([trial], replace(job, checkpoint_every=0), undisturbed, executor_of(1, 1), lambda event: None)
    resumed, whole = store.find(trial), undisturbed.find(trial)
    assert resumed and whole and without_times(resumed) == without_times(whole)
    assert list((tmp_path / "checkpoints").iterdir()) == []


@pytest.mark.slow
def test_a_trial_that_takes_too_long_is_ended_and_the_others_go_on(tiny: Images, job: Job, store: Store) -> None:
    long, short = (plan(ARMS[:1], tiny, replace(RECIPE, epochs=epochs), 1).trials[0] for epochs in (100_000, 2))
    carry_out([long, short], replace(job, timeout_seconds=2.0), store, executor_of(1, 2), lambda event: None)
    ended, other = store.find(long), store.find(short)
    assert ended and (ended.status, ended.detail) == ("timeout", "it took longer than 2 s and was ended")
    assert other and other.status == "ok"
    assert multiprocessing.active_children() == []


def test_stopping_in_the_middle_leaves_no_process(tiny: Images, job: Job) -> None:
    trials = plan(ARMS, tiny, replace(RECIPE, epochs=1000), 1).trials
    events = execute(iter([Attempt(trial=trial) for trial in trials]), job, 2)
    assert isinstance(events, Iterator)
    next(events)
    assert multiprocessing.active_children()
    events.close()
    assert multiprocessing.active_children() == []


def test_two_runs_on_one_folder_share_the_work(tiny: Images, job: Job, store: Store) -> None:
    trials = plan(ARMS, tiny, RECIPE, 1).trials
    events: list[Event] = []
    with store.claim(trials[0]) as is_mine:
        assert is_mine

        def on_event(event: Event) -> None:
            """The other run ends its trial while this one waits for it."""
            events.append(event)
            if sum(isinstance(event, Finished) for event in events) == 2:
                made = next(event.result for event in events if isinstance(event, Finished))
                store.write(replace(made, trial=trials[0]))

        carry_out(trials, job, store, executor_of(1, 9), on_event)
    assert {event.result.trial for event in events if isinstance(event, Finished)} == set(trials[1:])
