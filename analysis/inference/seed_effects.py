"""Compute a claim's effect per seed from the row of each trial, and which of the runs train.

Axes: S seeds, A arms.
"""

from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd

from analysis.statistics.ranks import rank_correlation
from analysis.tables.frames import with_result
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Tracks


def paired_effects(trials: pd.DataFrame, claim: Claim) -> dict[int, float]:
    """Compute the contrast minus the target, in the metric's unit, for each seed in which every arm of a claim has a value.

    Of a claim that ranks its arms it is the rank correlation; a seed in which all arms tie in one metric has none.
    """
    if isinstance(claim.test, Tracks):
        return {seed: found for seed, found in rank_correlations(trials, claim).items() if found is not None}
    by_seed = _by_seed(with_result(trials), claim.metric, claim.test.contrast)
    values_SA = np.array([*by_seed.values()], np.float64).reshape(len(by_seed), len(claim.test.contrast))
    effects_S = (values_SA * [*claim.test.contrast.values()]).sum(axis=1) - claim.target
    return dict(zip(by_seed, effects_S.tolist(), strict=True))


def rank_correlations(trials: pd.DataFrame, claim: Claim) -> dict[int, float | None]:
    """Compute the rank correlation over the arms between the two metrics of a claim, for each seed in which every arm has both.

    None for a seed in which all arms tie.
    """
    first, second = (_by_seed(with_result(trials), metric, claim.test.contrast) for metric in claim.metrics)
    return {seed: rank_correlation(first[seed], second[seed]) for seed in first if seed in second}


def trained_by_arm(rows: pd.DataFrame, arms: Collection[str]) -> dict[str, dict[int, bool]]:
    """Return by arm and seed whether the run trains, for the seeds in which every arm has a result."""
    by_seed = _by_seed(rows, "trains", arms)
    return {arm: {seed: bool(trains[place]) for seed, trains in by_seed.items()} for place, arm in enumerate(arms)}


def values_of(trials: pd.DataFrame, metric: str, arm: str, seeds: Iterable[int]) -> dict[int, float]:
    """Return the metric of an arm by seed."""
    values = with_result(trials[trials["arm"] == arm]).set_index("seed")[metric]
    return {seed: float(values[seed]) for seed in seeds}


def known_values(trials: pd.DataFrame, metric: str, arm: str) -> dict[int, float]:
    """Return the metric of an arm for each seed that has it."""
    rows = with_result(trials[trials["arm"] == arm])
    return {int(seed): float(value) for seed, value in zip(rows["seed"], rows[metric], strict=True) if pd.notna(value)}


def _by_seed(rows: pd.DataFrame, column: str, arms: Collection[str]) -> dict[int, list[float]]:
    """Return the values of a column by seed, in the order of the arms, for the seeds in which every arm has one."""
    found: dict[str, dict[int, float]] = {arm: {} for arm in arms}
    known = rows[rows["arm"].isin(found) & rows[column].notna()]
    for arm, seed, value in zip(known["arm"], known["seed"], known[column], strict=True):
        found[arm][seed] = value
    seeds = sorted(set.intersection(*map(set, found.values())))
    return {seed: [values[seed] for values in found.values()] for seed in seeds}
