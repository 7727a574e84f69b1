"""Timing sessions by value: the steps, modes and workloads that they time."""

from dataclasses import dataclass
from typing import Literal

from resnet_variants.architecture import Task
from resnet_variants.variant import Variant

Step = Literal["train", "infer"]
Mode = Literal["eager", "compiled", "graph"]  # graph: replayed as one CUDA graph
PASSES: dict[Step, int] = {"infer": 1, "train": 3}  # a backward pass has twice the multiply-adds of a forward pass
NUM_ROUNDS = 10


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

    Raises:
        ValueError: the plan has no workload, or fewer than one round.
    """

    workloads: tuple[Workload, ...]
    precision: Literal["fp32", "bf16"]
    num_rounds: int = NUM_ROUNDS
    survey: str | None = None

    def __post_init__(self) -> None:
        if not self.workloads or self.num_rounds < 1:
            raise ValueError("a timing session needs at least one network and one round")

    @property
    def is_timed(self) -> bool:
        """Whether any workload is timed, rather than only counted."""
        return any(workload.steps for workload in self.workloads)
