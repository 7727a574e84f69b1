"""Make frames, tables and the map of functions from probe results. Nothing is drawn here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.statistics.means import Estimate, estimate
from analysis.tables.frames import of_one_kind, with_numbers, with_result
from analysis.tables.rounding import least_deviations
from analysis.tables.studies import Study
from analysis.tables.versions import is_version
from benchmarks.spec.metrics import METRICS, Metric, metric_of
from benchmarks.spec.suite import probes_of
from benchmarks.spec.trial import Trial


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeArrays:
    """One-dimensional arrays that a probe left for one trained network, by name; non-finite values are NaN."""

    arm: str
    family: str
    depth: int
    seed: int
    arrays: dict[str, NDArray[np.float64]]


def probe_frame(study: Study, probe: str) -> pd.DataFrame:
    """Return the rows that a probe left, each with its arm, family, depth and seed; runs are of one kind if the probe needs training."""
    needs_training = any(measure.needs_training for measure in METRICS.values() if measure.probe == probe)
    kept = set((of_one_kind if needs_training else with_result)(study.trials)["key"])
    rows = [
        {**_describe_trial(study, result.trial), **row}
        for result in study.probes
        if result.probe == probe and result.trial.key in kept
        for row in result.findings.rows
    ]
    return with_numbers(pd.DataFrame(rows))


def probe_arrays(study: Study, probe: str) -> list[ProbeArrays]:
    """Return the arrays that a probe left, per network, with its arm, family, depth and seed."""
    return [
        ProbeArrays(
            **_describe_trial(study, result.trial),
            arrays={name: np.array(values, np.float64) for name, values in result.findings.arrays.items()},
        )
        for result in study.probes
        if result.probe == probe and result.findings.arrays
    ]


def _describe_trial(study: Study, trial: Trial) -> dict[str, Any]:
    """Return the arm, family, depth and seed of a trial."""
    return {
        "arm": study.suite.label_of(trial),
        "family": trial.architecture.family,
        "depth": trial.architecture.depth,
        "seed": trial.seed,
    }


def unprobed(study: Study) -> list[str]:
    """List the probes of measured trials that have no result, each with the reason if it failed."""
    results = {(result.trial, result.probe): result for result in study.probes}
    seeds = {result.trial.seed for result in study.probes}  # seeds that another suite trained need no probes
    trials = [result.trial for result in study.results if result.has_result and (not seeds or result.trial.seed in seeds)]
    others = {label for label, arm in study.suite.arms.items() if is_version(label, arm)}
    lacking = []
    for trial, probe in (pair for pair in probes_of(study.suite, trials) if study.suite.label_of(pair[0]) not in others):
        result = results.get((trial, probe))
        if result is None or result.status != "ok":
            reason = f" ({result.detail})" if result else ""
            lacking.append(f"{probe} of {_describe_trial(study, trial)['arm']} with seed {trial.seed}{reason}")
    return lacking


def not_finite(study: Study) -> list[str]:
    """List the probes that left non-finite numbers, by arm and seed; figures leave these numbers out."""
    return [
        f"{result.probe} of {_describe_trial(study, result.trial)['arm']} with seed {result.trial.seed}"
        for result in study.probes
        if any(value is None for values in result.findings.arrays.values() for value in values)
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionMap:
    """Row per network with its position (x, y) and distance from the ground truth at (0, 0); share of the variance kept."""

    networks: pd.DataFrame
    kept: float


def function_map(groups: Iterable[tuple[Sequence[ProbeArrays], Sequence[int]]]) -> FunctionMap | None:
    """Project the predicted probabilities of networks on two principal axes, with the ground truth as the origin.

    A group has networks that were tested on the same images, and these images' labels. Its axes are common to all families. Further groups
    are turned about the ground truth until their networks are nearest to those of the same arms in the first (orthogonal Procrustes), which
    changes no distance within a group or from the ground truth. Networks with non-finite probabilities are left out, and so is a group
    without labels or with fewer than three networks. Return None if none is left.
    """
    maps = [found for networks, labels in groups if (found := _project(networks, labels))]
    if not maps:
        return None
    turned = [maps[0].networks, *(_turn(found.networks, maps[0].networks) for found in maps[1:])]
    return FunctionMap(networks=pd.concat(turned, ignore_index=True), kept=sum(found.kept for found in maps) / len(maps))


def _project(networks: Sequence[ProbeArrays], labels: Sequence[int]) -> FunctionMap | None:
    """Return the map of a group."""
    networks = [network for network in networks if np.isfinite(network.arrays["probabilities"]).all()]
    if len(networks) < 3 or not labels:
        return None
    points = np.stack([network.arrays["probabilities"] for network in networks])
    num_classes = points.shape[1] // len(labels)
    truth = np.eye(num_classes)[list(labels)].ravel()
    offsets = points - truth
    with_origin = np.vstack([offsets, np.zeros_like(truth)])
    centred = with_origin - with_origin.mean(axis=0)
    _, lengths, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:2] * np.where(axes[:2].sum(axis=1, keepdims=True) < 0, -1, 1)  # a sign that does not depend on the library
    places = offsets @ axes.T
    names = [{name: getattr(network, name) for name in ("arm", "family", "depth", "seed")} for network in networks]
    rows = pd.DataFrame(names).assign(
        x=places[:, 0], y=places[:, 1], distance=np.linalg.norm(offsets, axis=1) / len(labels) ** 0.5
    )
    return FunctionMap(networks=rows, kept=float((lengths[:2] ** 2).sum() / (lengths**2).sum()))


def _turn(networks: pd.DataFrame, towards: pd.DataFrame) -> pd.DataFrame:
    """Return networks turned or mirrored about the ground truth, nearest to the mean places of the same arms in another group."""
    own, others = (rows.groupby("arm")[["x", "y"]].mean() for rows in (networks, towards))
    shared = own.index.intersection(others.index)
    left, _, right = np.linalg.svd(own.loc[shared].to_numpy().T @ others.loc[shared].to_numpy())
    places = networks[["x", "y"]].to_numpy() @ left @ right
    return networks.assign(x=places[:, 0], y=places[:, 1])


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeRow:
    """Metric of a probe: its name in words, its unit, and its estimate over seeds by arm."""

    words: str
    unit: str
    by_arm: dict[str, Estimate]


def _measures(study: Study) -> dict[str, Metric]:
    """Return this project's metrics, and those that users' probes measured in a study."""
    own = [str(column) for column in study.trials if ":" in str(column)]
    return METRICS | {metric: metric_of(metric) for metric in own}


def probe_table(study: Study) -> list[ProbeRow]:
    """Return a row for each metric that the suite's probes measured."""
    rows = []
    for use in study.suite.probes:
        for metric, measure in _measures(study).items():
            if measure.probe == use.probe:
                trials = of_one_kind(study.trials) if measure.needs_training else with_result(study.trials)
                values_by_arm = trials.dropna(subset=[metric]).groupby("arm", sort=False)[metric]
                least = least_deviations(study, metric)
                by_arm = {str(arm): estimate(values.tolist(), least[str(arm)]) for arm, values in values_by_arm}
                rows.append(ProbeRow(words=measure.words, unit=measure.unit, by_arm=by_arm))
    return [row for row in rows if row.by_arm]
