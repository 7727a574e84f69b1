"""From a suite to its records: which trials there are, which are missing, and carrying these out."""

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


def carry_out(trials: Iterable[Trial], job: Job, out: Out, execute: Executor, on_event: Callable[[Event], None]) -> None:
    """Run the trials that are not done yet and keep each result as it comes; with a job that keeps weights, these too.

    Seed by seed, so that a run that is stopped is fair, and of a seed the deep networks first, so that no worker is left with one at the end.
    A trial is done when it is measured, and where the job keeps weights, when they are there: then a trial whose record is there runs
    again for its weights alone. Several runs may work on one folder: a trial that another is at is left to it.
    """
    ordered = sorted(trials, key=lambda trial: (trial.seed, -trial.architecture.depth))
    with closing(Queue(ordered, job, out)) as queue:
        for event in execute(iter(queue), job):
            known = queue.lost(event) if isinstance(event, Lost) else event
            if isinstance(known, Checkpointed):
                out.checkpoints.write(known.trial, known.state)
            elif isinstance(known, Trained):
                write_whole(out.weights(known.trial), known.weights)
            elif isinstance(known, Finished):
                known = Finished(result=recordable(known.result, to_json, partial(failed, known.result))[0])
                if not out.with_result([known.result.trial]):
                    out.trials.write(known.result)
                    write_sheet(out.sheet(known.result.trial), known.result, job.images)
                out.checkpoints.remove(known.result.trial)
                queue.ended(known.result.trial)
            on_event(known)


def has_failed(trial: Trial, out: Out) -> bool:
    """Whether a trial has failed as it would again: with the words and paths of its network made of what they are made of now."""
    found = out.trials.find(trial)
    return found is not None and not found.has_result and not found.definition_changed


def missing_probes(suite: Suite, trials: Iterable[Trial], out: Out) -> list[tuple[Trial, str]]:
    """What a suite asks of these trials and has no answer to yet; the long ones first, so that no worker is left with one at the end."""
    asked = [(trial, probe) for trial, probe in probes_of(suite, trials) if out.probes.find(trial, probe) is None]
    return sorted(asked, key=lambda pair: -pair[0].architecture.depth)


def carry_out_probes(
    tasks: Iterable[tuple[Trial, str]], job: Job, out: Out, execute: Executor, on_event: Callable[[Event], None]
) -> None:
    """Ask these probes of these trained trials and keep each result as it comes; those whose weights are not there are left out."""
    wanted = [(trial, probe, out.weights(trial)) for trial, probe in tasks]
    asked = (ProbeTask(trial=trial, probe=probe, weights=path.read_bytes()) for trial, probe, path in wanted if path.exists())
    for event in execute(asked, job):
        ended = not_measured(event.item, job, event.status, event.detail) if isinstance(event, Lost) else event
        if isinstance(ended, Probed):
            ended = Probed(result=out.probes.write(ended.result))
        on_event(ended)
