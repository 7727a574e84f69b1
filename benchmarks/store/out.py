"""Layout of a run's folder OUT, spelled once: a folder for each kind of record, and the files next to a trial's record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile

from benchmarks.spec.compared import suite_of
from benchmarks.spec.suite import Suite
from benchmarks.spec.trial import LONGEST_FILE, Trial
from benchmarks.store.checkpoints import CheckpointStore
from benchmarks.store.files import clear_partials, made
from benchmarks.store.labels import LabelStore
from benchmarks.store.plans import DeclaredPlan, PlanStore
from benchmarks.store.predictions import Predictions, PredictionStore
from benchmarks.store.probes import ProbeResult, ProbeStore
from benchmarks.store.timings import TimingResult, TimingStore
from benchmarks.store.trials import TrialResult, TrialStore

TRIALS, TIMINGS, PROBES, LABELS, CHECKPOINTS = "trials", "timings", "probes", "labels", "checkpoints"
WEIGHTS, SHEET = ".safetensors", ".png"  # next to a trial's record
WRITE_TEST = ".write-test-"
RANDOM_LETTERS = 8  # at the end of a temporary file's name


@dataclass(frozen=True, kw_only=True, slots=True)
class Records:
    """All records of a run's folder, read once, and a line for each unreadable file; labels are read from `labels` when they are needed."""

    results: list[TrialResult]
    sessions: list[TimingResult]
    probes: list[ProbeResult]
    unreadable: list[str]
    labels: LabelStore
    plans: Mapping[Path, DeclaredPlan] = field(default_factory=dict)
    predictions: Mapping[str, Predictions] = field(default_factory=dict)  # by the folder of a study

    def plans_of(self, suite: str) -> dict[str, DeclaredPlan]:
        """Return the plans of a suite by study, that is by the name of its folder."""
        return {path.parent.name: plan for path, plan in self.plans.items() if plan.suite == suite}

    @property
    def comparisons(self) -> dict[str, Suite]:
        """Suites of the comparisons, by name; they have no files, and are made from their plans."""
        return {plan.suite: suite_of(plan.comparison) for plan in self.plans.values() if plan.comparison is not None}


@dataclass(frozen=True, slots=True)
class Out:
    """Folder that a run writes, and the stores in it."""

    folder: Path

    @property
    def trials(self) -> TrialStore:
        """Results of trials."""
        return TrialStore(folder=self.folder / TRIALS)

    @property
    def timings(self) -> TimingStore:
        """Timing sessions."""
        return TimingStore(folder=self.folder / TIMINGS)

    @property
    def probes(self) -> ProbeStore:
        """Results of probes."""
        return ProbeStore(folder=self.folder / PROBES)

    @property
    def labels(self) -> LabelStore:
        """Labels of test images."""
        return LabelStore(folder=self.folder / LABELS)

    @property
    def checkpoints(self) -> CheckpointStore:
        """Checkpoints of unfinished trials."""
        return CheckpointStore(folder=self.folder / CHECKPOINTS)

    @property
    def plans(self) -> PlanStore:
        """Plans of the studies."""
        return PlanStore(folder=self.folder)

    @property
    def predictions(self) -> PredictionStore:
        """Predictions of the claims of the studies."""
        return PredictionStore(folder=self.folder)

    def weights(self, trial: Trial) -> Path:
        """Return the path of a trial's weights, whether or not the file exists."""
        return self.trials.path(trial).with_suffix(WEIGHTS)

    def sheet(self, trial: Trial) -> Path:
        """Return the path of the sheet of a trial's misclassified images, whether or not the file exists."""
        return self.trials.path(trial).with_suffix(SHEET)

    def all_weights(self) -> list[Path]:
        """Return all files of weights, in the order of names."""
        return sorted(self.trials.folder.glob(f"*{WEIGHTS}"))

    def with_result(self, trials: Iterable[Trial]) -> set[Trial]:
        """Return the trials that have a recorded result; the results are not kept in memory, as there may be many."""
        return {trial for trial in trials if (result := self.trials.find(trial)) is not None and result.has_result}

    def read(self) -> Records:
        """Read all records.

        Raises:
            NewerSchemaError: a later release wrote a record.
        """
        results, trials = self.trials.read_all()
        sessions, timings = self.timings.read_all()
        probes, others = self.probes.read_all()
        plans, lost = self.plans.read_all()
        predictions, unread = self.predictions.read_all()
        unreadable = [*trials, *timings, *others, *lost, *unread]
        return Records(
            results=results,
            sessions=sessions,
            probes=probes,
            unreadable=unreadable,
            labels=self.labels,
            plans=plans,
            predictions=predictions,
        )

    def prepare(self) -> None:
        """Create the folder, test whether it is writable, and remove unfinished files of killed runs.

        Raises:
            ValueError: the folder cannot be written to.
        """
        folder = self.trials.folder
        prefix = WRITE_TEST.ljust(LONGEST_FILE - RANDOM_LETTERS, "-")  # the longest name that a record may get
        try:
            with made(folder), NamedTemporaryFile(dir=folder, prefix=prefix):
                pass
            for subfolder in self.folder.iterdir():
                if subfolder.is_dir():
                    clear_partials(subfolder)
        except OSError as error:
            raise ValueError(f"{folder} cannot be written to ({error.strerror}): name another folder with --out") from error
