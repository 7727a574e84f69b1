"""Results of trials, and their folder: one strict JSON file per trial, written atomically, found by the trial's key.

Reading is strict: a malformed record is set aside and named, and one of a newer schema is rejected. Nothing here needs
torch.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, PlainSerializer, TypeAdapter

from benchmarks.spec.cost import Cost
from benchmarks.spec.data_facts import DataFacts
from benchmarks.spec.failure import failure_line_pct
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.trial import Trial
from benchmarks.store.environment import Environment
from benchmarks.store.files import held, keyed, num_held
from benchmarks.store.json_store import JsonStore
from benchmarks.store.strict_json import SCHEMA, STRICT, read_strictly, record_text, recordable
from resnet_variants.architecture import Architecture
from resnet_variants.variant import Variant

LEASE = ".lease-"  # prefix of the lock file of a trial that a run is working on
Status = Literal["ok", "diverged", "failed", "oom", "timeout"]
HAS_RESULT: frozenset[Status] = frozenset({"ok", "diverged"})  # outcomes of the architecture, not of the machine


def _classes_of(recorded: object) -> object:
    """Return the classes that a record spells as a digit each, as in "9071", or has in a list."""
    if isinstance(recorded, str) and recorded.isascii() and recorded.isdigit():
        return tuple(map(int, recorded))
    return tuple(recorded) if isinstance(recorded, list) else recorded


def _digits_of(classes: tuple[int, ...]) -> str | list[int]:
    """Return classes as a digit each, a third of the length of a list, or as a list if one is beyond 9 or there is none."""
    return "".join(map(str, classes)) if classes and all(0 <= index <= 9 for index in classes) else list(classes)


Classes = Annotated[tuple[int, ...], BeforeValidator(_classes_of), PlainSerializer(_digits_of)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Epoch:
    """One epoch: running loss and error on the training set, then on the test set. A loss that is not finite is None."""

    epoch: int
    train_loss: float | None
    train_error_pct: float
    test_loss: float | None
    test_error_pct: float
    train_seconds: float
    eval_seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Final:
    """Loss and error on both whole splits, in evaluation mode, after the last epoch."""

    train_loss: float | None
    train_error_pct: float
    test_loss: float | None
    test_error_pct: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialResult:
    """Result of a trial. One that was not measured (failed, out of memory) has no history, final errors or predictions.

    `uses_graph`, `is_compiled` and `num_lanes` record how its steps ran: replayed as a CUDA graph, compiled without a
    fallback to eager, and among how many trials of one process. `meaning` spells out its ordering and shortcut when it
    ran; None before schema 5. `finished_at` is UTC, in ISO 8601; None before schema 6. `traceback` is that of a
    failure.
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
    predictions: Classes = ()
    uses_graph: bool = False
    is_compiled: bool = False
    num_lanes: int = 1
    meaning: str | None = None
    finished_at: str | None = None
    traceback: str = ""
    environment: Environment

    def __post_init__(self) -> None:
        if self.has_result and (self.final is None or self.cost is None):
            raise ValueError(f"a result that is {self.status} needs its final errors and its cost")

    @property
    def has_result(self) -> bool:
        """Whether the architecture has an outcome, trained or diverged, unlike after a failure of the machine."""
        return self.status in HAS_RESULT

    @property
    def trains(self) -> bool | None:
        """Whether the run trains, by the failure line of its own recipe."""
        return self.trains_under(self.trial.recipe)

    def trains_under(self, recipe: Recipe) -> bool | None:
        """Return whether the run trains: it did not diverge, and its test error is at most the failure line of a recipe; None without a result.

        Arms whose settings differ are judged by one line, that of the study's recipe.
        """
        if self.final is None or not self.has_result:
            return None
        return self.status == "ok" and self.final.test_error_pct <= failure_line_pct(recipe, self.data.classes)

    @property
    def reproducible(self) -> object:
        """Part of the record that the trial determines: all but times, machine and commit."""
        history = [replace(epoch, train_seconds=0.0, eval_seconds=0.0) for epoch in self.history]
        return self.status, self.final, history, self.predictions

    @property
    def definition_changed(self) -> bool:
        """Whether its ordering or shortcut name has since been redefined."""
        return self.meaning is not None and self.meaning != meaning_of(self.trial.architecture)


def meaning_of(variant: Variant) -> str | None:
    """Return a network's ordering and shortcut spelled out, or None if it has neither."""
    return variant.meaning if isinstance(variant, Architecture) else None


ADAPTER = TypeAdapter(TrialResult)


def to_json(result: TrialResult) -> str:
    """Return the record's text: strict JSON, with one line per top-level field."""
    return record_text(ADAPTER.dump_python(result, mode="json", warnings="error"))


def failed(result: TrialResult, detail: str) -> TrialResult:
    """Return a failed result of the same trial, with the reason."""
    return TrialResult(trial=result.trial, status="failed", detail=detail, data=result.data, environment=result.environment)


def from_json(text: str) -> TrialResult:
    """Return the result that a text records; raise the errors of `read_strictly`."""
    return read_strictly(text, ADAPTER)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialStore:
    """Records of trials under OUT/trials."""

    folder: Path

    @property
    def _records(self) -> JsonStore[TrialResult]:
        return JsonStore(folder=self.folder, adapter=ADAPTER, ending=lambda result: f"-{result.trial.key}")

    def path(self, trial: Trial) -> Path:
        """Return the path of a trial's record, whether or not it exists; it is found by its key, even under another data set's name."""
        path = self.folder / f"{trial.name}.json"
        return path if path.exists() else keyed(self.folder, trial.key) or path

    def write(self, result: TrialResult) -> Path:
        """Write a result atomically and return its path; a result that no record can hold is written as failed."""
        path = self.path(result.trial)
        self._records.write(path, recordable(result, to_json, partial(failed, result))[1])
        return path

    def find(self, trial: Trial) -> TrialResult | None:
        """Return the result of a trial, or None if it is missing or unreadable.

        Raises:
            NewerSchemaError: a later release wrote the record.
        """
        return self._records.find(self.path(trial))

    def read_all(self) -> tuple[list[TrialResult], list[str]]:
        """Return all readable records, in the order of names, and a line for each unreadable or duplicate one.

        Raises:
            NewerSchemaError: a later release wrote a record.
        """
        records, unreadable = self._records.read_all()
        first: dict[Trial, Path] = {}
        for path, result in records.items():
            if first.setdefault(result.trial, path) != path:
                unreadable.append(f"{path}: a second record of the trial of {first[result.trial].name}: remove one of them")
        return [records[path] for path in first.values()], unreadable

    def read(self, path: Path) -> TrialResult:
        """Return one record; raise the errors of `JsonStore.read`."""
        return self._records.read(path)

    def set_aside(self, trials: Iterable[Trial]) -> list[str]:
        """Rename the unreadable records of `trials`, so that these run again, and return a line for each."""
        lines = []
        for trial in trials:
            path = self.path(trial)
            if path.exists() and self.find(trial) is None:
                aside = next(
                    name for index in range(1, 10_000) if not (name := path.with_suffix(f".unreadable-{index}")).exists()
                )
                path.rename(aside)
                lines.append(f"{path} cannot be read; it is kept as {aside.name}, and its trial is run again")
        return lines

    def lease(self, trial: Trial) -> AbstractContextManager[bool]:
        """Try to lease the trial from other runs on this folder; yield whether it is ours, and release it on exit."""
        return held(self.folder / f"{LEASE}{trial.key}")

    def num_leased_elsewhere(self) -> int:
        """Return the number of trials that other runs are working on."""
        return num_held(self.folder, LEASE)
