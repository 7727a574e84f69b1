"""Records -> tidy frames: one row a trial, one row an epoch.

A study is what a report speaks of: one suite on one data set with one recipe. A store may hold several, and trials of other suites.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.statistics import Estimate, estimate
from benchmarks.claims import METRICS, Claim
from benchmarks.probe import ProbeResult
from benchmarks.recipe import Recipe, recipe_name
from benchmarks.records import MEASURED, TrialResult
from benchmarks.suite import Suite, load_suite, probes_of, suite_names
from benchmarks.timings import NetworkTiming, TimingResult, Workload
from benchmarks.trial import Arm, DatasetIdentity, Trial, slug

METRIC_COLUMNS = ("train_error_pct", "test_error_pct", "train_loss")


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """A suite's results on one data set with one recipe; `label` names it, and its folder."""

    name: str
    suite: Suite
    dataset: DatasetIdentity
    recipe: Recipe
    label: str
    results: tuple[TrialResult, ...]
    timing: TimingResult | None = None
    probes: tuple[ProbeResult, ...] = ()


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
    arms, shared = set(suite.arms.values()), _shared_arms(suite)
    groups: dict[tuple[DatasetIdentity, Recipe], list[TrialResult]] = {}
    for result in results:
        if result.trial.arm in arms:
            groups.setdefault((result.trial.dataset, result.trial.recipe), []).append(result)
    checksums: dict[str, set[str]] = {}
    for dataset, _ in groups:
        checksums.setdefault(dataset.name, set()).add(dataset.checksum)
    groups = {about: _own(found, arms, shared) for about, found in groups.items()}
    studies = [
        Study(
            name=name,
            suite=suite,
            dataset=dataset,
            recipe=recipe,
            label=study_label(dataset, recipe, is_ambiguous=len(checksums[dataset.name]) > 1),
            results=tuple(found),
            timing=_session(suite, found[0], sessions),
            probes=_probes(suite, found, probes),
        )
        for (dataset, recipe), found in groups.items()
    ]
    return sorted(studies, key=lambda study: study.label)


def _shared_arms(suite: Suite) -> set[Arm]:
    """The arms that are also another suite's, one that has not all of this one's."""
    arms = set(suite.arms.values())
    others = [set(load_suite(name).arms.values()) for name in suite_names()]
    return {arm for other in others if not arms <= other for arm in arms & other}


def _own(found: list[TrialResult], arms: set[Arm], shared: set[Arm]) -> list[TrialResult]:
    """The results of seeds that are whole, or that have an arm which is this suite's alone; all of them where that leaves none."""
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
    """The session that timed most of the suite's networks on such images under such a recipe; none for a suite that times none."""
    if not suite.timed:
        return None
    recipe, task = result.trial.recipe, result.data.task(result.trial.recipe)
    there = {Workload(architecture=arm.architecture, task=task) for arm in suite.arms.values()}
    fitting = [
        (sum(network.workload in there for network in session.networks), session)
        for session in sessions
        if (session.plan.batch_size, session.plan.precision) == (recipe.batch_size, recipe.precision)
    ]
    most, best = max(fitting, key=lambda pair: pair[0], default=(0, None))
    return best if most else None


def timings_by_arm(study: Study) -> dict[str, NetworkTiming]:
    """What was timed of each arm."""
    if study.timing is None:
        return {}
    by_network = {network.workload: network for network in study.timing.networks}
    task = study.results[0].data.task(study.recipe)
    workloads = {label: Workload(architecture=arm.architecture, task=task) for label, arm in study.suite.arms.items()}
    return {label: by_network[workload] for label, workload in workloads.items() if workload in by_network}


def study_label(dataset: DatasetIdentity, recipe: Recipe, *, is_ambiguous: bool = False) -> str:
    """A study's folder: data set, its checksum where two of that name are in one store, and recipe."""
    name = f"{dataset.name}-{dataset.checksum[:6]}" if is_ambiguous else dataset.name
    return f"{slug(name)}-{slug(recipe_name(recipe).replace('=', '.'))}"


def answers_a_claim(study: Study) -> bool:
    """Whether at least one claim has all its arms: suites share trials, and a shared arm alone makes no study."""
    there = {result.trial.arm for result in study.results}
    arms = study.suite.arms
    return any(all(arms[arm] in there for arm in claim.test.contrast) for claim in study.suite.claims)


def trials_frame(study: Study) -> pd.DataFrame:
    """One row for each arm and seed that is there, in the suite's order."""
    by_arm = {arm: label for label, arm in study.suite.arms.items()}
    order = list(study.suite.arms)
    found: dict[Trial, dict[str, float | None]] = {}
    for probe in study.probes:
        found.setdefault(probe.trial, {}).update(probe.findings.values)
    metrics = {metric: None for metric, measure in METRICS.items() if measure.probe in {use.probe for use in study.suite.probes}}
    rows = [_row(by_arm[result.trial.arm], result) | metrics | found.get(result.trial, {}) for result in study.results]
    rows.sort(key=lambda row: (order.index(str(row["arm"])), row["seed"]))
    return pd.DataFrame(rows)


