"""Results of trials, and the folder that keeps them: one strict JSON file a trial, written whole, found by the trial's key.

Reading is strict: a record of another form is set aside and named, one of a newer schema is refused. Nothing here needs torch.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter

from benchmarks.spec.cost import Cost
from benchmarks.spec.images import DataFacts
from benchmarks.spec.trial import Trial
from benchmarks.store.environment import Environment
from benchmarks.store.files import held, keyed, num_held
from benchmarks.store.json_store import JsonStore
from benchmarks.store.strict_json import SCHEMA, STRICT, read_strictly, record_text, recordable
from resnet_variants.architecture import Architecture
from resnet_variants.variant import Variant

LEASE = ".lease-"  # what a trial that a run is at is held by
Status = Literal["ok", "diverged", "failed", "oom", "timeout"]
HAS_RESULT: frozenset[Status] = frozenset({"ok", "diverged"})  # outcomes of the architecture, not of the machine


@dataclass(frozen=True, kw_only=True, slots=True)
class Epoch:
    """One pass: running training loss and error, then the test set. A loss that is not finite is None."""

    epoch: int
    train_loss: float | None
    train_error_pct: float
    test_loss: float | None
    test_error_pct: float
    train_seconds: float
    eval_seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Final:
    """Both splits evaluated whole, in evaluation mode, after the last epoch."""

    train_loss: float | None
    train_error_pct: float
    test_loss: float | None
    test_error_pct: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialResult:
    """All that is known of a trial. One that was not measured (failed, out of memory) has no history, figures or predictions.

    `uses_graph`, `is_compiled` and `num_lanes` say how its steps were carried out: replayed as a CUDA graph, compiled without falling back to
    eager, beside so many other trials of one process. `meaning` spells out what the names of its ordering and shortcut stood for; None where
    it was not written down yet (before schema 5). `finished_at` is UTC, in ISO 8601; None before schema 6. `traceback` is that of a failure.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema: int = SCHEMA
    trial: Trial
    status: Status
    detail: str = ""
    data: DataFacts
    cost: Cost | None = None
    final: Final | None = None
    history: tuple[Epoch, ...] = ()
    predictions: tuple[int, ...] = ()
    uses_graph: bool = False
    is_compiled: bool = False
    num_lanes: int = 1
    meaning: str | None = None
    finished_at: str | None = None
    traceback: str = ""
    environment: Environment

    def __post_init__(self) -> None:
        if self.has_result and (self.final is None or self.cost is None):
            raise ValueError(f"a result that is {self.status} needs its final figures and its cost")

    @property
    def has_result(self) -> bool:
        """Whether the architecture has an outcome, trained or diverged; a failure of the machine is none."""
        return self.status in HAS_RESULT

    @property
    def reproducible(self) -> object:
        """The part of a record that the trial's value decides: all but times, machine and commit."""
        history = [replace(epoch, train_seconds=0.0, eval_seconds=0.0) for epoch in self.history]
        return self.status, self.final, history, self.predictions

    @property
    def definition_changed(self) -> bool:
        """Whether the names of its network stood for another one than they do now."""
        return self.meaning is not None and self.meaning != meaning_of(self.trial.architecture)


def meaning_of(variant: Variant) -> str | None:
    """What the names of its ordering and shortcut stand for, where it has such."""
    return variant.meaning if isinstance(variant, Architecture) else None


ADAPTER = TypeAdapter(TrialResult)


def to_json(result: TrialResult) -> str:
    """The record's text: one field a line at the outer level, strict JSON."""
    return record_text(ADAPTER.dump_python(result, mode="json", warnings="error"))


def failed(result: TrialResult, detail: str) -> TrialResult:
    """The result of the same trial without figures, and why."""
    return TrialResult(trial=result.trial, status="failed", detail=detail, data=result.data, environment=result.environment)


def from_json(text: str) -> TrialResult:
    """The result that a text records; raises as `read_strictly` does."""
    return read_strictly(text, ADAPTER)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialStore:
    """The records under OUT/trials."""

    folder: Path

    @property
    def _records(self) -> JsonStore[TrialResult]:
        return JsonStore(folder=self.folder, adapter=ADAPTER, ending=lambda result: f"-{result.trial.key}")

    def path(self, trial: Trial) -> Path:
        """Return where a trial's record is, or is to be; it is found by its key, whatever its images were called."""
        path = self.folder / f"{trial.name}.json"
        return path if path.exists() else keyed(self.folder, trial.key) or path

    def write(self, result: TrialResult) -> Path:
        """Keep a result, whole or not at all; one that no record can hold is kept as failed."""
        path = self.path(result.trial)
        self._records.write(path, recordable(result, to_json, partial(failed, result))[1])
        return path

    def find(self, trial: Trial) -> TrialResult | None:
        """Return the result of a trial, or None; an unreadable record counts as none.

        Raises:
            NewerSchemaError: a later release wrote it.
        """
        return self._records.find(self.path(trial))

    def read_all(self) -> tuple[list[TrialResult], list[str]]:
        """Return every readable record in the order of names, and a line for each that is not, or that is a trial's second.

        Raises:
            NewerSchemaError: a later release wrote one.
        """
        records, unreadable = self._records.read_all()
        first: dict[Trial, Path] = {}
        for path, result in records.items():
            if first.setdefault(result.trial, path) != path:
                unreadable.append(f"{path}: a second record of the trial of {first[result.trial].name}: remove one of them")
        return [records[path] for path in first.values()], unreadable

    def read(self, path: Path) -> TrialResult:
        """Return one record; raises as `JsonStore.read` does."""
        return self._records.read(path)

    def set_aside(self, trials: Iterable[Trial]) -> list[str]:
        """Rename the unreadable records among those of `trials`, so that they are run again; a line for each."""
        lines = []
        for trial in trials:
            path = self.path(trial)
            if path.exists() and self.find(trial) is None:
                aside = next(
                    name for number in range(1, 10_000) if not (name := path.with_suffix(f".unreadable-{number}")).exists()
                )
                path.rename(aside)
                lines.append(f"{path} cannot be read; it is kept as {aside.name}, and its trial is run again")
        return lines

    def lease(self, trial: Trial) -> AbstractContextManager[bool]:
        """Try to lease the trial from other runs on this folder; yield whether it is ours, and give it back on exit."""
        return held(self.folder / f"{LEASE}{trial.key}")

    def num_leased_elsewhere(self) -> int:
        """Return how many trials other runs are working on."""
        return num_held(self.folder, LEASE)
