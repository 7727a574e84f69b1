"""Injected: SIGKILL of the worker that trains a trial, again and again or late in a long one, and a trial without end.

What must hold: the trial is tried again with the same seed, from its checkpoint where it has one and to the bits of an undisturbed run, or has
failed or timed out with a record that says so; the others go on; no process stays behind. The user reads which trial was lost and by what.
"""

import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.cli.plan import plan
from benchmarks.cli.workers import executor_of
from benchmarks.executors.carry_out import carry_out
from benchmarks.executors.events import EpochDone, Event, Job, Note
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import arms
from benchmarks.spec.trial import Arm
from benchmarks.store.out import Out

pytestmark = pytest.mark.slow
LIMIT_SECONDS = 5.0  # of a trial: two epochs take well under one on an idle core
RECIPE = Recipe(epochs=2, batch_size=16, schedule="one-cycle", warmup_fraction=0.2)
ARMS = list(arms("plain8:width=4", "resnet8:width=4", "plain14:width=4").values())


class Killer:
    """Kills the worker of each trial of `victim` in its epoch `epoch`, as often as it is told to."""

    def __init__(self, victim: Arm, epoch: int, times: int) -> None:
        self.victim, self.epoch, self.times = victim, epoch, times
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        at_work = isinstance(event, EpochDone) and event.trial.arm == self.victim and event.epoch is not None
        if self.times and at_work and isinstance(event, EpochDone) and event.epoch and event.epoch.epoch == self.epoch:
            self.times -= 1
            (child,) = multiprocessing.active_children()
            child.kill()


def test_a_worker_that_is_killed_loses_its_trial_and_the_others_go_on(tiny: Images, job: Job, out: Out) -> None:
    trials = plan(ARMS, tiny, replace(RECIPE, epochs=12), 1)
    killer = Killer(ARMS[0], epoch=2, times=9)
    carry_out(trials, job, out, executor_of(1, 9), killer)
    found = {trial.arm: out.trials.find(trial) for trial in trials}
    assert {arm: result.status for arm, result in found.items() if result} == dict(zip(ARMS, ["failed", "ok", "ok"], strict=True))
    assert found[ARMS[0]] and found[ARMS[0]].detail == "the worker process ended with signal 9 (SIGKILL)"
    assert len(out.with_result(trials)) == 2
    notes = [event.words for event in killer.events if isinstance(event, Note)]
    assert notes == ["the worker process ended with signal 9 (SIGKILL); retry 1 of 1"]


@pytest.mark.parametrize("every", [None, 3])
def test_a_lost_trial_goes_on_from_its_checkpoint_to_the_same_bits(
    tiny: Images, job: Job, out: Out, tmp_path: Path, every: int | None
) -> None:
    """With dropout, crops and momentum: whatever a trial depends on is in its state."""
    dropped = list(arms("resnet8:width=4,dropout=0.3").values())
    (trial,) = plan(dropped, tiny, replace(RECIPE, epochs=20, augment="crop-flip"), 1)
    killer = Killer(dropped[0], epoch=8, times=1)
    carry_out([trial], replace(job, checkpoint_every=every), out, executor_of(1, 1), killer)
    epochs = [event.epoch.epoch for event in killer.events if isinstance(event, EpochDone) and event.epoch]
    last = 8 if every is None else 6  # a tenth of twenty is two
    assert epochs[-(20 - last) :] == list(range(last + 1, 21)) and epochs.count(1) == 1
    undisturbed = Out(tmp_path / "undisturbed")
    undisturbed.prepare()
    carry_out([trial], replace(job, checkpoint_every=0), undisturbed, executor_of(1, 1), lambda event: None)
    resumed, whole = out.trials.find(trial), undisturbed.trials.find(trial)
    assert resumed and whole and resumed.reproducible == whole.reproducible
    assert list((tmp_path / "checkpoints").iterdir()) == []


def test_a_trial_that_takes_too_long_is_ended_and_the_others_go_on(tiny: Images, job: Job, out: Out) -> None:
    long, short = (plan(ARMS[:1], tiny, replace(RECIPE, epochs=epochs), 1)[0] for epochs in (100_000, 2))
    carry_out([long, short], replace(job, timeout_seconds=LIMIT_SECONDS), out, executor_of(1, 2), lambda event: None)
    ended, other = out.trials.find(long), out.trials.find(short)
    assert ended and (ended.status, ended.detail) == ("timeout", f"it took longer than {LIMIT_SECONDS:g} s and was ended")
    assert other and other.status == "ok"
    assert multiprocessing.active_children() == []
