"""Whole runs: in workers, resumed, with workers that are lost; the same records whatever happens."""

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from benchmarks.cli.plan import plan
from benchmarks.cli.workers import executor_of
from benchmarks.executors.carry_out import carry_out, draw_sheets
from benchmarks.executors.events import Attempt, Event, Finished, Job, not_measured
from benchmarks.executors.local import execute
from benchmarks.executors.worker import run_trial
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import arms
from benchmarks.store.environment import Environment
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult
from benchmarks.training.batches import DeviceImages

RECIPE = Recipe(epochs=2, batch_size=16, schedule="one-cycle", warmup_fraction=0.2)
ARMS = list(arms("plain8:width=4", "resnet8:width=4", "plain14:width=4").values())


def without_times(result: TrialResult) -> TrialResult:
    history = tuple(replace(epoch, train_seconds=0.0, eval_seconds=0.0) for epoch in result.history)
    return replace(result, history=history, finished_at=None)


def test_the_plan_has_every_arm_for_a_seed_then_the_next_seed(tiny: Images) -> None:
    trials = plan([*ARMS, ARMS[0]], tiny, RECIPE, 2)
    assert [(trial.seed, trial.arm) for trial in trials] == [(seed, arm) for seed in (0, 1) for arm in ARMS]


@pytest.mark.slow
def test_workers_give_the_bits_of_a_serial_run(tiny: Images, job: Job, out: Out, environment: Environment) -> None:
    trials = plan(ARMS, tiny, RECIPE, 2)
    events: list[Event] = []
    carry_out(trials, replace(job, has_sheets=True), out, executor_of(2, 9), events.append)
    images = DeviceImages(tiny, torch.device("cpu"))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for trial in trials:
            *_, serial = run_trial(Attempt(trial=trial), images, environment, job)
            assert isinstance(serial, Finished)
            pooled = out.trials.find(trial)
            assert pooled is not None
            assert without_times(pooled) == without_times(serial.result)
    finally:
        torch.set_num_threads(threads)
    assert sum(isinstance(event, Finished) for event in events) == 6
    left = Counter((path.suffix, "-s0-" in path.name) for path in out.trials.folder.iterdir())
    assert left == {(".json", True): 3, (".json", False): 3, (".png", True): 3}  # a sheet of mistakes for seed 0


@pytest.mark.slow
def test_a_second_run_trains_only_what_is_missing(tiny: Images, job: Job, out: Out) -> None:
    carry_out(plan(ARMS[:2], tiny, RECIPE, 1), job, out, executor_of(1, 9), lambda event: None)
    kept = {path.name: path.stat().st_mtime_ns for path in out.trials.folder.iterdir()}
    trials = plan(ARMS, tiny, RECIPE, 1)
    events: list[Event] = []
    carry_out([trial for trial in trials if trial not in out.with_result(trials)], job, out, executor_of(1, 9), events.append)
    assert {event.result.trial.arm for event in events if isinstance(event, Finished)} == {ARMS[2]}
    assert kept.items() <= {path.name: path.stat().st_mtime_ns for path in out.trials.folder.iterdir()}.items()


def test_sheets_are_drawn_for_reports_that_show_them_also_of_results_that_are_there(tiny: Images, job: Job, out: Out) -> None:
    trials = plan(ARMS[:1], tiny, RECIPE, 2)
    carry_out(trials, job, out, executor_of(1, 9), lambda event: None)
    draw_sheets(trials, job, out)
    assert [out.sheet(trial).exists() for trial in trials] == [False, False]
    draw_sheets(trials, replace(job, has_sheets=True), out)
    assert [out.sheet(trial).exists() for trial in trials] == [True, False]
    later = out.sheet(trials[0]).read_bytes()
    out.trials.path(trials[0]).unlink()
    out.sheet(trials[0]).unlink()
    carry_out(trials[:1], replace(job, has_sheets=True), out, executor_of(1, 9), lambda event: None)
    assert out.sheet(trials[0]).read_bytes() == later


def test_stopping_in_the_middle_leaves_no_process(tiny: Images, job: Job) -> None:
    trials = plan(ARMS, tiny, replace(RECIPE, epochs=1000), 1)
    events = execute(iter([Attempt(trial=trial) for trial in trials]), job, 2)
    assert isinstance(events, Iterator)
    next(events)
    assert multiprocessing.active_children()
    events.close()
    assert multiprocessing.active_children() == []


@pytest.mark.slow
def test_a_trial_that_another_run_failed_at_meanwhile_is_left_at_that(tiny: Images, job: Job, out: Out) -> None:
    trials = plan(ARMS, tiny, RECIPE, 1)
    failed = not_measured(Attempt(trial=trials[0]), job, "failed", "the other run's words")
    assert isinstance(failed, Finished)

    def executor(items: Iterator[Attempt | None], job: Job) -> Iterator[Event]:
        out.trials.write(failed.result)  # after this run began
        yield from execute(items, job, 1)

    carry_out(trials, job, out, executor, lambda event: None)
    assert out.trials.find(trials[0]) == failed.result and len(out.with_result(trials)) == len(trials) - 1
    carry_out(trials, job, out, executor_of(1, 9), lambda event: None)  # one that is asked to try it again does
    assert len(out.with_result(trials)) == len(trials)


@pytest.mark.slow
def test_two_runs_on_one_folder_share_the_work(tiny: Images, job: Job, out: Out) -> None:
    trials = plan(ARMS, tiny, RECIPE, 1)
    events: list[Event] = []
    with out.trials.lease(trials[0]) as is_mine:
        assert is_mine

        def on_event(event: Event) -> None:
            """The other run ends its trial while this one waits for it."""
            events.append(event)
            if sum(isinstance(event, Finished) for event in events) == 2:
                made = next(event.result for event in events if isinstance(event, Finished))
                out.trials.write(replace(made, trial=trials[0]))

        carry_out(trials, job, out, executor_of(1, 9), on_event)
    assert {event.result.trial for event in events if isinstance(event, Finished)} == set(trials[1:])
