"""Predictions of a study's claims, OUT/SUITE/STUDY/predictions.json: made before its verdicts, one by each person, and never changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from benchmarks.spec.predictions import PREDICTED, Probabilities
from benchmarks.store.json_store import JsonStore
from benchmarks.store.strict_json import SCHEMA, STRICT, record_text

PREDICTIONS = "predictions.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """One person's predictions: probabilities by claim id, the UTC time, and how many trials of the study were done by then."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    by: str
    made_at: str
    num_done: int
    claims: Mapping[str, Probabilities]


@dataclass(frozen=True, kw_only=True, slots=True)
class Predictions:
    """All predictions of a study, in the order in which they were made; `outcomes` names what the probabilities are of.

    Raises:
        ValueError: the outcomes are not those of this release, or a name stands for two people.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    made: tuple[Prediction, ...]
    outcomes: tuple[str, ...] = PREDICTED
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        if self.outcomes != PREDICTED:
            raise ValueError(f"outcomes must be {', '.join(PREDICTED)}, got {', '.join(self.outcomes)}")
        if len(self.names) < len(self.made):
            raise ValueError("a name stands for two predictions")

    @property
    def names(self) -> dict[str, Prediction]:
        """Predictions by name."""
        return {one.by: one for one in self.made}


ADAPTER = TypeAdapter(Predictions)


def conflicts(before: Predictions, others: Iterable[Prediction]) -> list[str]:
    """Return the names that predicted something else before."""
    known = before.names
    return [one.by for one in others if one.by in known and known[one.by].claims != one.claims]


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictionStore:
    """Predictions of the studies under OUT; a study is given by its folder, next to its plan."""

    folder: Path

    @property
    def _records(self) -> JsonStore[Predictions]:
        return JsonStore(folder=self.folder, adapter=ADAPTER)

    def find(self, study: Path) -> Predictions | None:
        """Return the predictions of a study; None if there are none.

        Raises:
            ValueError: the file cannot be read.
            NewerSchemaError: a later release wrote it.
        """
        path = study / PREDICTIONS
        return self._records.read(path) if path.exists() else None

    def add(self, study: Path, made: Iterable[Prediction]) -> None:
        """Write the predictions of people who have made none yet; earlier ones stay as they are."""
        before = self.find(study) or Predictions(made=())
        added = tuple(one for one in made if one.by not in before.names)
        if added:
            text = record_text(ADAPTER.dump_python(replace(before, made=(*before.made, *added)), mode="json", warnings="error"))
            self._records.write(study / PREDICTIONS, text)

    def read_all(self) -> tuple[dict[str, Predictions], list[str]]:
        """Return all readable predictions by the folder of their study, such as "depth/digits-quick", and a line for each unreadable file.

        Raises:
            NewerSchemaError: a later release wrote a file.
        """
        found, unreadable = dict[str, Predictions](), list[str]()
        for path in sorted(self.folder.glob(f"*/*/{PREDICTIONS}")):
            try:
                found[path.parent.relative_to(self.folder).as_posix()] = self._records.read(path)
            except ValueError as error:
                unreadable.append(str(error))
        return found, unreadable
