"""Step, Mode, Workload, TimingPlan."""

from dataclasses import dataclass
from typing import Literal

from resnet_variants.architecture import Task
from resnet_variants.variant import Variant

Step = Literal["train", "infer"]
Mode = Literal["eager", "compiled", "graph"]  # graph: replayed as one CUDA graph
PASSES: dict[Step, int] = {"infer": 1, "train": 3}  # a backward pass multiplies twice what a forward pass does
NUM_ROUNDS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Workload:
    """A network and how it is timed: on which images and classes, how many images at once, at which steps (none: counted alone), in which mode.

    Raises:
        ValueError: a batch of no image, or of one that is to be trained on, which has no variance.
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
    """A session: what takes turns, in which precision, how many times; and of which survey it is, where it is one's.

    Raises:
        ValueError: nothing to time, or fewer than one round.
    """

    workloads: tuple[Workload, ...]
    precision: Literal["fp32", "bf16"]
    num_rounds: int = NUM_ROUNDS
    survey: str | None = None

    def __post_init__(self) -> None:
        if not self.workloads or self.num_rounds < 1:
            raise ValueError("a timing needs one network or more, and one round or more")

    @property
    def is_timed(self) -> bool:
        """Whether anything is timed, and not counted alone."""
        return any(workload.steps for workload in self.workloads)
