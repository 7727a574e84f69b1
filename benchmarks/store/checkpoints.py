"""Checkpoints of unfinished trials in OUT/checkpoints.

A file's name contains a digest of its content, so that a damaged file is noticed. Nothing here needs torch.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from benchmarks.spec.trial import Trial
from benchmarks.store.files import write_whole

DIGITS = 16
ENDING = ".safetensors"


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckpointStore:
    """Checkpoints under OUT/checkpoints; the latest one of a trial is kept until the trial has a record."""

    folder: Path

    def write(self, trial: Trial, state: bytes) -> None:
        """Write a checkpoint atomically, and delete the earlier ones of the trial."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{trial.name}.{_digest(state)}{ENDING}"
        write_whole(path, state)
        for other in self._paths(trial):
            if other != path:
                other.unlink(missing_ok=True)

    def find(self, trial: Trial) -> bytes | None:
        """Return the latest intact checkpoint of a trial, b"" if all are damaged (the caller reports it), or None."""
        paths = sorted(self._paths(trial), key=lambda path: -path.stat().st_mtime_ns)
        states = {path: path.read_bytes() for path in paths}
        whole = (state for path, state in states.items() if path.name.split(".")[-2] == _digest(state))
        return next(whole, b"" if states else None)

    def remove(self, trial: Trial) -> None:
        """Delete the checkpoints of a finished trial."""
        for path in self._paths(trial):
            path.unlink(missing_ok=True)

    def _paths(self, trial: Trial) -> list[Path]:
        return list(self.folder.glob(f"*-{trial.key}.*{ENDING}"))


def _digest(state: bytes) -> str:
    return sha256(state).hexdigest()[:DIGITS]
