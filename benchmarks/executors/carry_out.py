"""Run the missing trials and probes of a suite, and store their results."""

from collections.abc import Callable, Iterable
from contextlib import closing
from functools import partial

from benchmarks.executors.events import Checkpointed, Event, Executor, Finished, Job, Lost, Probed, Trained, not_measured
from benchmarks.executors.queue import Queue
from benchmarks.spec.probe import ProbeTask
from benchmarks.spec.suite import Suite, probes_of
from benchmarks.spec.trial import Trial
from benchmarks.store.files import write_whole
from benchmarks.store.mistakes import write_sheet
from benchmarks.store.out import Out
from benchmarks.store.strict_json import recordable
from benchmarks.store.trials import failed, to_json
from resnet_variants.source import ChangedSourceError, UnusableSourceError

UNUSABLE = {kind.__name__: kind for kind in (UnusableSourceError, ChangedSourceError)}


def carry_out(trials: Iterable[Trial], job: Job, out: Out, execute: Executor, on_event: Callable[[Event], None]) -> None:
    """Run the trials that are not done and store each result as it arrives; also the weights, if the job keeps them.

    Trials run seed by seed, so that a stopped run is fair, and per seed at one learning rate after the other, in the order of the first trials,
    then the controls; deep networks come first, so that no long trial is left for the end. A trial is done if it has results and, if the job
    keeps its weights, these exist; otherwise it runs again. Several runs may share a folder: a trial that another run has leased is left to it.
    """
    trials = list(trials)
    places = {recipe: place for place, recipe in enumerate(dict.fromkeys(trial.recipe for trial in trials))}
    ordered = sorted(trials, key=lambda trial: (trial.seed, bool(trial.control), places[trial.recipe], -trial.architecture.depth))
    with closing(Queue(ordered, job, out)) as queue:
        for event in execute(iter(queue), job):
            _refuse_unusable(event)
            outcome = queue.lost(event) if isinstance(event, Lost) else event
            if isinstance(outcome, Checkpointed):
                out.checkpoints.write(outcome.trial, outcome.state)
            elif isinstance(outcome, Trained):
                write_whole(out.weights(outcome.trial), outcome.weights)
            elif isinstance(outcome, Finished):
                outcome = Finished(result=recordable(outcome.result, to_json, partial(failed, outcome.result))[0])
                if not out.with_result([outcome.result.trial]):
                    out.trials.write(outcome.result)
                    if job.has_sheets:
                        write_sheet(out.sheet(outcome.result.trial), outcome.result, job.images)
                out.checkpoints.remove(outcome.result.trial)
                queue.ended(outcome.result.trial)
            on_event(outcome)


def draw_sheets(trials: Iterable[Trial], job: Job, out: Out) -> None:
    """Draw the missing sheets of trials that have their results from another study, if the report shows misclassified images."""
    for trial in trials if job.has_sheets else ():
        if not out.sheet(trial).exists() and (result := out.trials.find(trial)) is not None:
            write_sheet(out.sheet(trial), result, job.images)


def _refuse_unusable(event: Event) -> None:
    """Raise the error of a worker that cannot use a user's code, or found other code than was named: no trial of the plan can follow."""
    if isinstance(event, Finished | Probed):
        kind, _, words = event.result.detail.partition(": ")
        if event.result.status == "failed" and kind in UNUSABLE:
            raise UNUSABLE[kind](words)


def has_failed(trial: Trial, out: Out) -> bool:
    """Return whether a trial has failed with its network as it is defined now."""
    result = out.trials.find(trial)
    return result is not None and not result.has_result and not result.definition_changed


def missing_probes(suite: Suite, trials: Iterable[Trial], out: Out) -> list[tuple[Trial, str]]:
    """Return a suite's probes of these trials that have no result yet; those of deep networks first, because they take long."""
    missing = [(trial, probe) for trial, probe in probes_of(suite, trials) if out.probes.find(trial, probe) is None]
    return sorted(missing, key=lambda pair: -pair[0].architecture.depth)


def carry_out_probes(
    tasks: Iterable[tuple[Trial, str]], job: Job, out: Out, execute: Executor, on_event: Callable[[Event], None]
) -> None:
    """Run these probes and store each result as it arrives; skip trials whose weights do not exist."""
    with_paths = [(trial, probe, out.weights(trial)) for trial, probe in tasks]
    items = (ProbeTask(trial=trial, probe=probe, weights=path.read_bytes()) for trial, probe, path in with_paths if path.exists())
    for event in execute(items, job):
        _refuse_unusable(event)
        ended = not_measured(event.item, job, event.status, event.detail) if isinstance(event, Lost) else event
        if isinstance(ended, Probed):
            ended = Probed(result=out.probes.write(ended.result))
        on_event(ended)
