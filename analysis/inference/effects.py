"""Trials -> what they say about a claim: its effect for each seed or round, what is missing, and how finely it can be told."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.statistics import deviation_of
from analysis.tables.frames import with_result
from analysis.tables.rounding import least_deviations
from analysis.tables.studies import Study
from analysis.tables.timings import resolution, twin_ratios
from benchmarks.spec.claims import Claim
from benchmarks.spec.cost import Cost
from benchmarks.store.timings import TimingResult
from benchmarks.store.trials import HAS_RESULT


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What the trials say about one claim: its effect by seed, and what could not be measured, for reasons of its own.

    `least_deviation`: what effects vary by at the least, as errors do that count few images. `resolution`: the share by which two times must
    differ to be told apart, where that was measured.
    """

    effects: Mapping[int, float]
    failed: Sequence[str] = ()
    least_deviation: float = 0.0
    resolution: float | None = None

    @property
    def deviation(self) -> float:
        """The standard deviation of the effects."""
        return deviation_of(list(self.effects.values()), self.least_deviation)


def evidence_of(claim: Claim, study: Study) -> Evidence:
    """What a study's trials, and its timing session, say about a claim."""
    contrast = claim.test.contrast
    if claim.measure.is_ratio:
        timings = study.timings_by_arm if claim.measure.over == "rounds" else {}
        failed = [f"{arm} ({timings[arm].detail})" for arm in contrast if arm in timings and timings[arm].detail]
        failed += lower_bounds(claim, study.costs_by_arm)
        effects = {} if failed else ratio_effects(claim, ratio_values(study, claim))
        return Evidence(effects=effects, failed=failed, resolution=resolution_for(claim, study.timing))
    asked = study.trials[study.trials["arm"].isin(contrast)]
    has_result = asked["status"].isin(HAS_RESULT)
    lost, without = asked[~has_result], asked[has_result & asked[claim.metric].isna()]
    return Evidence(
        effects=paired_effects(study.trials, claim),
        failed=[
            *(f"{row.arm} with seed {row.seed} ({row.status})" for row in lost.itertuples()),
            *(
                f"{claim.measure.words} of {row.arm} with seed {row.seed} ({row.detail or 'not probed'})"
                for row in without.itertuples()
            ),
        ],
        least_deviation=_rounding(claim, study),
    )


def resolution_for(claim: Claim, timing: TimingResult | None) -> float | None:
    """What two times must differ by to be told apart, where a claim is about times and the session has a twin."""
    if claim.measure.over != "rounds" or timing is None:
        return None
    found = twin_ratios(timing).get("train" if claim.metric.startswith("train") else "infer")
    return None if found is None else resolution(found)


def _rounding(claim: Claim, study: Study) -> float:
    """The standard deviation that a contrast of errors has because they count whole images; seeds of the same errors do not deny it."""
    least = least_deviations(study, claim.metric)
    return math.sqrt(sum((weight * least.get(arm, 0.0)) ** 2 for arm, weight in claim.test.contrast.items()))


def paired_effects(trials: pd.DataFrame, claim: Claim) -> dict[int, float]:
    """For each seed in which every arm of a claim has a result: the contrast in the metric's unit, less the target."""
    rows, metric, contrast = with_result(trials), claim.metric, claim.test.contrast
    table = rows[rows["arm"].isin(contrast)].pivot(index="seed", columns="arm", values=metric)
    table = table.reindex(columns=list(contrast)).dropna()
    weighted = table.mul(pd.Series(contrast)).sum(axis=1) - claim.target
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


def ratio_values(study: Study, claim: Claim) -> dict[str, tuple[float, ...]]:
    """The metric of a claim by arm: one number for each round of timing, or the one that was counted."""
    if claim.measure.over == "rounds":
        return {arm: getattr(timing, claim.metric) for arm, timing in study.timings_by_arm.items()}
    return {arm: (float(getattr(cost, claim.metric)),) for arm, cost in study.costs_by_arm.items()}


def lower_bounds(claim: Claim, costs: Mapping[str, Cost]) -> list[str]:
    """The arms whose count a claim speaks of and of which only a lower bound is known: nothing follows from it."""
    return [
        f"{claim.measure.words} of {arm} (only a lower bound is known)"
        for arm in claim.test.contrast
        if claim.measure.over == "counts" and arm in costs and costs[arm].exact(claim.metric) is None
    ]
