"""Group records into studies: one suite on one data set with one recipe. A store may hold several studies, also of other suites."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from analysis.tables.trials import trials_frame
from analysis.tables.versions import with_versions
from benchmarks.spec.cost import Cost
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.settings import recipe_name
from benchmarks.spec.suite import Suite, load_suite, probes_of, suite_names
from benchmarks.spec.trial import LONGEST_LABEL, Arm, DatasetIdentity, short, slug
from benchmarks.store.probes import ProbeResult
from benchmarks.store.timings import NetworkTiming, TimingResult
from benchmarks.store.trials import TrialResult
from resnet_variants.architecture import Task
from resnet_variants.variant import Variant


@dataclass(frozen=True, kw_only=True)
class Study:
    """Results of a suite on one data set with one recipe; `label` is the name of the study and of its folder.

    Records may name the same images differently: `dataset` has the name in the first record.
    """

    name: str
    suite: Suite
    dataset: DatasetIdentity
    recipe: Recipe
    label: str
    results: tuple[TrialResult, ...]
    timing: TimingResult | None = None
    probes: tuple[ProbeResult, ...] = ()

    @cached_property
    def trials(self) -> pd.DataFrame:
        """Row per trial, in the order of the suite's arms and of the seeds."""
        return trials_frame(self.suite, self.results, self.probes)

    @cached_property
    def timings_by_arm(self) -> dict[str, NetworkTiming]:
        """Timings of the eager networks, by arm."""
        if self.timing is None:
            return {}
        timed = _eager_timings(self.timing, self.results[0].data.task(self.recipe), self.recipe.batch_size)
        return {label: timed[arm.architecture] for label, arm in self.suite.arms.items() if arm.architecture in timed}

    @cached_property
    def costs_by_arm(self) -> dict[str, Cost]:
        """Counted costs, by arm."""
        counted = {result.trial.arm: result.cost for result in self.results if result.cost}
        return {label: counted[arm] for label, arm in self.suite.arms.items() if arm in counted}


def studies_of(
    name: str,
    suite: Suite,
    results: Sequence[TrialResult],
    sessions: Sequence[TimingResult] = (),
    probes: Sequence[ProbeResult] = (),
) -> list[Study]:
    """Return the studies of a suite in a store, sorted by label, with their probes and the best-matching timing session.

    Ignore seeds for which only arms shared with other suites were run.
    """
    known = _all_arms(with_versions(suite, (result.trial.arm for result in results)))
    groups: dict[tuple[DatasetIdentity, Recipe], list[TrialResult]] = {}
    for result in results:
        if result.trial.arm in known:
            groups.setdefault((result.trial.dataset, result.trial.recipe), []).append(result)
    groups = {(_first_name(group), recipe): group for (_, recipe), group in groups.items()}
    checksums: dict[str, set[str]] = {}
    for dataset, _ in groups:
        checksums.setdefault(dataset.name, set()).add(dataset.checksum)
    shared = _shared_arms(suite)
    suites = {key: _with_requested_arms(suite, group, shared) for key, group in groups.items()}
    groups = {key: _drop_foreign_seeds(group, set(suites[key].arms.values()), shared) for key, group in groups.items()}
    studies = [
        Study(
            name=name,
            suite=suites[dataset, recipe],
            dataset=dataset,
            recipe=recipe,
            label=study_label(dataset, recipe, is_ambiguous=len(checksums[dataset.name]) > 1),
            results=tuple(group),
            timing=_best_session(suites[dataset, recipe], group[0], sessions),
            probes=_probes_of_trials(suites[dataset, recipe], group, probes),
        )
        for (dataset, recipe), group in groups.items()
        if group
    ]
    return sorted(studies, key=lambda study: study.label)


def _first_name(results: Sequence[TrialResult]) -> DatasetIdentity:
    """Return the data set under its name in the oldest record, so that the study's folder keeps its name."""
    first = min(results, key=lambda result: (result.finished_at or "", result.trial.dataset.name))
    return first.trial.dataset


def _shared_arms(suite: Suite) -> set[Arm]:
    """Return the arms that another suite shares, not counting suites that include all arms of this one."""
    others = [_all_arms(load_suite(name)) for name in suite_names()]
    return {arm for other in others if not set(suite.arms.values()) <= other for arm in _all_arms(suite) & other}


