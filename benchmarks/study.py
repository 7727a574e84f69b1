"""From a suite to its records: which trials there are, which are missing, and carrying these out."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.data import Images
from benchmarks.executors import Event, Finished, Probed, Trained
from benchmarks.executors.local import Job, execute
from benchmarks.machine import has_native_bf16
from benchmarks.probe import ProbeStore, ProbeTask
from benchmarks.recipe import Recipe
from benchmarks.records import MEASURED, Store, TrialResult
from benchmarks.suite import Suite, probes_of
from benchmarks.trial import Arm, Trial
from benchmarks.truth import write_sheet


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The trials of a study on one data set: every arm for a seed, then the next seed, so that a stopped run is still fair."""

    trials: tuple[Trial, ...]
    images: Images


def settle_precision(recipe: Recipe, device: str) -> Recipe:
    """The recipe with "native" made bf16 where the device has it, fp32 elsewhere."""
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


def measured(trials: Iterable[Trial], store: Store) -> dict[Trial, TrialResult]:
    """The results that are there and need no other run."""
    found = ((trial, store.find(trial)) for trial in trials)
    return {trial: result for trial, result in found if result is not None and result.status in MEASURED}


def carry_out(trials: Iterable[Trial], job: Job, store: Store, *, num_workers: int, on_event: Callable[[Event], None]) -> None:
    """Run the trials that are not done yet and keep each result as it comes; with a job that keeps weights, these too.

    Seed by seed, so that a run that is stopped is fair, and of a seed the deep networks first, so that no worker is left with one at the end.
    A trial is done when it is measured, and where the job keeps weights, when they are there: then a trial whose record is there runs
    again for its weights alone. Several runs may work on one folder: a trial that another is at is left to it.
    """
    claims: dict[Trial, ExitStack] = {}
    with ExitStack() as everything:
        ordered = sorted(trials, key=lambda trial: (trial.seed, -trial.architecture.depth))
        for event in execute(_unclaimed(ordered, store, job, claims, everything), job, num_workers):
            if isinstance(event, Trained):
                write_weights(store.path(event.trial), event.weights)
            elif isinstance(event, Finished):
                if not measured([event.result.trial], store):
                    write_sheet(store.write(event.result), event.result, job.images)
                claims.pop(event.result.trial).close()
            on_event(event)


def is_done(trial: Trial, store: Store, job: Job) -> bool:
    """Whether a trial has what a job wants of it."""
    return bool(measured([trial], store)) and (not job.keeps_weights or weights_path(store.path(trial)).exists())


def missing_probes(suite: Suite, trials: Iterable[Trial], store: Store) -> list[tuple[Trial, str]]:
    """What a suite asks of these trials and has no answer to yet; the long ones first, so that no worker is left with one at the end."""
    probes = ProbeStore(folder=store.folder.parent / "probes")
    asked = [(trial, probe) for trial, probe in probes_of(suite, trials) if probes.find(trial, probe) is None]
    return sorted(asked, key=lambda pair: -pair[0].architecture.depth)


def carry_out_probes(
    tasks: Iterable[tuple[Trial, str]], job: Job, store: Store, *, num_workers: int, on_event: Callable[[Event], None]
) -> None:
    """Ask these probes of these trained trials and keep each result as it comes; those whose weights are not there are left out."""
    probes = ProbeStore(folder=store.folder.parent / "probes")
    wanted = [(trial, probe, weights_path(store.path(trial))) for trial, probe in tasks]
    asked = (ProbeTask(trial=trial, probe=probe, weights=path.read_bytes()) for trial, probe, path in wanted if path.exists())
    for event in execute(asked, job, num_workers):
        if isinstance(event, Probed):
            probes.write(event.result)
        on_event(event)


def weights_path(record: Path) -> Path:
    """Where the weights of a record's network stand."""
    return record.with_suffix(".safetensors")


def write_weights(record: Path, weights: bytes) -> None:
    """Keep a network's weights beside its record, whole or not at all."""
    partial = record.with_name(f".part-{record.stem}.safetensors")
    partial.write_bytes(weights)
    partial.replace(weights_path(record))


def _unclaimed(
    trials: Iterable[Trial], store: Store, job: Job, claims: dict[Trial, ExitStack], everything: ExitStack
) -> Iterator[Trial | None]:
    """Trials to run, each claimed; None while all that is left is claimed by other runs."""
    waiting = deque(trials)
    num_passed = 0
    while waiting:
        trial = waiting.popleft()
        claim = everything.enter_context(ExitStack())
        is_mine = claim.enter_context(store.claim(trial))
        if is_done(trial, store, job):  # another run has done it meanwhile
            claim.close()
        elif is_mine:
            claims[trial] = claim
            num_passed = 0
            yield trial
        else:
            waiting.append(trial)
            num_passed += 1
            if num_passed >= len(waiting):
                num_passed = 0
                yield None
