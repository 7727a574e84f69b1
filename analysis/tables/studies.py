"""Group records into studies: one suite on one data set with one recipe, at one or more learning rates. A store may hold several studies."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from analysis.tables.sessions import Sessions
from analysis.tables.trials import trials_frame
from benchmarks.spec.cost import Cost
from benchmarks.spec.rates import without_rate
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import Suite, load_suite, suite_names
from benchmarks.spec.trial import Arm, DatasetIdentity, Trial, control_label, recipe_or_none
from benchmarks.store.plans import DeclaredPlan
from benchmarks.store.probes import ProbeResult
from benchmarks.store.timings import NetworkTiming, TimingResult
from benchmarks.store.trials import TrialResult
from resnet_variants.architecture import Task
from resnet_variants.variant import Variant


@dataclass(frozen=True, kw_only=True)
class Study:
    """Results of a suite on one data set with one recipe; `label` is the name of the study and of its folder.

    Records may name the same images differently: `dataset` has the name in the first record. `others` are the same study at its other learning
    rates, at which only some arms ran; it is empty if there is only one. `controls` are those of the suite's reference arm, which are no
    results of it. `plan` is what was declared before the first trial; records from before plans existed have none. `labels` are those of the
    test images, by seed, if they were kept. `tuning` has the runs that tune its arms' learning rates, and `tuned` is the same study at the rates
    at which only arms ran that chose them; both are of the tuned verdicts only. `timing` is the timing session that tables show, and
    `timings` are all on that machine, by time.
    """

    name: str
    suite: Suite
    dataset: DatasetIdentity
    recipe: Recipe
    label: str
    results: tuple[TrialResult, ...]
    timing: TimingResult | None = None
    timings: tuple[TimingResult, ...] = ()
    probes: tuple[ProbeResult, ...] = ()
    others: tuple["Study", ...] = ()
    controls: tuple[TrialResult, ...] = ()
    plan: DeclaredPlan | None = None
    labels: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    tuning: tuple[TrialResult, ...] = ()
    tuned: tuple["Study", ...] = ()

    @property
    def looks(self) -> tuple[int, ...]:
        """Numbers of seeds at which the claims are judged; empty if none was declared: then at as many seeds as all arms have."""
        return self.plan.looks if self.plan else ()

    @property
    def first_seed(self) -> int:
        """First seed of the study: 0 unless it declares seeds of its own."""
        return self.plan.seeds[0] if self.plan else 0

    @property
    def by_rate(self) -> dict[float, "Study"]:
        """This study and its others by learning rate, the recipe's first."""
        return {study.recipe.learning_rate: study for study in (self, *self.others)}

    @cached_property
    def present(self) -> frozenset[Arm]:
        """Arms with results at this learning rate."""
        return frozenset(arm for result in self.results if (arm := self.suite.arm_of(result.trial)))

    def results_of(self, arms: Collection[Arm]) -> list[TrialResult]:
        """Return the results of some of the arms."""
        return [result for result in self.results if self.suite.arm_of(result.trial) in arms]

    def is_of(self, plan: DeclaredPlan) -> bool:
        """Return whether a plan is for this study."""
        return self.plan is not None and self.plan.is_of_same_study(plan)

    def holds(self, trial: Trial) -> bool:
        """Return whether a trial is of this study, at any rate."""
        is_of_arm = self.suite.base is not None and self.suite.arm_of(trial) is not None
        return trial.dataset == self.dataset and (is_of_arm or without_rate(trial.recipe) == without_rate(self.recipe))

    @cached_property
    def trials(self) -> pd.DataFrame:
        """Row per trial, in the order of the suite's arms and of the seeds."""
        return trials_frame(self.suite, self.results, self.probes, self.labels)

    @cached_property
    def control_trials(self) -> pd.DataFrame:
        """Row per control and seed, under a label of its own."""
        if not self.controls:
            return self.trials.iloc[:0]
        frame = trials_frame(self.suite, self.controls, (), self.labels)
        return frame.assign(arm=[control_label(*row) for row in zip(frame["arm"], frame["control"], strict=True)])

    @cached_property
    def timings_by_arm(self) -> dict[str, NetworkTiming]:
        """Timings of the eager networks, by arm."""
        return {} if self.timing is None else self.timings_in(self.timing)

    @cached_property
    def sessions(self) -> Sessions:
        """Timing sessions over which claims about times are tested."""
        return Sessions(sessions=self.timings, networks_of=self.timings_in)

    def timings_in(self, session: TimingResult) -> dict[str, NetworkTiming]:
        """Return the timings of the eager networks in a session, by arm."""
        recipes = {label: recipe_or_none(arm, self.recipe) for label, arm in self.suite.arms.items()}
        timed = {
            recipe: eager_timings(session, self.results[0].data.task(recipe), recipe.batch_size)
            for recipe in dict.fromkeys(filter(None, recipes.values()))
        }
        found = ((label, timed[recipe].get(self.suite.arms[label].architecture)) for label, recipe in recipes.items() if recipe)
        return {label: timing for label, timing in found if timing is not None}

    @cached_property
    def costs_by_arm(self) -> dict[str, Cost]:
        """Counted costs, by arm."""
        counted = {self.suite.label_of(result.trial): result.cost for result in self.results if result.cost}
        return {label: counted[label] for label in self.suite.arms if label in counted}


def eager_timings(session: TimingResult, task: Task, batch_size: int) -> dict[Variant, NetworkTiming]:
    """Return the eager timings of a session for this task and batch size, by network."""
    return {
        network.workload.architecture: network
        for network in session.networks
        if (network.workload.task, network.workload.batch_size, network.workload.mode) == (task, batch_size, "eager")
    }


def shared_arms(suite: Suite) -> set[Arm]:
    """Return the arms that another suite shares, not counting suites that include all arms of this one."""
    others = [all_arms(load_suite(name)) for name in suite_names()]
    return {arm for other in others if not set(suite.arms.values()) <= other for arm in all_arms(suite) & other}


def all_arms(suite: Suite) -> set[Arm]:
    """Return the arms of a suite and its optional arms."""
    return {*suite.arms.values(), *suite.optional.values()}


def has_an_arm_of_its_own(study: Study) -> bool:
    """Return whether any arm with results is not shared with another suite.

    Suites that probe the networks of another one have its arms and ask another question of them: without a result of a probe no arm of these counts.
    Nor does one with settings without a plan: its trials are also those of another suite with that recipe.
    """
    present = frozenset(arm for arm in study.present if study.plan is not None or not arm.settings)
    if study.suite.probes and not study.probes:
        return not present <= {arm for name in suite_names() if name != study.name for arm in all_arms(load_suite(name))}
    return not present <= shared_arms(study.suite)


def is_of_its_suite(study: Study) -> bool:
    """Return whether the study has an arm of its own, or all arms of a claim together with probes if the suite has any.

    Suites share trials: trials that were run only for another suite do not form a study.
    """
    present, arms = study.present, study.suite.arms
    if study.suite.comparison is not None or has_an_arm_of_its_own(study):
        return True
    if study.suite.probes and not study.probes:
        return False
    return any(all(arms[arm] in present for arm in claim.test.contrast) for claim in study.suite.claims)


def requested(studies: Iterable[Study]) -> list[Study]:
    """Return the studies that were run for their own suite: those with a plan or that are `is_of_its_suite`; all if there is none."""
    studies = list(studies)
    return [study for study in studies if study.plan is not None or is_of_its_suite(study)] or studies
