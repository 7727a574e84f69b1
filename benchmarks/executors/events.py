"""Where trials and probes run. An executor pulls work items and reports what becomes of them as events; it writes nothing."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from benchmarks.spec.images import Images
from benchmarks.spec.probe import Findings, ProbeTask
from benchmarks.spec.trial import Trial
from benchmarks.store.environment import THREADS_PER_TRIAL, Checkout, describe, utc_now
from benchmarks.store.probes import ProbeResult
from benchmarks.store.trials import Epoch, Status, TrialResult

LONG_EPOCHS = 20  # what takes fewer is soon done again
NUM_RETRIES = 1


class WorkerStartError(RuntimeError):
    """A worker that should run trials cannot even start, or nothing there can run one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What every item of a run shares.

    With `keeps_weights` a trial's network is handed over when it is trained, and its whole state every so many epochs: `checkpoint_every`,
    or a tenth of a long recipe's where that is None, never where it is 0. A trial that takes longer than `timeout_seconds` is ended, and
    one whose worker is lost is tried again `num_retries` times. With `is_compiled` networks are trained as the compiler makes them.
    """

    images: Images
    device: str
    checkout: Checkout
    keeps_weights: bool = False
    checkpoint_every: int | None = None
    timeout_seconds: float | None = None
    num_retries: int = NUM_RETRIES
    is_compiled: bool = False

    def checkpoint_epochs(self, trial: Trial) -> int:
        """After how many epochs a trial's state is kept; 0 for never."""
        if self.checkpoint_every is not None:
            return self.checkpoint_every
        num_epochs = trial.num_passes(len(self.images.train.labels_N))
        return math.ceil(num_epochs / 10) if num_epochs >= LONG_EPOCHS else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """A trial to be run: from its beginning, or from a checkpoint of its own."""

    trial: Trial
    checkpoint: bytes | None = None


WorkItem = Attempt | ProbeTask


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerReady:
    """A worker has loaded what it needs: the time of its item counts from here. A pool reports it to the loop, which reports it to nobody."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochDone:
    """A trial has begun (no epoch yet), or has come through an epoch."""

    trial: Trial
    epoch: Epoch | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpointed:
    """A trial's whole state after an epoch, as safetensors."""

    trial: Trial
    state: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """A trial's network has come to its end; its weights, as safetensors. Only where the job keeps them."""

    trial: Trial
    weights: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """A trial has ended, one way or another."""

    result: TrialResult


@dataclass(frozen=True, kw_only=True, slots=True)
class Probed:
    """A probe has ended, one way or another."""

    result: ProbeResult


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """The process or the machine that ran an item is gone, through no known fault of the item.

    `status` is the status of its result once it is not retried.
    """

    item: WorkItem
    detail: str
    status: Status = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """Something that whoever watches the run should read."""

    words: str


Event = EpochDone | Checkpointed | Trained | Finished | Probed | Lost | Note


class Executor(Protocol):
    """Runs items as the iterator yields them; None means "nothing ready, poll again". Closing the generator stops all workers.

    Raises:
        WorkerStartError: nothing there can run an item.
    """

    def __call__(self, items: Iterator[WorkItem | None], job: Job) -> Iterator[Event]:
        """Yield events until every item has ended or is lost."""


def not_measured(item: WorkItem, job: Job, status: Status, detail: str) -> Finished | Probed:
    """Return the end of an item that has no values."""
    environment = describe(device=job.device, num_threads=THREADS_PER_TRIAL, checkout=job.checkout)
    if isinstance(item, Attempt):
        result = TrialResult(
            trial=item.trial, status=status, detail=detail, data=job.images.facts, finished_at=utc_now(), environment=environment
        )
        return Finished(result=result)
    return Probed(
        result=ProbeResult(
            trial=item.trial,
            probe=item.probe,
            status="failed",
            detail=detail,
            findings=Findings(),
            seconds=0.0,
            finished_at=utc_now(),
            environment=environment,
        )
    )
