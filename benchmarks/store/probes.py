"""What is asked of trained networks, by value: which probe of which trial, what came out, and its record under OUT/probes.

A probe is a file in `probes/` that holds `measure(subject) -> Findings`; the file's name is its name. Its record stands apart from the
trial's, which is never touched again. Nothing here needs torch.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter

from benchmarks.spec.probe import Findings
from benchmarks.spec.trial import LONGEST_FILE, LONGEST_NAME, Trial, short
from benchmarks.store.environment import Environment
from benchmarks.store.files import keyed
from benchmarks.store.json_store import JsonStore
from benchmarks.store.strict_json import SCHEMA, STRICT, record_text, recordable

ProbeStatus = Literal["ok", "failed"]
LONGEST_PROBE = LONGEST_FILE - LONGEST_NAME - len("-.json")


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeResult:
    """All that is known of a probe of a trial. One that failed has no findings and says why. `finished_at` is UTC, in ISO 8601."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema: int = SCHEMA
    trial: Trial
    probe: str
    status: ProbeStatus
    detail: str = ""
    findings: Findings
    seconds: float
    finished_at: str | None = None
    traceback: str = ""
    environment: Environment


ADAPTER = TypeAdapter(ProbeResult)


def to_json(result: ProbeResult) -> str:
    """The record's text: one field a line at the outer level, strict JSON."""
    return record_text(ADAPTER.dump_python(result, mode="json", warnings="error"))


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeStore:
    """The records under OUT/probes."""

    folder: Path

    @property
    def _records(self) -> JsonStore[ProbeResult]:
        return JsonStore(folder=self.folder, adapter=ADAPTER, ending=_ending)

    def path(self, trial: Trial, probe: str) -> Path:
        """Return where the record of a probe of a trial is, or is to be; it is found by its key."""
        ending = short(probe, LONGEST_PROBE)
        path = self.folder / f"{trial.name}-{ending}.json"
        return path if path.exists() else keyed(self.folder, f"{trial.key}-{ending}") or path

    def write(self, result: ProbeResult) -> ProbeResult:
        """Keep a result, whole or not at all; return it, or the failure that is kept where no record can hold it."""
        kept, text = recordable(result, to_json, lambda why: replace(result, status="failed", detail=why, findings=Findings()))
        self._records.write(self.path(result.trial, result.probe), text)
        return kept

    def find(self, trial: Trial, probe: str) -> ProbeResult | None:
        """Return what a probe found of a trial, or None; an unreadable record and a failure count as none, and are measured again."""
        result = self._records.find(self.path(trial, probe))
        return result if result is not None and result.status == "ok" else None

    def read_all(self) -> tuple[list[ProbeResult], list[str]]:
        """Return every readable record in the order of names, and a line for each that is not.

        Raises:
            NewerSchemaError: a later release wrote one.
        """
        records, unreadable = self._records.read_all()
        return list(records.values()), unreadable

    def read(self, path: Path) -> ProbeResult:
        """Return one record; raises as `JsonStore.read` does."""
        return self._records.read(path)


def _ending(result: ProbeResult) -> str:
    return f"-{result.trial.key}-{short(result.probe, LONGEST_PROBE)}"
