"""Injected: SIGKILL of a process with several lanes, an error of the GPU, memory that is used up, a trial without end and one that hangs.

What must hold: what one lane did is no other trial's fault. Where any may be the cause each runs again alone, which counts as no retry; the others'
records are those of an undisturbed run; a trial that is stopped leaves its process to the others.
"""

import multiprocessing
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from benchmarks.cli.plan import plan
from benchmarks.cli.workers import Lanes, executor_of
from benchmarks.executors.carry_out import carry_out
from benchmarks.executors.events import Attempt, EpochDone, Event, Finished, Job, Note
from benchmarks.executors.worker import Workplace
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import arms
from benchmarks.spec.trial import Trial
from benchmarks.store.out import Out

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("as_a_worker")]
RECIPE = Recipe(epochs=4, batch_size=16, schedule="one-cycle", warmup_fraction=0.2)
SOUND = ("plain8:width=4", "resnet8:width=4", "mlp_2x16")
CUDA_ERROR = "CUDA error: an illegal memory access was encountered"
BAD_NETS = f"""
import time
from torch import nn

class Bad(nn.Module):
    def __init__(self, task, act):
        super().__init__()
        size = task.image_shape[0] * task.image_shape[1] * task.image_shape[2]
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(size, task.num_classes))
        self.act = act

    def forward(self, x):
        if self.training and x.shape[0] == 16:
            self.act()
        return self.layers(x)

def illegal():
    raise RuntimeError("{CUDA_ERROR}")

def used_up():
    raise RuntimeError("CUDA out of memory. Tried to allocate 1.00 TiB")

def broken(task):
    return Bad(task, illegal)

def greedy(task):
    return Bad(task, used_up)

def hanging(task):
    return Bad(task, lambda: time.sleep(1000))
"""


