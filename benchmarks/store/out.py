"""Where the files next to a trial's record are, and which trials of a run have results."""

from collections.abc import Iterable
from pathlib import Path

from benchmarks.spec.trial import Trial
from benchmarks.store.checkpoints import CheckpointStore
from benchmarks.store.trials import TrialStore


def measured(trials: Iterable[Trial], store: TrialStore) -> set[Trial]:
    """The trials whose results are there and need no other run; the results stay in their files, as they may be many."""
    return {trial for trial in trials if (result := store.find(trial)) is not None and result.has_result}


def checkpoints_of(store: TrialStore) -> CheckpointStore:
    """Where the states of a store's trials are kept while these are under way."""
    return CheckpointStore(folder=store.folder.parent / "checkpoints")


def weights_path(record: Path) -> Path:
    """Where the weights of a record's network stand."""
    return record.with_suffix(".safetensors")
