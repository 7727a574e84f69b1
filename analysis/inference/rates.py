"""Join the verdicts of a claim at several learning rates into one headline, by intersection and union.

A headline is supported only if the claim is supported at every rate: its p for the claim is the largest over the rates, and so is its p
against it. Holm's correction is over these p values of a family.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from analysis.inference.claim_tests import LEVEL
from analysis.inference.verdicts import Outcome, Verdict
from analysis.statistics.families import holm, holm_levels
from analysis.statistics.margins import MarginTest
from benchmarks.spec.claims import Claim

HeadlineOutcome = Outcome | Literal["depends on the rate"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Headline:
    """Outcome of a claim over the learning rates at which it was tested, its corrected p, and its verdict at its weakest rate.

    The weakest rate is that of the largest p; it is None, as are p and verdict, if the claim is untested. `missing` has the rates that were
    not run.
    """

    claim: Claim
    outcome: HeadlineOutcome
    p: float | None
    by_rate: Mapping[float, Verdict]
    missing: tuple[float, ...] = ()
    weakest: float | None = None
    verdict: Verdict | None = None

    @property
    def is_at_one_rate(self) -> bool:
        """Whether the claim was tested at one rate only, although its outcome may depend on the rate."""
        return len(self.by_rate) == 1 and self.p is not None and has_rates(self.claim)

    @property
    def effects(self) -> tuple[float, float] | None:
        """Smallest and largest effect over the rates; None without any."""
        values = [effect.value for verdict in self.by_rate.values() if (effect := verdict.effect) is not None]
        return (min(values), max(values)) if values else None

    @property
    def deciding(self) -> dict[Outcome, tuple[float, ...]]:
        """Rates at which the claim is supported, and those at which it is contradicted, by themselves."""
        decided: tuple[Outcome, ...] = ("supported", "contradicted")
        return {outcome: tuple(rate for rate, found in self.by_rate.items() if found.outcome == outcome) for outcome in decided}

    @property
    def is_decided_at_each_rate_only(self) -> bool:
        """Whether every rate by itself gives the same decision, and the largest p of all rates does not."""
        return self.outcome == "inconclusive" and len(self.by_rate) in map(len, self.deciding.values())


def has_rates(claim: Claim) -> bool:
    """Return whether the learning rate plays a part in a claim; not in counts, times, identities and untrained networks."""
    return claim.kind == "evidence" and claim.measure.needs_training


def headlines(verdicts: Mapping[float, Sequence[Verdict]]) -> list[Headline]:
    """Join the verdicts of a family of claims by learning rate, the recipe's rate first, into a headline for each claim."""
    first = next(iter(verdicts.values()))
    by_claim = [{rate: found[place] for rate, found in verdicts.items()} for place in range(len(first))]
    joined = {
        found.claim.id: _tested(by_rate) for found, by_rate in zip(first, by_claim, strict=True) if not found.claim.is_exact
    }
    p_values = [_union(by_rate).p if by_rate else 1.0 for by_rate in joined.values()]
    corrected, levels = (dict(zip(joined, found, strict=True)) for found in (holm(p_values), holm_levels(p_values, LEVEL)))
    return [
        _headline(by_rate, joined[number], corrected[number], levels[number])
        if (number := found.claim.id) in joined
        else Headline(
            claim=found.claim, outcome=found.outcome, p=None, by_rate=dict([next(iter(by_rate.items()))]), verdict=found
        )
        for found, by_rate in zip(first, by_claim, strict=True)
    ]


def _tested(by_rate: Mapping[float, Verdict]) -> dict[float, Verdict]:
    """Return the verdicts on which a headline rests; none if several rates were run and one is missing."""
    first = next(iter(by_rate))
    if not has_rates(by_rate[first].claim):
        by_rate = {first: by_rate[first]}
    tested = {rate: found for rate, found in by_rate.items() if found.test is not None}
    return tested if len(tested) in (1, len(by_rate)) else {}


def _union(by_rate: Mapping[float, Verdict]) -> MarginTest:
    """Return the test of a claim at every rate: the largest p for it, and the largest p against it."""
    tests = [found.test for found in by_rate.values() if found.test is not None]
    return MarginTest(p_for=max(test.p_for for test in tests), p_against=max(test.p_against for test in tests))


def _headline(by_rate: Mapping[float, Verdict], tested: Mapping[float, Verdict], p: float, level: float) -> Headline:
    """Return the headline of a claim from its verdicts at the rates that were tested."""
    claim = next(iter(by_rate.values())).claim
    if not tested:
        missing = tuple(rate for rate, found in by_rate.items() if found.test is None)
        return Headline(claim=claim, outcome="untested", p=None, by_rate=dict(by_rate), missing=missing)
    union = _union(tested)
    is_for = union.p_for < union.p_against
    p_by_rate = {rate: test.p_for if is_for else test.p_against for rate, found in tested.items() if (test := found.test)}
    weakest = max(p_by_rate, key=lambda rate: p_by_rate[rate])
    outcomes = {found.outcome for found in tested.values()}
    decided: Outcome = "supported" if is_for else "contradicted"
    outcome: HeadlineOutcome = decided if p < LEVEL and outcomes == {decided} else "inconclusive"
    if {"supported", "contradicted"} <= outcomes:
        outcome = "depends on the rate"
    verdict = tested[weakest].at_level(level)
    missing = tuple(rate for rate in by_rate if rate not in tested) if has_rates(claim) else ()
    return Headline(claim=claim, outcome=outcome, p=p, by_rate=tested, missing=missing, weakest=weakest, verdict=verdict)
