"""Place claims as rows of a forest plot: the effect in a claim's favour, its interval, and the zone in which the claim holds.

Right is in favour of the claim. Values are in the unit of `verdicts_json`: that of the metric, a factor for a ratio, a share for a relative
margin.
"""

import math
from dataclasses import dataclass

from analysis.inference.verdicts import Outcome, Verdict
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Compare
from benchmarks.store.strict_json import finite


@dataclass(frozen=True, kw_only=True, slots=True)
class ForestRow:
    """Row of a forest plot; a bound is None if it is missing or infinite, and an end of the zone if the zone is open there."""

    claim: str
    outcome: Outcome
    value: float | None
    low: float | None
    high: float | None
    zone: tuple[float | None, float | None]


def forest_row(verdict: Verdict) -> ForestRow:
    """Return the row of a verdict; a three-way claim has the side that it states, and an effect of equality has none."""
    claim, effect = verdict.claim, verdict.effect
    ends = (None, None, None) if effect is None else (effect.value, effect.low, effect.high)
    value, low, high = ends if not is_turned(claim) else (_turned(ends[0]), _turned(ends[2]), _turned(ends[1]))
    return ForestRow(
        claim=claim.id,
        outcome=verdict.outcome,
        value=in_unit(claim, value),
        low=in_unit(claim, low),
        high=in_unit(claim, high),
        zone=_zone(claim),
    )


def in_unit(claim: Claim, value: float | None) -> float | None:
    """Return an effect in the unit of the claim, a factor for a ratio; None if it is missing or not finite."""
    return None if value is None else finite(math.exp(value) if claim.measure.is_ratio else value)


def _zone(claim: Claim) -> tuple[float | None, float | None]:
    """Return the ends of the region in which a claim holds: open towards its favour, or around zero for equality."""
    if claim.test.region == "within" or (isinstance(claim.test, Compare) and claim.test.says == "equivalent"):
        return in_unit(claim, -claim.bound), in_unit(claim, claim.bound)
    start = -claim.bound if claim.test.region == "no-worse" else claim.bound
    return in_unit(claim, start), None


def is_turned(claim: Claim) -> bool:
    """Return whether smaller effects favour the claim: that an arm is better, which has a lower value of the metric."""
    return isinstance(claim.test, Compare) and claim.test.says == "better"


def _turned(value: float | None) -> float | None:
    return None if value is None else -value