@pytest.fixture(autouse=True)
def bad_networks(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("nets")
    (folder / "bad_nets.py").write_text(BAD_NETS)
    monkeypatch.syspath_prepend(str(folder))
    yield
    sys.modules.pop("bad_nets", None)


def trials_of(tiny: Images, *names: str, epochs: int = 4) -> list[Trial]:
    return list(plan(arms(*names).values(), tiny, replace(RECIPE, epochs=epochs), 1))


class Watcher:
    """Keeps the events, and the processes that it sees; kills the process in epoch 2 of `victim`, as often as it is told to."""

    def __init__(self, victim: Trial | None = None, times: int = 0) -> None:
        self.victim, self.times = victim, times
        self.events: list[Event] = []
        self.processes: set[int | None] = set()

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        children = multiprocessing.active_children()
        self.processes |= {child.pid for child in children}
        at_work = isinstance(event, EpochDone) and event.epoch is not None and event.epoch.epoch == 2
        if self.times and at_work and isinstance(event, EpochDone) and event.trial == self.victim:
            self.times -= 1
            children[0].kill()

    @property
    def notes(self) -> list[str]:
        return [event.words for event in self.events if isinstance(event, Note)]


def run(trials: list[Trial], job: Job, out: Out, watcher: Watcher, num_lanes: int = 4) -> dict[Trial, tuple[str, str]]:
    """Run trials in lanes; return status and detail of each. No process stays behind."""
    carry_out(trials, job, out, executor_of(Lanes(num_lanes=num_lanes), 99), watcher)
    assert multiprocessing.active_children() == []
    found = {trial: out.trials.find(trial) for trial in trials}
    return {trial: (result.status, result.detail) for trial, result in found.items() if result}


def check_undisturbed(trials: list[Trial], job: Job, out: Out) -> None:
    for trial in trials:
        *_, ended = Workplace(job).work(Attempt(trial=trial), job)
        found = out.trials.find(trial)
        assert isinstance(ended, Finished) and found and found.reproducible == ended.result.reproducible


def test_a_process_that_is_killed_once_costs_no_trial_a_retry(tiny: Images, job: Job, out: Out) -> None:
    trials = trials_of(tiny, *SOUND, epochs=12)
    without_retries = replace(job, num_retries=0)
    watcher = Watcher(trials[0], times=1)
    assert set(run(trials, without_retries, out, watcher).values()) == {("ok", "")}
    again = [words for words in watcher.notes if words.endswith("(SIGKILL); it is run again by itself")]
    assert len(again) >= 2 and again == watcher.notes
    assert len(watcher.processes) == 2
    check_undisturbed(trials, job, out)


def test_the_one_whose_process_is_killed_again_and_again_fails_alone(tiny: Images, job: Job, out: Out) -> None:
    trials = trials_of(tiny, *SOUND, epochs=12)
    watcher = Watcher(trials[1], times=9)
    found = run(trials, job, out, watcher)
    assert found.pop(trials[1]) == ("failed", "the worker process ended with signal 9 (SIGKILL)")
    assert set(found.values()) == {("ok", "")}
    assert any("retry 1 of 1" in words for words in watcher.notes)


def test_an_error_of_the_gpu_is_that_trials_alone(tiny: Images, job: Job, out: Out) -> None:
    trials = trials_of(tiny, *SOUND, "bad_nets:broken")
    watcher = Watcher()
    found = run(trials, job, out, watcher)
    assert found.pop(trials[3]) == ("failed", f"RuntimeError: {CUDA_ERROR}")
    assert set(found.values()) == {("ok", "")}
    assert any(f"{CUDA_ERROR}; it is run again by itself" in words for words in watcher.notes)
    check_undisturbed(trials[:3], job, out)


def test_processes_end_with_such_an_error_too(tiny: Images, job: Job, out: Out) -> None:
    """After it every call of the process fails: the next trial must not find itself there."""
    trials = list(plan(arms("bad_nets:broken", *SOUND).values(), tiny, RECIPE, 2))
    watcher = Watcher()
    carry_out(trials, job, out, executor_of(1, 9), watcher)
    found = {trial: out.trials.find(trial) for trial in trials}
    for trial, result in found.items():
        assert result
        is_bad = trial.arm == trials[0].arm
        assert (result.status, result.detail) == (("failed", f"RuntimeError: {CUDA_ERROR}") if is_bad else ("ok", ""))
    assert len(watcher.processes) >= 3  # one for each try of the first seed, and on


def test_out_of_memory_is_recorded_only_of_a_trial_that_runs_alone(tiny: Images, job: Job, out: Out) -> None:
    trials = trials_of(tiny, *SOUND, "bad_nets:greedy", "plain14:width=4")
    watcher = Watcher()
    found = run(trials, job, out, watcher)
    assert found.pop(trials[3])[0] == "oom"
    assert set(found.values()) == {("ok", "")}
    assert sum("out of memory beside other trials; it is run again by itself" in words for words in watcher.notes) == 1


def test_a_trial_that_takes_too_long_leaves_its_process_to_the_others(tiny: Images, job: Job, out: Out) -> None:
    (long,), others = trials_of(tiny, SOUND[0], epochs=100_000), trials_of(tiny, *SOUND[1:], epochs=30)
    watcher = Watcher()
    found = run([long, *others], replace(job, timeout_seconds=6.0), out, watcher, num_lanes=2)
    assert found[long] == ("timeout", "it took longer than 6 s and was ended")
    assert [found[trial] for trial in others] == [("ok", "")] * 2
    assert len(watcher.processes) == 1


def test_one_that_hangs_takes_no_other_with_it(tiny: Images, job: Job, out: Out) -> None:
    """It holds up the lanes beside it, whose time does not count meanwhile; they run again."""
    trials = trials_of(tiny, SOUND[0], "bad_nets:hanging", SOUND[1], epochs=40)
    watcher = Watcher()
    found = run(trials, replace(job, timeout_seconds=8.0), out, watcher, num_lanes=3)
    assert found.pop(trials[1])[0] == "timeout"
    assert set(found.values()) == {("ok", "")}
    assert any("could not be stopped" in words for words in watcher.notes)
