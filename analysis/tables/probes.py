"""What probes found, as frames, tables and the map of functions: numbers alone, nothing is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.statistics import Estimate, estimate
from analysis.tables.frames import with_numbers, with_result
from analysis.tables.rounding import least_deviations
from analysis.tables.studies import Study
from analysis.tables.versions import is_version
from benchmarks.spec.metrics import METRICS
from benchmarks.spec.suite import probes_of
from benchmarks.spec.trial import Trial


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeArrays:
    """What a probe left of one trained network, by name, one axis each; NaN is what was not finite."""

    arm: str
    family: str
    depth: int
    seed: int
    arrays: dict[str, NDArray[np.float64]]


def probe_frame(study: Study, probe: str) -> pd.DataFrame:
    """The rows that a probe left, each with its arm, family, depth and seed."""
    rows = [
        {**_about(study, result.trial), **row} for result in study.probes if result.probe == probe for row in result.findings.rows
    ]
    return with_numbers(pd.DataFrame(rows))


def probe_arrays(study: Study, probe: str) -> list[ProbeArrays]:
    """The long lists of numbers that a probe left, each with its arm, family, depth and seed."""
    return [
        ProbeArrays(
            **_about(study, result.trial),
            arrays={name: np.array(values, np.float64) for name, values in result.findings.arrays.items()},
        )
        for result in study.probes
        if result.probe == probe and result.findings.arrays
    ]


def _about(study: Study, trial: Trial) -> dict[str, Any]:
    label = next(label for label, arm in study.suite.arms.items() if arm == trial.arm)
    return {"arm": label, "family": trial.architecture.family, "depth": trial.architecture.depth, "seed": trial.seed}


def unprobed(study: Study) -> list[str]:
    """What the suite asks of measured trials and has no answer to, each with the reason where it failed."""
    there = {(result.trial, result.probe): result for result in study.probes}
    seeds = {result.trial.seed for result in study.probes}  # of other suites' seeds nothing was asked
    trials = [result.trial for result in study.results if result.has_result and (not seeds or result.trial.seed in seeds)]
    others = {arm for label, arm in study.suite.arms.items() if is_version(label, arm)}
    asked = probes_of(study.suite, trials)
    found = []
    for trial, probe in (pair for pair in asked if pair[0].arm not in others):
        result = there.get((trial, probe))
        if result is None or result.status != "ok":
            why = f" ({result.detail})" if result else ""
            found.append(f"{probe} of {_about(study, trial)['arm']} with seed {trial.seed}{why}")
    return found


def not_finite(study: Study) -> list[str]:
    """The probes that left numbers which are not finite, by arm and seed: figures leave these out."""
    return [
        f"{result.probe} of {_about(study, result.trial)['arm']} with seed {result.trial.seed}"
        for result in study.probes
        if any(value is None for values in result.findings.arrays.values() for value in values)
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionMap:
    """A row for each network with its place (x, y), the truth at (0, 0), and its distance to it; the share of the variance kept."""

    networks: pd.DataFrame
    kept: float


def function_map(found: Sequence[ProbeArrays], labels: Sequence[int]) -> FunctionMap | None:
    """The predicted probabilities of all networks and the truth on their first two principal axes, around the truth.

    All families are fitted together, without networks whose probabilities are no numbers. None where there are no labels or fewer than
    three networks.
    """
    found = [one for one in found if np.isfinite(one.arrays["probabilities"]).all()]
    if len(found) < 3 or not labels:
        return None
    points = np.stack([one.arrays["probabilities"] for one in found])
    num_classes = points.shape[1] // len(labels)
    truth = np.eye(num_classes)[list(labels)].ravel()
    away = points - truth
    everything = np.vstack([away, np.zeros_like(truth)])
    centred = everything - everything.mean(axis=0)
    _, lengths, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:2] * np.where(axes[:2].sum(axis=1, keepdims=True) < 0, -1, 1)  # a sign that does not depend on the library
    places = away @ axes.T
    about = [{"arm": one.arm, "family": one.family, "depth": one.depth, "seed": one.seed} for one in found]
    networks = pd.DataFrame(about).assign(
        x=places[:, 0], y=places[:, 1], distance=np.linalg.norm(away, axis=1) / len(labels) ** 0.5
    )
    return FunctionMap(networks=networks, kept=float((lengths[:2] ** 2).sum() / (lengths**2).sum()))


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeRow:
    """One metric of a probe: what it is called, its unit, and its estimate over seeds by arm."""

    words: str
    unit: str
    by_arm: dict[str, Estimate]


def probe_table(study: Study) -> list[ProbeRow]:
    """A row for each metric that the suite's probes found."""
    rows = []
    for use in study.suite.probes:
        for metric, measure in METRICS.items():
            if measure.probe == use.probe:
                found = with_result(study.trials).dropna(subset=[metric]).groupby("arm", sort=False)[metric]
                least = least_deviations(study, metric)
                by_arm = {str(arm): estimate(values.tolist(), least[str(arm)]) for arm, values in found}
                rows.append(ProbeRow(words=measure.words, unit=measure.unit, by_arm=by_arm))
    return [row for row in rows if row.by_arm]
