"""Where trials run. An executor pulls trials, and tells what becomes of them as events; it writes nothing."""

from dataclasses import dataclass

from benchmarks.records import Epoch, TrialResult
from benchmarks.trial import Trial


class WorkerStartError(RuntimeError):
    """A worker that should run trials cannot even start."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """A trial has begun (no epoch yet), or has come through an epoch."""

    trial: Trial
    epoch: Epoch | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """A trial has ended, one way or another."""

    result: TrialResult


Event = Progress | Finished
