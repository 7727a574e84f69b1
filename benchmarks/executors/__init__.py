"""Where trials and probes run. An executor pulls tasks, and tells what becomes of them as events; it writes nothing."""

from dataclasses import dataclass

from benchmarks.probe import ProbeResult, ProbeTask
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


Task = Trial | ProbeTask
Event = Progress | Trained | Finished | Probed
