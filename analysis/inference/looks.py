"""Test a claim at its declared looks, numbers of seeds at which it may be decided, each with its share of the error rate."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.inference.claim_tests import ClaimTest, test_of
from analysis.inference.effects import Evidence
from analysis.statistics.families import spending_shares
from analysis.statistics.margins import MarginTest
from analysis.statistics.power import decision_chance
from benchmarks.spec.claims import Claim

FUTILE = 0.1  # a claim whose chance of a decision at the last look is smaller is dropped


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """Look at a claim: its number, of how many, its share of the error rate, and the evidence and the test of its seeds."""

    number: int
    of: int
    share: float
    evidence: Evidence
    found: ClaimTest

    @property
    def test(self) -> MarginTest:
        """Test with the p values that this look's share of the error rate leaves: p / share, at most 1."""
        test = self.found.test
        return MarginTest(p_for=min(1.0, test.p_for / self.share), p_against=min(1.0, test.p_against / self.share))


def looks_at(claim: Claim, evidence: Evidence, looks: Sequence[int]) -> list[Look]:
    """Return the looks at a claim until the first that has too few seeds; if none was declared, there is one at all seeds.

    A look counts the first seeds of every arm, so that none is chosen.
    """
    if not looks or claim.measure.over != "seeds":
        return [Look(number=1, of=1, share=1.0, evidence=evidence, found=test_of(claim, evidence))]
    return list(_several(claim, evidence, looks))


def _several(claim: Claim, evidence: Evidence, looks: Sequence[int]) -> Iterator[Look]:
    for number, (num_seeds, share) in enumerate(zip(looks, spending_shares(looks), strict=True), start=1):
        seen = evidence.at(num_seeds)
        if seen is None:
            return
        yield Look(number=number, of=len(looks), share=share, evidence=seen, found=test_of(claim, seen))


def over_looks(looks: Sequence[Look]) -> MarginTest:
    """Return the smallest p of the looks so far, for a claim and against it."""
    return MarginTest(p_for=min(look.test.p_for for look in looks), p_against=min(look.test.p_against for look in looks))


def deciding_look(looks: Sequence[Look], level: float) -> Look:
    """Return the first look whose p is below the level of a claim's place in Holm's order, else the last look."""
    return next((look for look in looks if look.test.p < level), looks[-1])


def chance_at_last_look(claim: Claim, evidence: Evidence, looks: Sequence[int], level: float) -> float | None:
    """Compute the chance that the last look decides a claim, at the mean and spread seen and at the level of its place in Holm's order.

    None for a rate, where failures decide as well as means, and where seeds are left out: such a claim is not dropped.
    """
    if evidence.levels or evidence.is_partial or test_of(claim, evidence).doubt is not None:
        return None
    seeds = len(evidence.comparable), looks[-1]
    confidence = 1 - spending_shares(looks)[-1] * level
    return decision_chance(evidence.estimate().value, evidence.deviation, seeds, claim.edges, confidence)


def is_dropped(claim: Claim, looks: Sequence[Look], declared: Sequence[int], level: float) -> bool:
    """Return whether a claim is open at its looks so far, and the last one declared would hardly decide it."""
    last = looks[-1]
    return last.number < last.of and over_looks(looks).p >= level and is_futile(claim, last.evidence, declared, level)


def is_futile(claim: Claim, evidence: Evidence, looks: Sequence[int], level: float) -> bool:
    """Return whether the last look would decide a claim with a chance under 10%."""
    chance = chance_at_last_look(claim, evidence, looks, level)
    return chance is not None and chance < FUTILE
