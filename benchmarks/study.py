"""From a suite to its records: which trials there are, which are missing, and carrying these out."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.checkpoints import CheckpointStore
from benchmarks.data import Images
from benchmarks.executors import (
    Attempt,
    Checkpointed,
    Event,
    Executor,
    Finished,
    Job,
    Lost,
    Note,
    Probed,
    Trained,
    not_measured,
)
from benchmarks.files import write_whole
from benchmarks.machine import has_native_bf16
from benchmarks.probe import ProbeStore, ProbeTask
from benchmarks.recipe import Recipe
from benchmarks.records import MEASURED, Store, TrialResult, failed, meaning_of, to_json
from benchmarks.strict_json import recordable
from benchmarks.suite import Suite, probes_of
from benchmarks.trial import Arm, Trial
from benchmarks.truth import write_sheet


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The trials of a study on one data set: every arm for a seed, then the next seed, so that a stopped run is still fair."""

    trials: tuple[Trial, ...]
    images: Images


def settle_precision(recipe: Recipe, device: str) -> Recipe:
    """The recipe with "native" made bf16 where the device has it, fp32 elsewhere.

    Raises:
        ValueError: it is a GPU of another machine.
    """
    if recipe.precision == "native":
        return replace(recipe, precision="bf16" if has_native_bf16(device) else "fp32")
    return recipe


def plan(arms: Iterable[Arm], images: Images, recipe: Recipe, num_seeds: int) -> Plan:
    """Every arm with every seed from 0 on; arms that are one architecture share its trials.

    Raises:
        ValueError: fewer than one seed.
    """
    if num_seeds < 1:
        raise ValueError(f"--seeds {num_seeds} is not possible: it must be 1 or more")
    identity, distinct = images.identity(), list(dict.fromkeys(arms))
    trials = [
        Trial(architecture=arm.architecture, dataset=identity, recipe=recipe, seed=seed, train_fraction=arm.train_fraction)
        for seed in range(num_seeds)
        for arm in distinct
    ]
    return Plan(trials=tuple(trials), images=images)


def measured(trials: Iterable[Trial], store: Store) -> set[Trial]:
    """The trials whose results are there and need no other run; the results stay in their files, as they may be many."""
    return {trial for trial in trials if (result := store.find(trial)) is not None and result.status in MEASURED}


def refuse_other_meanings(trials: Iterable[Trial], results: Iterable[TrialResult]) -> None:
    """Refuse results of these trials whose network's names stood for another network than they do now.

    Of a failure there is nothing to mistake: its trial is run again.

    Raises:
        ValueError: there is one; says what its names stood for.
    """
    asked = set(trials)
    for result in results:
        if result.is_of_another and result.status in MEASURED and result.trial in asked:
            raise ValueError(
                f"{result.trial.arm.label} with seed {result.trial.seed} was trained when its names stood for {result.meaning!r}, which is now "
                f"{meaning_of(result.trial.architecture)!r}: give the new one a name of its own, or name another folder with --out"
            )


def carry_out(trials: Iterable[Trial], job: Job, store: Store, execute: Executor, on_event: Callable[[Event], None]) -> None:
    """Run the trials that are not done yet and keep each result as it comes; with a job that keeps weights, these too.

    Seed by seed, so that a run that is stopped is fair, and of a seed the deep networks first, so that no worker is left with one at the end.
    A trial is done when it is measured, and where the job keeps weights, when they are there: then a trial whose record is there runs
    again for its weights alone. Several runs may work on one folder: a trial that another is at is left to it.
    """
    checkpoints = checkpoints_of(store)
    ordered = sorted(trials, key=lambda trial: (trial.seed, -trial.architecture.depth))
    with closing(Queue(ordered, job, store)) as queue:
        for event in execute(iter(queue), job):
            known = queue.lost(event) if isinstance(event, Lost) else event
            if isinstance(known, Checkpointed):
                checkpoints.write(known.trial, known.state)
            elif isinstance(known, Trained):
                write_whole(weights_path(store.path(known.trial)), known.weights)
            elif isinstance(known, Finished):
                known = Finished(result=recordable(known.result, to_json, partial(failed, known.result))[0])
                if not measured([known.result.trial], store):
                    write_sheet(store.write(known.result), known.result, job.images)
                checkpoints.remove(known.result.trial)
                queue.ended(known.result.trial)
            on_event(known)


def checkpoints_of(store: Store) -> CheckpointStore:
    """Where the states of a store's trials are kept while these are under way."""
    return CheckpointStore(folder=store.folder.parent / "checkpoints")