def _all_arms(suite: Suite) -> set[Arm]:
    """Return the arms of a suite and its optional arms."""
    return {*suite.arms.values(), *suite.optional.values()}


def _with_requested_arms(suite: Suite, results: Sequence[TrialResult], shared: set[Arm]) -> Suite:
    """Return the suite with the versions of its networks, and with its optional arms that have results.

    The optional arms are left out if other suites share all of those that have results.
    """
    present = {result.trial.arm for result in results}
    suite = with_versions(suite, [result.trial.arm for result in results])
    return suite.with_optional(present) if present & set(suite.optional.values()) - shared else suite


def _drop_foreign_seeds(results: list[TrialResult], arms: set[Arm], shared: set[Arm]) -> list[TrialResult]:
    """Drop incomplete seeds for which only shared arms were run; keep all results if nothing would be left."""
    results = [result for result in results if result.trial.arm in arms]
    by_seed: dict[int, set[Arm]] = {}
    for result in results:
        by_seed.setdefault(result.trial.seed, set()).add(result.trial.arm)
    foreign = {seed for seed, present in by_seed.items() if present != arms and present <= shared}
    return [result for result in results if result.trial.seed not in foreign] or results


def _probes_of_trials(suite: Suite, results: Sequence[TrialResult], probes: Sequence[ProbeResult]) -> tuple[ProbeResult, ...]:
    """Return the probe results that the suite requests for these trials, in the order of the trials."""
    requested = probes_of(suite, [result.trial for result in results])
    recorded = {(result.trial, result.probe): result for result in probes} if requested else {}
    return tuple(recorded[pair] for pair in requested if pair in recorded)


def _best_session(suite: Suite, result: TrialResult, sessions: Sequence[TimingResult]) -> TimingResult | None:
    """Return the session that timed most of the suite's networks on the same images and recipe, preferably on the same machine."""
    recipe, task = result.trial.recipe, result.data.task(result.trial.recipe)
    networks = {arm.architecture for arm in suite.arms.values()}
    candidates = [
        (
            len(networks & set(_eager_timings(session, task, recipe.batch_size))),
            session.environment.machine == result.environment.machine,
            session,
        )
        for session in sessions
        if session.plan.survey is None
        and session.plan.precision == recipe.precision
        # a suite without timed steps only takes a session of its own networks
        and (suite.timed or {network.workload.architecture for network in session.networks} <= networks)
    ]
    num_timed, _, best = max(candidates, key=lambda candidate: candidate[:2], default=(0, False, None))
    return best if num_timed else None


def _eager_timings(session: TimingResult, task: Task, batch_size: int) -> dict[Variant, NetworkTiming]:
    """Return the eager timings of a session for this task and batch size, by network."""
    return {
        network.workload.architecture: network
        for network in session.networks
        if (network.workload.task, network.workload.batch_size, network.workload.mode) == (task, batch_size, "eager")
    }


def study_label(dataset: DatasetIdentity, recipe: Recipe, *, is_ambiguous: bool = False) -> str:
    """Return the name of a study's folder: data set, its checksum if the name is ambiguous, and recipe."""
    name = f"{dataset.name}-{dataset.checksum[:6]}" if is_ambiguous else dataset.name
    images, how = slug(name), slug(recipe_name(recipe).replace("=", "."))
    if len(f"{images}-{how}") > LONGEST_LABEL:
        images = short(images, LONGEST_LABEL // 2)  # leaves room for the recipe
    return short(f"{images}-{how}", LONGEST_LABEL)


def has_an_arm_of_its_own(study: Study) -> bool:
    """Return whether any arm with results is not shared with another suite."""
    return not {result.trial.arm for result in study.results} <= _shared_arms(study.suite)


def is_of_its_suite(study: Study) -> bool:
    """Return whether the study has an arm of its own, or all arms of a claim together with probes if the suite has any.

    Suites share trials: trials that were run only for another suite do not form a study.
    """
    present, arms = {result.trial.arm for result in study.results}, study.suite.arms
    if has_an_arm_of_its_own(study):
        return True
    if study.suite.probes and not study.probes:
        return False
    return any(all(arms[arm] in present for arm in claim.test.contrast) for claim in study.suite.claims)
