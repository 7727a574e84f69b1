"""Say what a folder holds of one study: what ran, what its plan declares, and what is missing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from analysis.inference.controls import controls_of
from analysis.inference.tuned import unfinished
from analysis.tables.dates import time_of
from analysis.tables.plans import departures
from analysis.tables.probes import unprobed
from analysis.tables.studies import Study
from analysis.tables.tuning import tunings_of
from analysis.tables.versions import is_version
from benchmarks.spec.declaration import arm_hash
from benchmarks.spec.rates import arms_at_every_rate
from benchmarks.spec.settings import recipe_name
from benchmarks.spec.trial import Arm, Trial, arm_among
from benchmarks.spec.words import counted
from benchmarks.store.plans import PLAN, DeclaredPlan
from benchmarks.store.timings import TimingResult
from benchmarks.store.trials import TrialResult
from resnet_variants.names import some_of

SHOWN = 4  # arms or probes that a line names of a longer list


@dataclass(frozen=True, order=True, slots=True)
class Run:
    """Trial of a study: label of its arm, learning rate and seed."""

    arm: str
    rate: float
    seed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyInventory:
    """What a folder holds of a study; `folder`, the path of its plan and that of its `page`, if there is one, are relative to OUT.

    `trials` are numbers by status, at all learning rates, without controls and tuning runs, which are in `controls` and `tuning`. `plan` is
    what the plan that the study follows declares, with its path, or None. `last_run` is when its last record was made, in UTC and ISO 8601.
    `missing` are trials without a record; `incomplete` describes them and all else that is missing, `remarks` departures from the plan.
    """

    suite: str
    dataset: str
    recipe: str
    folder: str
    rates: tuple[float, ...]
    seeds: tuple[int, ...]
    arms: tuple[str, ...]
    trials: Mapping[str, int]
    controls: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    tuning: Mapping[str, object] = field(default_factory=dict)
    probes: int = 0
    timing_sessions: int = 0
    plan: Mapping[str, object] | None = None
    page: str | None = None
    last_run: str | None = None
    missing: tuple[Run, ...] = ()
    incomplete: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def take_stock(study: Study) -> StudyInventory:
    """Return what a folder holds of a study."""
    every = [*study.by_rate.values(), *study.tuned]
    results = [result for at_rate in every for result in at_rate.results]
    present = {study.suite.label_of(result.trial) for result in results}
    tuned = tunings_of(study) if study.tuning else {}
    chosen = {label: tuning.chosen for label, tuning in tuned.items() if tuning.chosen is not None}
    missing = missing_runs(study)
    records: list[TrialResult | TimingResult] = [*results, *study.controls, *study.tuning, *study.timings]
    return StudyInventory(
        suite=study.name,
        dataset=study.dataset.name,
        recipe=recipe_name(study.recipe),
        folder=f"{study.name}/{study.label}",
        rates=tuple(study.by_rate),
        seeds=tuple(sorted({result.trial.seed for result in results})),
        arms=tuple(label for label in study.suite.arms if label in present),
        trials=_by_status(results),
        controls={
            control.control: {"reference": control.reference, "outcome": control.outcome, "trials": number}
            for control in controls_of(study)
            if (number := sum(result.trial.control == control.control for result in study.controls))
        },
        tuning={"trials": _by_status(study.tuning), "chosen_rates": chosen} if study.tuning else {},
        probes=sum(len(at_rate.probes) for at_rate in every),
        timing_sessions=len(study.timings),
        plan=_plan_values(study.plan, f"{study.name}/{study.label}") if study.plan else None,
        last_run=latest(records),
        missing=tuple(missing),
        incomplete=tuple(_gaps(study, missing)),
        remarks=tuple(departures(study)),
    )


def take_stock_of_plan(plan: DeclaredPlan, label: str, declared: Sequence[TrialResult], why: str) -> StudyInventory:
    """Return what a folder holds of a declared study without its suite: `declared` are its results, and `why` says why it has no suite."""
    labels, folder = {digest: name for name, digest in plan.arms.items()}, f"{plan.suite}/{label}"
    runs = [result for result in declared if not result.trial.marks]
    present = {labels[digest] for result in runs if (digest := _declared_hash(plan, result.trial))}
    controls = Counter(result.trial.control for result in declared if result.trial.control)
    tuning = [result for result in declared if result.trial.holdout]
    return StudyInventory(
        suite=plan.suite,
        dataset=plan.dataset.name,
        recipe=recipe_name(plan.recipe),
        folder=folder,
        rates=plan.rates,
        seeds=tuple(sorted({result.trial.seed for result in runs})),
        arms=tuple(name for name in plan.arms if name in present),
        trials=_by_status(runs),
        controls={name: {"reference": plan.reference, "outcome": None, "trials": number} for name, number in controls.items()},
        tuning={"trials": _by_status(tuning), "chosen_rates": {}} if tuning else {},
        plan=_plan_values(plan, folder),
        last_run=latest(declared),
        incomplete=(why,),
    )


def declared_results(plan: DeclaredPlan, results: Iterable[TrialResult]) -> list[TrialResult]:
    """Return the results that a plan declares, by the hashes of their arms."""
    return [
        result
        for result in results
        if result.trial.dataset == plan.dataset
        and (plan.has_seed(result.trial.seed) or result.trial.holdout)
        and _declared_hash(plan, result.trial)
    ]


def latest(records: Iterable[TrialResult | TimingResult]) -> str | None:
    """Return when the last of these records was made, in UTC and ISO 8601; None if no time is known."""
    return max((time for record in records if (time := time_of(record))), default=None)


@lru_cache(maxsize=1000)
def _hash_of(arm: Arm) -> str:
    """Return the hash of an arm as plans hold it."""
    return arm_hash(arm)


def _declared_hash(plan: DeclaredPlan, trial: Trial) -> str | None:
    """Return the hash of the arm of a plan that a trial is of, or None if it is of none."""
    known = set(plan.arms.values())
    changed = (replace(trial.arm, settings=settings) for settings in dict.fromkeys(plan.settings.values()))
    arm = arm_among([arm for arm in changed if _hash_of(arm) in known], trial, plan.recipe)
    return digest if arm is not None and (digest := _hash_of(arm)) in known else None


def _by_status(results: Iterable[TrialResult]) -> dict[str, int]:
    return dict(sorted(Counter[str](result.status for result in results).items(), key=lambda item: (item[0] != "ok", item[0])))


def _plan_values(plan: DeclaredPlan, folder: str) -> dict[str, object]:
    return {
        "path": f"{folder}/{PLAN}",
        "declared_at": plan.declared_at,
        "looks": () if plan.trains_nothing else plan.looks,
        "seeds": plan.seeds,
        "rates": plan.rates,
        "claims": len(plan.claims),
        "arms": len(plan.arms),
    }


def _gaps(study: Study, missing: Sequence[Run]) -> Iterator[str]:
    """Yield what a study lacks: trials, results of trials, controls, tuning runs and probes."""
    for rate in dict.fromkeys(run.rate for run in missing):
        arms = Counter(run.arm for run in missing if run.rate == rate)
        named = some_of([f"{arm} ({number})" for arm, number in arms.items()], SHOWN)
        yield f"{counted(arms.total(), 'trial')} missing at learning rate {rate:g}: {named}"
    lost = _by_status(result for at_rate in study.by_rate.values() for result in at_rate.results if not result.has_result)
    if lost:
        yield f"{counted(sum(lost.values()), 'trial')} without a result: {listed(lost)}; --retry-failed runs failed ones again"
    for control in controls_of(study):
        is_declared = study.plan is not None and control.control in study.plan.controls
        if control.missing and (is_declared or control.outcome != "not run"):
            yield f"control {control.control} missing for {counted(len(control.missing), 'seed')}"
    if study.tuning and (short := unfinished(tunings_of(study))):
        yield f"tuning incomplete: {some_of(short, SHOWN)}"
    lacking = unprobed(study)
    if lacking:
        yield f"not probed: {some_of(lacking, SHOWN)}"


def listed(numbers: Mapping[str, int]) -> str:
    """Return numbers by status as text, such as "38 ok, 2 diverged"."""
    return ", ".join(f"{number:,} {status}" for status, number in numbers.items()) or "none"


def missing_runs(study: Study) -> list[Run]:
    """Return the trials that a study lacks up to the look that it has begun, or up to its seeds if it declares no look.

    An arm that has exactly the seeds of a declared look lacks none: the claims about it may be decided while others need more seeds.
    """
    compared = arms_at_every_rate(study.suite, study.dataset.name)
    seeds: dict[tuple[str, float], set[int]] = {}
    for rate, at_rate in study.by_rate.items():
        for result in at_rate.results:
            seeds.setdefault((study.suite.label_of(result.trial), rate), set()).add(result.trial.seed)
    begun = set().union(*seeds.values())
    missing: list[Run] = []
    for rate in study.plan.rates if study.plan else tuple(study.by_rate):
        for label, arm in study.suite.arms.items():
            if is_version(label, arm) or (rate != study.recipe.learning_rate and arm not in compared):
                continue
            own = seeds.get((label, rate), set())
            missing += [Run(label, rate, seed) for seed in sorted(_wanted_seeds(study, own, begun) - own)]
    return missing


def _wanted_seeds(study: Study, own: set[int], begun: set[int]) -> set[int]:
    """Return the seeds that an arm should have, given its own seeds and those that any arm has."""
    first, looks = study.first_seed, study.looks
    if not looks:
        return begun
    at_looks = [set(range(first, first + look)) for look in looks]
    if own in at_looks:
        return own
    declared = {seed for seed in begun if study.plan is None or study.plan.has_seed(seed)}
    return next((wanted for wanted in at_looks if declared <= wanted), at_looks[-1])
