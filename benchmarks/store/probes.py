"""Results of probes of trained networks, and their records under OUT/probes.

A probe is a file in `probes/` that holds `measure(subject) -> Findings`; the file's name is its name. Its record is
separate from the trial's, which never changes afterwards. Nothing here needs torch.
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
    """Result of a probe of a trial; a failed one has no findings, but a `detail`. `finished_at` is UTC, in ISO 8601."""

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
    """Return the record's text: strict JSON, with one line per top-level field."""
    return record_text(ADAPTER.dump_python(result, mode="json", warnings="error"))


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeStore:
    """Records of probes under OUT/probes."""

    folder: Path

    @property
    def _records(self) -> JsonStore[ProbeResult]:
        return JsonStore(folder=self.folder, adapter=ADAPTER, ending=_ending)

    def path(self, trial: Trial, probe: str) -> Path:
        """Return the path of the record of a probe of a trial, whether or not it exists; it is found by its key."""
        ending = short(probe, LONGEST_PROBE)
        path = self.folder / f"{trial.name}-{ending}.json"
        return path if path.exists() else keyed(self.folder, f"{trial.key}-{ending}") or path

    def write(self, result: ProbeResult) -> ProbeResult:
        """Write a result atomically and return it, or the failure that is written if no record can hold it."""
        kept, text = recordable(result, to_json, lambda why: replace(result, status="failed", detail=why, findings=Findings()))
        self._records.write(self.path(result.trial, result.probe), text)
        return kept

    def find(self, trial: Trial, probe: str) -> ProbeResult | None:
        """Return the result of a probe of a trial, or None if it is missing, unreadable or failed, and must be measured."""
        result = self._records.find(self.path(trial, probe))
        return result if result is not None and result.status == "ok" else None

    def read_all(self) -> tuple[list[ProbeResult], list[str]]:
        """Return all readable records, in the order of names, and a line for each unreadable one.

        Raises:
            NewerSchemaError: a later release wrote a record.
        """
        records, unreadable = self._records.read_all()
        return list(records.values()), unreadable

    def read(self, path: Path) -> ProbeResult:
        """Return one record; raise the errors of `JsonStore.read`."""
        return self._records.read(path)


def _ending(result: ProbeResult) -> str:
    return f"-{result.trial.key}-{short(result.probe, LONGEST_PROBE)}"
