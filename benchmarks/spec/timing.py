"""Timing sessions by value: the steps, modes and workloads that they time."""

from dataclasses import dataclass
from typing import Literal

from resnet_variants.architecture import Task
from resnet_variants.variant import Variant

Step = Literal["train", "infer"]
Mode = Literal["eager", "compiled", "graph"]  # graph: replayed as one CUDA graph
PASSES: dict[Step, int] = {"infer": 1, "train": 3}  # a backward pass has twice the multiply-adds of a forward pass
NUM_ROUNDS = 15
FEW_ROUNDS = 3  # of a network that no claim speaks of: enough for a table
NUM_SESSIONS = 5  # three know a ratio to 12%, five to 6%, at a standard deviation of 0.045 between sessions


@dataclass(frozen=True, kw_only=True, slots=True)
class Workload:
    """A network and how it is timed: images and classes, batch size, steps (empty: only counted), and mode.

    Raises:
        ValueError: the batch size is below 1, or below 2 for training, since a single image has no variance.
    """

    architecture: Variant
    task: Task
    batch_size: int
    steps: tuple[Step, ...]
    mode: Mode = "eager"

    def __post_init__(self) -> None:
        least = 2 if "train" in self.steps else 1
        if self.batch_size < least:
            raise ValueError(f"batch_size must be at least {least} for {' and '.join(self.steps)} steps, got {self.batch_size!r}")


@dataclass(frozen=True, kw_only=True, slots=True)
class TimingPlan:
    """A timing session: workloads that take turns, their precision, the number of rounds, and the survey it belongs to, if any.

    `unclaimed` are the positions of workloads that no claim speaks of; they take part in the first few rounds only.

    Raises:
        ValueError: the plan has no workload, or fewer than one round.
    """

    workloads: tuple[Workload, ...]
    precision: Literal["fp32", "bf16"]
    num_rounds: int = NUM_ROUNDS
    survey: str | None = None
    unclaimed: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.workloads or self.num_rounds < 1:
            raise ValueError("a timing session needs at least one network and one round")

    @property
    def is_timed(self) -> bool:
        """Whether any workload is timed, rather than only counted."""
        return any(workload.steps for workload in self.workloads)

    @property
    def claimed(self) -> tuple[Workload, ...]:
        """Workloads that claims speak of."""
        return tuple(workload for place, workload in enumerate(self.workloads) if place not in self.unclaimed)

    @property
    def num_sessions(self) -> int:
        """Number of sessions in which the plan is measured: one is enough if no claim speaks of its times."""
        return NUM_SESSIONS if self.is_timed and self.claimed else 1

    def num_rounds_of(self, place: int) -> int:
        """Return the number of rounds in which the workload at this position takes part: all if no claim speaks of any workload."""
        return min(FEW_ROUNDS, self.num_rounds) if self.claimed and place in self.unclaimed else self.num_rounds