def _row(arm: str, result: TrialResult) -> dict[str, object]:
    trial, final, cost = result.trial, result.final, result.cost
    return {
        "arm": arm,
        "family": "residual" if trial.architecture.is_residual else "plain",
        "depth": trial.architecture.depth,
        "train_fraction": trial.train_fraction,
        "seed": trial.seed,
        "status": result.status,
        "train_error_pct": final.train_error_pct if final else None,
        "test_error_pct": final.test_error_pct if final else None,
        "optimism_gap": _optimism_gap(result),
        "train_loss": final.train_loss if final else None,
        "test_loss": final.test_loss if final else None,
        "epochs": len(result.history),
        "train_seconds": sum(epoch.train_seconds for epoch in result.history),
        "eval_seconds": sum(epoch.eval_seconds for epoch in result.history),
        "params": cost.params if cost else None,
        "macs": cost.macs if cost else None,
        "activations": cost.activations if cost else None,
        "counted_by": cost.counted_by if cost else None,
        "key": trial.key,
        "processor": result.environment.processor,
        "device": result.environment.gpu or result.environment.device,
        "commit": result.environment.commit,
        "is_dirty": result.environment.is_dirty,
        "detail": result.detail,
    }


def _optimism_gap(result: TrialResult) -> float | None:
    """The best test error of any epoch less the last one's, in points: what a zoo gains that keeps the best epoch on the test set."""
    errors = [epoch.test_error_pct for epoch in result.history]
    return min(errors) - errors[-1] if errors else None


def history_frame(study: Study) -> pd.DataFrame:
    """One row for each epoch of each measured trial: arm, family, depth, seed, epoch, running training error and test error."""
    by_arm = {arm: label for label, arm in study.suite.arms.items()}
    rows = [
        {
            "arm": by_arm[result.trial.arm],
            "family": "residual" if result.trial.architecture.is_residual else "plain",
            "depth": result.trial.architecture.depth,
            "seed": result.trial.seed,
            "epoch": epoch.epoch,
            "train_error_pct": epoch.train_error_pct,
            "test_error_pct": epoch.test_error_pct,
        }
        for result in study.results
        for epoch in result.history
    ]
    return pd.DataFrame(rows)


def measured(trials: pd.DataFrame) -> pd.DataFrame:
    """The rows that have figures: ok and diverged."""
    return trials[trials["status"].isin(MEASURED)]


def estimates_by_arm(trials: pd.DataFrame) -> dict[str, dict[str, Estimate]]:
    """For each arm that has figures: training and test error over its seeds."""
    return {
        str(arm): {column: estimate(rows[column].dropna().tolist()) for column in METRIC_COLUMNS if rows[column].notna().any()}
        for arm, rows in measured(trials).groupby("arm", sort=False)
    }


def paired_effects(trials: pd.DataFrame, claim: Claim) -> dict[int, float]:
    """For each seed that every arm of a claim has figures for: the contrast in the metric's unit, less the figure that is claimed."""
    rows, metric, contrast = measured(trials), claim.metric, claim.test.contrast
    table = rows[rows["arm"].isin(contrast)].pivot(index="seed", columns="arm", values=metric)
    table = table.reindex(columns=list(contrast)).dropna()
    weighted = table.mul(pd.Series(contrast)).sum(axis=1) - claim.figure
    return dict(zip(table.index.tolist(), weighted.tolist(), strict=True)) if len(table) else {}


def ratio_effects(claim: Claim, values: Mapping[str, Sequence[float]]) -> dict[int, float]:
    """The contrast of a claim in logarithms, for each round of timing or once for what is counted; `values` are the metric's by arm."""
    contrast = claim.test.contrast
    if not contrast.keys() <= values.keys():
        return {}
    rounds = enumerate(zip(*(values[arm] for arm in contrast), strict=True))
    return {
        number: sum(weight * math.log(value) for weight, value in zip(contrast.values(), found, strict=True))
        for number, found in rounds
    }


def ratio_values(study: Study, trials: pd.DataFrame, claim: Claim) -> dict[str, tuple[float, ...]]:
    """The metric of a claim by arm: one number for each round of timing, or the one that was counted."""
    if claim.measure.over == "rounds":
        return {arm: getattr(timing, claim.metric) for arm, timing in timings_by_arm(study).items()}
    counts = trials.dropna(subset=[claim.metric]).groupby("arm")[claim.metric].first()
    return {str(arm): (float(number),) for arm, number in counts.items()}


def confusions(study: Study, labels: Sequence[int]) -> dict[str, NDArray[np.int64]]:
    """For each arm with predictions the counts of its test images, truth by guess, over all seeds; none without the labels."""
    by_arm = {arm: label for label, arm in study.suite.arms.items()}
    num_classes = len(study.results[0].data.classes)
    found: dict[str, NDArray[np.int64]] = {}
    for label in by_arm.values():
        for result in study.results:
            if by_arm[result.trial.arm] == label and labels and len(result.predictions) == len(labels):
                counts = found.setdefault(label, np.zeros((num_classes, num_classes), np.int64))
                np.add.at(counts, (np.asarray(labels), np.asarray(result.predictions)), 1)
    return found


def missing_trials(study: Study, trials: pd.DataFrame) -> list[tuple[str, int]]:
    """The (arm, seed) that have no record, among the suite's arms and the seeds that any of them has."""
    seeds = sorted({result.trial.seed for result in study.results})
    found = set(zip(trials["arm"], trials["seed"], strict=True))
    return [(arm, seed) for seed in seeds for arm in study.suite.arms if (arm, seed) not in found]
