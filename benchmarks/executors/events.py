"""Work items, events, and the interface of an executor.

An executor pulls work items from an iterator and yields events about them. It writes nothing.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from benchmarks.spec.images import Images
from benchmarks.spec.named import UsersFile
from benchmarks.spec.probe import Findings, ProbeTask
from benchmarks.spec.trial import Trial
from benchmarks.store.environment import THREADS_PER_TRIAL, Checkout, describe, utc_now
from benchmarks.store.probes import ProbeResult
from benchmarks.store.trials import Epoch, Status, TrialResult

LONG_EPOCHS = 20  # shorter trials are quickly repeated
NUM_RETRIES = 1


class WorkerStartError(RuntimeError):
    """No worker can start, or none can run a work item."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """Settings that all work items of a run share.

    The weights of the trials with the keys in `weights_of` are returned after training. A trial's checkpoint is returned every
    `checkpoint_every` epochs (0: never; None: up to ten times in a long recipe). It is stopped after `timeout_seconds`, and retried up to
    `num_retries` times if its worker is lost. With `is_compiled` networks are trained with torch.compile. A process runs `num_lanes` trials at
    once. Workers find users' modules in these `folders`, too, and users' `probes`, by name, in their files. `has_sheets` says that the report
    shows misclassified images.
    """

    images: Images
    device: str
    checkout: Checkout
    weights_of: frozenset[str] = frozenset()
    checkpoint_every: int | None = None
    timeout_seconds: float | None = None
    num_retries: int = NUM_RETRIES
    is_compiled: bool = False
    num_lanes: int = 1
    folders: tuple[str, ...] = ()
    probes: Mapping[str, UsersFile] = field(default_factory=dict)
    has_sheets: bool = False

    def checkpoint_epochs(self, trial: Trial) -> int:
        """Return the number of epochs between checkpoints of a trial; 0 for none."""
        if self.checkpoint_every is not None:
            return self.checkpoint_every
        num_epochs = trial.num_passes(self.images.facts.of_trial(trial).num_train)
        return math.ceil(num_epochs / 10) if num_epochs >= LONG_EPOCHS else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """A trial to run, from its beginning or from its checkpoint."""

    trial: Trial
    checkpoint: bytes | None = None


WorkItem = Attempt | ProbeTask


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerReady:
    """A worker is ready, and the time of its item counts from now. A pool reports this to the loop, which does not pass it on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """An item that had begun waits for a worker again, and its time does not count. A pool reports this to the loop, which does not pass it on."""


Signal = WorkerReady | Waiting


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochDone:
    """A trial has begun (`epoch` is None) or has completed an epoch."""

    trial: Trial
    epoch: Epoch | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpointed:
    """Checkpoint of a trial after an epoch, as safetensors."""

    trial: Trial
    state: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """Weights of a trained network, as safetensors; only if the job keeps them."""

    trial: Trial
    weights: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """A trial has ended, with values or with a failure."""

    result: TrialResult


@dataclass(frozen=True, kw_only=True, slots=True)
class Probed:
    """A probe has ended, with findings or with a failure."""

    result: ProbeResult


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """The process or machine that ran an item is gone; the item is not known to be the cause.

    `status` is the status of its result if it is not retried.
    """

    item: WorkItem
    detail: str
    status: Status = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """A message for the user who watches the run, about a trial if there is one, which the words do not name."""

    words: str
    trial: Trial | None = None


Event = EpochDone | Checkpointed | Trained | Finished | Probed | Lost | Note


class Executor(Protocol):
    """Runs work items as the iterator yields them; None means "nothing ready, poll again". Closing the generator stops all workers.

    Raises:
        WorkerStartError: no worker can run an item.
    """

    def __call__(self, items: Iterator[WorkItem | None], job: Job) -> Iterator[Event]:
        """Yield events until every item has ended or is lost."""


def not_measured(item: WorkItem, job: Job, status: Status, detail: str) -> Finished | Probed:
    """Return the final event of an item that has no values."""
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
