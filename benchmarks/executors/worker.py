"""The work of a worker: run a work item and yield its events, the last of which holds its result. Loads torch.

Every error in a trial becomes a result: out of memory, or failed with the error's message. Only an error after which the GPU answers no more ends
the process.
"""

import gc
import traceback
from collections.abc import Generator, Iterator

import torch

from benchmarks.executors.events import Attempt, Checkpointed, EpochDone, Event, Finished, Job, Note, Probed, Trained, WorkItem
from benchmarks.measuring.cost import cost_of
from benchmarks.spec.cost import Cost
from benchmarks.spec.named import know
from benchmarks.spec.probe import PROBES
from benchmarks.spec.trial import Trial
from benchmarks.store.environment import THREADS_PER_TRIAL, Environment, describe, utc_now
from benchmarks.store.strict_json import finite
from benchmarks.store.trials import Final, Status, TrialResult, meaning_of
from benchmarks.training.batches import DeviceImages
from benchmarks.training.loop import Training, evaluate_in_turns, fresh_network
from benchmarks.training.probe_runner import run_probe
from benchmarks.training.process import prepare_process
from benchmarks.training.resume import restore, state_of, weights_of
from benchmarks.training.trial_images import images_of
from benchmarks.training.turns import Turn, pause_after
from resnet_variants.source import search

OUT_OF_MEMORY_WORDS = ("out of memory", "can't allocate memory", "cublas_status_alloc_failed", "cudnn_status_alloc_failed")
Told = Generator[Event | Turn, None, Training | None]  # events between turns; returns the training, if it ended well


class DeviceLostError(RuntimeError):
    """The GPU reports an error that ends every trial of the process."""


class Workplace:
    """A process prepared for work items, with the images on the device."""

    def __init__(self, job: Job) -> None:
        prepare_process()
        search(job.folders)
        know(PROBES, job.probes)
        self.images = DeviceImages(job.images, torch.device(job.device))
        self.environment = describe(device=job.device, num_threads=THREADS_PER_TRIAL, checkout=job.checkout)

    def work(self, item: WorkItem, job: Job) -> Iterator[Event]:
        """Run an item with none beside it; yield its events.

        Raises:
            DeviceLostError: the GPU answers no more.
        """
        for told in self.work_in_turns(item, job, None):
            if isinstance(told, Turn):
                pause_after(told)
            else:
                yield told

    def work_in_turns(self, item: WorkItem, job: Job, spare: Training | None) -> Told:
        """Run an item; yield its events, and pause after every step. A trial takes over a `spare` training of its network and recipe."""
        if isinstance(item, Attempt):
            return (yield from run_trial(item, self.images, self.environment, job, spare))
        yield Probed(result=run_probe(item, self.images, self.environment))
        return None


def run_trial(attempt: Attempt, images: DeviceImages, environment: Environment, job: Job, spare: Training | None = None) -> Told:
    """Train and evaluate a trial, from its beginning or from its checkpoint; yield its events, and pause after every step.

    Raises:
        DeviceLostError: the GPU answers no more.
    """
    try:
        return (yield from _train(attempt, images, environment, job, spare))
    except Exception as error:
        if is_device_lost(error):
            raise DeviceLostError(f"{type(error).__name__}: {error}") from error
        ended = _no_result(attempt.trial, error, images, environment)
    if images.device.type == "cuda":  # the error is gone and holds no tensors: free the memory for the next trial
        gc.collect()
        torch.cuda.empty_cache()
    yield Finished(result=ended)
    return None


def _train(
    attempt: Attempt, images: DeviceImages, environment: Environment, job: Job, spare: Training | None
) -> Generator[Event | Turn, None, Training]:
    """Yield the events of a trial that completes."""
    trial, images = attempt.trial, images_of(images, attempt.trial)
    cost = cost_of(trial.architecture, images.facts.task(trial.recipe))
    training, refusal = _begin(attempt, images, environment, job, spare)
    if refusal:
        yield Note(trial=trial, words=refusal)
    every = job.checkpoint_epochs(trial)
    while not training.is_finished:
        yield EpochDone(trial=trial, epoch=(yield from training.epoch_in_turns()))
        if every and len(training.history) % every == 0 and not training.is_finished:
            yield Checkpointed(trial=trial, state=state_of(training, environment))
    result = yield from _result(training, cost, environment, job)
    if trial.key in job.weights_of:
        yield Trained(trial=trial, weights=weights_of(training.network))
    yield Finished(result=result)
    return training


def _begin(
    attempt: Attempt, images: DeviceImages, environment: Environment, job: Job, spare: Training | None
) -> tuple[Training, str]:
    """Return the training, and why its checkpoint cannot be used ("" if it can, or if there is none)."""
    trial = attempt.trial

    def fresh() -> Training:
        if spare is not None:
            return spare.follow_with(trial, images)
        return Training(trial, fresh_network(trial, images), images, is_compiled=job.is_compiled)

    training = fresh()
    if attempt.checkpoint is None:
        return training, ""
    try:
        restore(training, attempt.checkpoint, environment)
        return training, ""
    except ValueError as error:
        return fresh(), f"starts from scratch, because its checkpoint cannot be used: {error}"


def _result(training: Training, cost: Cost, environment: Environment, job: Job) -> Generator[Turn, None, TrialResult]:
    """Return the result of a completed training, with the whole training set evaluated."""
    trial, images, last = training.trial, training.images, training.history[-1]
    train = yield from evaluate_in_turns(training.network, images, images.train.part(training.rows_N), trial.recipe)
    status: Status = "diverged" if training.has_diverged else "ok"
    return TrialResult(
        trial=trial,
        status=status,
        detail=f"the training loss was not finite in epoch {last.epoch}" if training.has_diverged else "",
        data=images.facts,
        cost=cost,
        final=Final(
            train_loss=finite(train.loss),
            train_error_pct=train.error_pct,
            test_loss=last.test_loss,
            test_error_pct=last.test_error_pct,
        ),
        history=tuple(training.history),
        predictions=training.predictions,
        uses_graph=training.steps.replay is not None,
        is_compiled=training.steps.is_compiled,
        num_lanes=job.num_lanes,
        meaning=meaning_of(trial.architecture),
        finished_at=utc_now(),
        environment=environment,
    )


def is_out_of_memory(error: Exception) -> bool:
    """Return whether an error says that memory is used up."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(
        words in str(error).lower() for words in OUT_OF_MEMORY_WORDS
    )


def is_device_lost(error: Exception) -> bool:
    """Return whether an error is one of CUDA's after which every call of the process fails."""
    return isinstance(error, RuntimeError) and "CUDA error" in str(error) and not is_out_of_memory(error)


def _no_result(trial: Trial, error: Exception, images: DeviceImages, environment: Environment) -> TrialResult:
    status: Status = "oom" if is_out_of_memory(error) else "failed"
    return TrialResult(
        trial=trial,
        status=status,
        detail=f"{type(error).__name__}: {error}",
        data=images.facts,
        meaning=meaning_of(trial.architecture),
        finished_at=utc_now(),
        traceback="".join(traceback.format_exception(error)),
        environment=environment,
    )
