"""Decide verdicts from claims and evidence. No other module decides an outcome; `wording` puts it into words.

A claim is decided if its whole 95% interval lies on one side of the margin, and if that still holds after Holm's correction over all
claims of its suite. A count has no interval: it is compared with the margin directly.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from analysis.inference.effects import Evidence
from analysis.statistics.families import holm
from analysis.statistics.margins import (
    MarginTest,
    OneSided,
    beyond_margin,
    exact_one_sided,
    sign_flip_one_sided,
    t_one_sided,
    under_margin,
    within_margin,
)
from analysis.statistics.means import Estimate, estimate
from analysis.statistics.power import detectable_effect, seeds_needed
from benchmarks.spec.claims import Claim
from benchmarks.store.strict_json import finite

Outcome = Literal["supported", "contradicted", "inconclusive", "untested"]
LEVEL = 0.05
_TESTS = {"beyond": beyond_margin, "within": within_margin, "under": under_margin}


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Outcome of a claim, its evidence, and its p (None if untested), corrected over the `num_tested` claims of its suite."""

    claim: Claim
    evidence: Evidence
    outcome: Outcome
    p: float | None
    num_tested: int

    @property
    def num_repeats(self) -> int:
        """Number of seeds or rounds; 1 for a count."""
        return len(self.evidence.effects)

    @property
    def effect(self) -> Estimate | None:
        """Mean effect and its interval; None if nothing was measured."""
        values = list(self.evidence.effects.values())
        return estimate(values, self.evidence.least_deviation) if values else None

    @property
    def is_decided_alone(self) -> bool:
        """Whether the claim would be decided without the correction over its suite."""
        return _test(self.claim, self.evidence).p < LEVEL

    @property
    def p_by_sign_flips(self) -> float:
        """Uncorrected p of a sign-flip test."""
        return _test(self.claim, self.evidence, sign_flip_one_sided).p

    @property
    def num_needed(self) -> int | None:
        """Number of repeats that would decide at this mean and spread, for any rank in Holm's order; None beyond 1,000."""
        assert self.effect is not None
        bound = self.claim.bound
        bounds = (-bound, bound) if self.claim.test.region == "within" else (bound,)
        return seeds_needed(self.effect.value, self.evidence.deviation, bounds, 1 - LEVEL / self.num_tested)

    @property
    def detectable(self) -> float:
        """Smallest true effect beyond the margin that the present number of repeats detects with 80% power."""
        return self.claim.bound + detectable_effect(self.evidence.deviation, self.num_repeats, 1 - LEVEL / self.num_tested)


def judge(claims: Sequence[Claim], evidence: Mapping[str, Evidence]) -> list[Verdict]:
    """Decide the claims of a suite, with Holm's correction over all of them; `evidence` maps claim ids to their evidence."""
    testable = [claim for claim in claims if _is_testable(claim, evidence[claim.id])]
    tests = {claim.id: _test(claim, evidence[claim.id]) for claim in testable}
    corrected = dict(zip(tests, holm([test.p for test in tests.values()]), strict=True))
    return [
        Verdict(
            claim=claim,
            evidence=evidence[claim.id],
            outcome=_outcome(tests[claim.id], corrected[claim.id]) if claim.id in tests else "untested",
            p=corrected.get(claim.id),
            num_tested=len(tests),
        )
        for claim in claims
    ]


def _is_testable(claim: Claim, evidence: Evidence) -> bool:
    return not evidence.failed and len(evidence.effects) >= claim.fewest_repeats


def _outcome(test: MarginTest, corrected_p: float) -> Outcome:
    decided: Outcome = "supported" if test.p_for < test.p_against else "contradicted"
    return decided if corrected_p < LEVEL else "inconclusive"


def _test(claim: Claim, evidence: Evidence, one_sided: OneSided | None = None) -> MarginTest:
    """Test an effect against its margin with `one_sided`; by default compare a count directly and a mean by Student's t."""
    by_t = partial(t_one_sided, least_deviation=evidence.least_deviation)
    default = exact_one_sided if claim.measure.over == "counts" else by_t
    return _TESTS[claim.test.region](list(evidence.effects.values()), claim.bound, one_sided or default)


def verdicts_json(verdicts: Iterable[Verdict]) -> list[dict[str, object]]:
    """Return the verdicts as JSON objects; an effect is in the given `unit`, and a factor if the claim is about a ratio."""
    return [
        {
            "claim": verdict.claim.id,
            "outcome": verdict.outcome,
            "effect": _effect_json(verdict),
            "statement": verdict.claim.statement,
            "source": verdict.claim.source,
            "unit": "factor" if verdict.claim.measure.is_ratio else verdict.claim.measure.unit,
        }
        for verdict in verdicts
    ]


def _effect_json(verdict: Verdict) -> dict[str, float | int | None]:
    effect = verdict.effect
    if effect is None:
        return {"value": None, "low": None, "high": None, "n": 0}
    in_unit = math.exp if verdict.claim.measure.is_ratio else float
    bounds = {"value": effect.value, "low": effect.low, "high": effect.high}
    return {**{name: None if bound is None else finite(in_unit(bound)) for name, bound in bounds.items()}, "n": effect.n}
