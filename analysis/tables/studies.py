"""Records -> studies: what a report speaks of, one suite on one data set with one recipe. A store may hold several, and trials of other suites."""

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
    """A suite's results on one data set with one recipe; `label` names it, and its folder.

    The images may have been called otherwise later on: `dataset` has the name of the first record.
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
        """One row for each arm and seed that is there, in the suite's order."""
        return trials_frame(self.suite, self.results, self.probes)

    @cached_property
    def timings_by_arm(self) -> dict[str, NetworkTiming]:
        """What was timed of each arm."""
        if self.timing is None:
            return {}
        found = _eager(self.timing, self.results[0].data.task(self.recipe), self.recipe.batch_size)
        return {label: found[arm.architecture] for label, arm in self.suite.arms.items() if arm.architecture in found}

    @cached_property
    def costs_by_arm(self) -> dict[str, Cost]:
        """What each arm was counted to cost."""
        counted = {result.trial.arm: result.cost for result in self.results if result.cost}
        return {label: counted[arm] for label, arm in self.suite.arms.items() if arm in counted}


def studies_of(
    name: str,
    suite: Suite,
    results: Sequence[TrialResult],
    sessions: Sequence[TimingResult] = (),
    probes: Sequence[ProbeResult] = (),
) -> list[Study]:
    """The studies of a suite that a store holds, in the order of their labels, with their probes and the timing session that fits best.

    A seed of which nothing is there but arms that other suites have run for themselves is none of a study's.
    """
    known = _all_arms(with_versions(suite, (result.trial.arm for result in results)))
    groups: dict[tuple[DatasetIdentity, Recipe], list[TrialResult]] = {}
    for result in results:
        if result.trial.arm in known:
            groups.setdefault((result.trial.dataset, result.trial.recipe), []).append(result)
    groups = {(_first_name(found), recipe): found for (_, recipe), found in groups.items()}
    checksums: dict[str, set[str]] = {}
    for dataset, _ in groups:
        checksums.setdefault(dataset.name, set()).add(dataset.checksum)
    shared = _shared_arms(suite)
    versions = {about: with_versions(suite, (result.trial.arm for result in found)) for about, found in groups.items()}
    asked = {about: _asked(versions[about], found, shared) for about, found in groups.items()}
    groups = {about: _own(found, set(asked[about].arms.values()), shared) for about, found in groups.items()}
    studies = [
        Study(
            name=name,
            suite=asked[dataset, recipe],
            dataset=dataset,
            recipe=recipe,
            label=study_label(dataset, recipe, is_ambiguous=len(checksums[dataset.name]) > 1),
            results=tuple(found),
            timing=_session(asked[dataset, recipe], found[0], sessions),
            probes=_probes(asked[dataset, recipe], found, probes),
        )
        for (dataset, recipe), found in groups.items()
        if found
    ]
    return sorted(studies, key=lambda study: study.label)


def _first_name(found: Sequence[TrialResult]) -> DatasetIdentity:
    """Return the images under the name that the first of these records gave them, so that a study's folder stays where it is."""
    first = min(found, key=lambda result: (result.finished_at or "", result.trial.dataset.name))
    return first.trial.dataset


def _shared_arms(suite: Suite) -> set[Arm]:
    """The arms that are also another suite's, one that has not all of this one's."""
    others = [_all_arms(load_suite(name)) for name in suite_names()]
    return {arm for other in others if not set(suite.arms.values()) <= other for arm in _all_arms(suite) & other}


def _all_arms(suite: Suite) -> set[Arm]:
    return {*suite.arms.values(), *suite.optional.values()}


def _asked(suite: Suite, found: Sequence[TrialResult], shared: set[Arm]) -> Suite:
    """The suite with its optional arms that are there, where one of them was run for it, and not for another suite."""
    there = {result.trial.arm for result in found}
    return suite.with_optional(there) if there & set(suite.optional.values()) - shared else suite


def _own(found: list[TrialResult], arms: set[Arm], shared: set[Arm]) -> list[TrialResult]:
    """The results of seeds that are whole, or that have an arm which is this suite's alone; all of them where that leaves none."""
    found = [result for result in found if result.trial.arm in arms]
    by_seed: dict[int, set[Arm]] = {}
    for result in found:
        by_seed.setdefault(result.trial.seed, set()).add(result.trial.arm)
    foreign = {seed for seed, there in by_seed.items() if there != arms and there <= shared}
    return [result for result in found if result.trial.seed not in foreign] or found


def _probes(suite: Suite, found: Sequence[TrialResult], probes: Sequence[ProbeResult]) -> tuple[ProbeResult, ...]:
    """What the suite asks of these trials and has an answer to, in the trials' order."""
    asked = probes_of(suite, [result.trial for result in found])
    there = {(result.trial, result.probe): result for result in probes} if asked else {}
    return tuple(there[pair] for pair in asked if pair in there)


def _session(suite: Suite, result: TrialResult, sessions: Sequence[TimingResult]) -> TimingResult | None:
    """The session that timed most of the suite's networks on such images under such a recipe, on the trials' machine if any did, or None."""
    recipe, task = result.trial.recipe, result.data.task(result.trial.recipe)
    machine = result.environment.gpu or result.environment.processor
    there = {arm.architecture for arm in suite.arms.values()}
    fitting = [
        (
            len(there & set(_eager(session, task, recipe.batch_size))),
            (session.environment.gpu or session.environment.processor) == machine,
            session,
        )
        for session in sessions
        if session.plan.survey is None
        and session.plan.precision == recipe.precision
        # a suite that times none on its own account takes what was timed for it, and not for another
        and (suite.timed or {one.workload.architecture for one in session.networks} <= there)
    ]
    most, _, best = max(fitting, key=lambda one: one[:2], default=(0, False, None))
    return best if most else None


def _eager(session: TimingResult, task: Task, batch_size: int) -> dict[Variant, NetworkTiming]:
    """What was timed of each network on such images in such batches, as it stands."""
    fitting = [
        one
        for one in session.networks
        if (one.workload.task, one.workload.batch_size, one.workload.mode) == (task, batch_size, "eager")
    ]
    return {one.workload.architecture: one for one in fitting}


def study_label(dataset: DatasetIdentity, recipe: Recipe, *, is_ambiguous: bool = False) -> str:
    """A study's folder: data set, its checksum where two of that name are in one store, and recipe."""
    name = f"{dataset.name}-{dataset.checksum[:6]}" if is_ambiguous else dataset.name
    images, how = slug(name), slug(recipe_name(recipe).replace("=", "."))
    if len(f"{images}-{how}") > LONGEST_LABEL:
        images = short(images, LONGEST_LABEL // 2)  # the recipe is to be read, too
    return short(f"{images}-{how}", LONGEST_LABEL)


def has_an_arm_of_its_own(study: Study) -> bool:
    """Whether an arm is there that no other suite has."""
    return not {result.trial.arm for result in study.results} <= _shared_arms(study.suite)


def is_of_its_suite(study: Study) -> bool:
    """Whether an arm is there that no other suite has, or all arms of a claim, with its suite's probes: suites share trials, and trials
    that another suite ran for itself make no study.
    """
    there, arms = {result.trial.arm for result in study.results}, study.suite.arms
    if has_an_arm_of_its_own(study):
        return True
    if study.suite.probes and not study.probes:
        return False
    return any(all(arms[arm] in there for arm in claim.test.contrast) for claim in study.suite.claims)