def is_done(trial: Trial, store: Store, job: Job) -> bool:
    """Whether a trial has what a job wants of it."""
    return bool(measured([trial], store)) and (not job.keeps_weights or weights_path(store.path(trial)).exists())


def has_failed(trial: Trial, store: Store) -> bool:
    """Whether a trial has failed as it would again: with the words and paths of its network made of what they are made of now."""
    found = store.find(trial)
    return found is not None and found.status not in MEASURED and not found.is_of_another


def missing_probes(suite: Suite, trials: Iterable[Trial], store: Store) -> list[tuple[Trial, str]]:
    """What a suite asks of these trials and has no answer to yet; the long ones first, so that no worker is left with one at the end."""
    probes = ProbeStore(folder=store.folder.parent / "probes")
    asked = [(trial, probe) for trial, probe in probes_of(suite, trials) if probes.find(trial, probe) is None]
    return sorted(asked, key=lambda pair: -pair[0].architecture.depth)


def carry_out_probes(
    tasks: Iterable[tuple[Trial, str]], job: Job, store: Store, execute: Executor, on_event: Callable[[Event], None]
) -> None:
    """Ask these probes of these trained trials and keep each result as it comes; those whose weights are not there are left out."""
    probes = ProbeStore(folder=store.folder.parent / "probes")
    wanted = [(trial, probe, weights_path(store.path(trial))) for trial, probe in tasks]
    asked = (ProbeTask(trial=trial, probe=probe, weights=path.read_bytes()) for trial, probe, path in wanted if path.exists())
    for event in execute(asked, job):
        ended = not_measured(event.task, job, event.status, event.detail) if isinstance(event, Lost) else event
        if isinstance(ended, Probed):
            ended = Probed(result=probes.write(ended.result))
        on_event(ended)


def weights_path(record: Path) -> Path:
    """Where the weights of a record's network stand."""
    return record.with_suffix(".safetensors")


def weights_of(out: Path) -> list[Path]:
    """The weights that are kept under OUT."""
    return sorted((out / "trials").glob("*.safetensors"))


class Queue:
    """Trials on their way: each is claimed before it is given out, and given out again where its worker is lost."""

    def __init__(self, trials: Iterable[Trial], job: Job, store: Store) -> None:
        self.waiting = deque(trials)
        self.before = {trial: found for trial in self.waiting if (found := store.find(trial)) is not None}
        self.job, self.store = job, store
        self.under_way: dict[Trial, ExitStack] = {}
        self.num_lost: Counter[Trial] = Counter()

    def __iter__(self) -> Iterator[Attempt | None]:
        """Trials to run; None while all that is left is claimed by other runs, or may come back."""
        num_passed = 0
        while self.waiting or self.under_way:
            if num_passed >= len(self.waiting):
                num_passed = 0
                yield None
                continue
            trial = self.waiting.popleft()
            if trial in self.under_way or self._claim(trial):
                num_passed = 0
                yield Attempt(trial=trial, checkpoint=checkpoints_of(self.store).find(trial))
            elif not self._is_ended(trial):
                self.waiting.append(trial)
                num_passed += 1

    def _is_ended(self, trial: Trial) -> bool:
        """Whether the trial is done, or another run has tried it since this one began, and failed as we would."""
        found = self.store.find(trial)
        tried = found is not None and found.status not in MEASURED and found != self.before.get(trial)
        return tried or is_done(trial, self.store, self.job)

    def _claim(self, trial: Trial) -> bool:
        """Whether the trial is ours to run; it is not where another run has done it meanwhile."""
        claim = ExitStack()
        if not claim.enter_context(self.store.claim(trial)) or self._is_ended(trial):
            claim.close()
            return False
        self.under_way[trial] = claim
        return True

    def lost(self, event: Lost) -> Event:
        """What becomes of a trial whose worker is gone: it is tried again, from its last checkpoint, or has failed."""
        assert isinstance(event.task, Attempt)
        trial = event.task.trial
        self.num_lost[trial] += 1
        number, limit = self.num_lost[trial], self.job.num_retries
        if number > limit:
            return not_measured(event.task, self.job, event.status, event.detail)
        self.waiting.appendleft(trial)
        return Note(words=f"{trial.arm.label} seed {trial.seed}: {event.detail}; it is tried again ({number} of {limit})")

    def ended(self, trial: Trial) -> None:
        """A trial has its result."""
        self.under_way.pop(trial).close()

    def close(self) -> None:
        """Leave what is under way to other runs."""
        while self.under_way:
            self.under_way.popitem()[1].close()
