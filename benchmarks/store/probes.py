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
from benchmarks.store.files import keyed, write_whole
from benchmarks.store.strict_json import SCHEMA, STRICT, NewerSchemaError, read_strictly, record_text, recordable

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

    def path(self, trial: Trial, probe: str) -> Path:
        """Return where the record of a probe of a trial is, or is to be; it is found by its key."""
        ending = short(probe, LONGEST_PROBE)
        path = self.folder / f"{trial.name}-{ending}.json"
        return path if path.exists() else keyed(self.folder, f"{trial.key}-{ending}") or path

    def write(self, result: ProbeResult) -> ProbeResult:
        """Keep a result, whole or not at all; returns it, or the failure that is kept where no record can hold it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kept, text = recordable(result, to_json, lambda why: replace(result, status="failed", detail=why, findings=Findings()))
        write_whole(self.path(result.trial, result.probe), text)
        return kept

    def find(self, trial: Trial, probe: str) -> ProbeResult | None:
        """What a probe found of a trial, or None. An unreadable record and a failure count as none, and are measured again."""
        try:
            result = _read(self.path(trial, probe))
        except FileNotFoundError:
            return None
        except NewerSchemaError:
            raise
        except ValueError:
            return None
        return result if result.status == "ok" else None

    def read_all(self) -> tuple[list[ProbeResult], list[str]]:
        """Every readable record in the order of names, and a line for each that is not.

        Raises:
            NewerSchemaError: a record is of a later schema.
        """
        results, unreadable = [], []
        for path in sorted(self.folder.glob("*.json")):
            try:
                results.append(_read(path))
            except NewerSchemaError:
                raise
            except ValueError as error:
                unreadable.append(str(error))
        return results, unreadable

    @staticmethod
    def read(path: Path) -> ProbeResult:
        """One record; raises as `read_all` does, and a ValueError where it is none."""
        return _read(path)


def _read(path: Path) -> ProbeResult:
    try:
        result = read_strictly(path.read_text(encoding="utf-8", errors="replace"), ADAPTER)
    except NewerSchemaError as error:
        raise NewerSchemaError(f"{path}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    ending = f"-{result.trial.key}-{short(result.probe, LONGEST_PROBE)}"
    if not path.stem.endswith(ending):
        raise ValueError(f"{path}: not a record: its name must end in {ending}.json")
    return result
