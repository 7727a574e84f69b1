"""States of trials that are under way, in OUT/checkpoints: one file a trial, named by what it holds, so that a torn one is known. No torch."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from benchmarks.spec.trial import Trial
from benchmarks.store.files import write_whole

DIGITS = 16
ENDING = ".safetensors"


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckpointStore:
    """The states under OUT/checkpoints; the last one of a trial stays until its record is there."""

    folder: Path

    def write(self, trial: Trial, state: bytes) -> None:
        """Keep a state, whole or not at all, and let the earlier ones go."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{trial.name}.{_digest(state)}{ENDING}"
        write_whole(path, state)
        for other in self._paths(trial):
            if other != path:
                other.unlink(missing_ok=True)

    def find(self, trial: Trial) -> bytes | None:
        """The last whole state of a trial, or None; nothing (b"") where there are torn ones alone: whoever goes on from that says so."""
        paths = sorted(self._paths(trial), key=lambda path: -path.stat().st_mtime_ns)
        states = {path: path.read_bytes() for path in paths}
        whole = (state for path, state in states.items() if path.name.split(".")[-2] == _digest(state))
        return next(whole, b"" if states else None)

    def remove(self, trial: Trial) -> None:
        """Of a trial that has ended."""
        for path in self._paths(trial):
            path.unlink(missing_ok=True)

    def _paths(self, trial: Trial) -> list[Path]:
        return list(self.folder.glob(f"*-{trial.key}.*{ENDING}"))


def _digest(state: bytes) -> str:
    return sha256(state).hexdigest()[:DIGITS]
