"""Test one claim of evidence or time: by its mean, by its failures, or by both.

Times are tested over sessions. A difference that is no larger than that between twins, one network timed as if it were two, decides nothing.

A mean over runs that train and runs that fail describes no run. Where each arm has runs of one kind, the means are tested. Where an arm is
mixed the claim has two parts: the failures of two arms, by Boschloo's test, and the claim's own test on the seeds in which all arms train.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from analysis.inference.effects import Evidence
from analysis.statistics.failures import Runs, fails_more_often, rate_one_sided
from analysis.statistics.margins import (
    MarginTest,
    OneSided,
    ThreeWays,
    beyond_margin,
    no_worse_than_margin,
    t_one_sided,
    three_ways,
    within_margin,
)
from benchmarks.spec.claims import FEWEST_SEEDS, Claim
from benchmarks.spec.contrasts import Compare, Equal, Finding, GapGrows, Less, NoWorse

Doubt = Literal["no comparison", "mixed"]
LEVEL = 0.05
MARGIN_TESTS = {"beyond": beyond_margin, "within": within_margin, "no-worse": no_worse_than_margin}
NOTHING = MarginTest(p_for=1.0, p_against=1.0)
NO_WAY = ThreeWays(better=1.0, worse=1.0, equivalent=1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimTest:
    """Test of a claim, the two-sided p of its failures (None if they take no part), and the reason why it cannot be decided, if any."""

    test: MarginTest
    failures_p: float | None = None
    doubt: Doubt | None = None


def test_of(claim: Claim, evidence: Evidence) -> ClaimTest:
    """Test a claim by its mean, in two parts if an arm is mixed; a claim whose arms all fail in most runs is not tested."""
    runs = evidence.runs
    if runs and all(2 * found.failed > found.n for found in runs.values()):
        return ClaimTest(test=NOTHING, doubt="no comparison")
    if is_within_twins(claim, evidence):
        return ClaimTest(test=_beyond_twins(claim, evidence))
    has_values = len(evidence.comparable) >= FEWEST_SEEDS
    if not evidence.is_mixed:
        return ClaimTest(test=mean_test(claim, evidence) if has_values else NOTHING)
    pair = arms_that_fail(claim)
    if pair is None:
        return ClaimTest(test=mean_test(claim, evidence) if has_values else NOTHING)
    more, fewer = _failure_tests(claim, pair, runs)
    first, second = runs[pair[0]], runs[pair[1]]
    excess = first.failed * second.n - second.failed * first.n
    if isinstance(claim.test, Compare):
        ways = _three_ways(claim, evidence) if has_values else NO_WAY
        both = _three_parts(ways, more, fewer, excess)
        is_mixed = sorted((both.better, both.worse, both.equivalent))[1] < LEVEL
        test = _of_three(claim.test, both)
    else:
        test = _two_parts(claim, mean_test(claim, evidence) if has_values else NOTHING, more, fewer, excess)
        is_mixed = max(test.p_for, test.p_against) < LEVEL
    return ClaimTest(test=NOTHING if is_mixed else test, failures_p=min(more, fewer), doubt="mixed" if is_mixed else None)


def is_within_twins(claim: Claim, evidence: Evidence) -> bool:
    """Return whether the machine timed one network farther apart than the margin of a claim about times."""
    return evidence.twin_difference is not None and evidence.twin_difference > claim.margin


def _beyond_twins(claim: Claim, evidence: Evidence) -> MarginTest:
    """Test a ratio of times against the difference between twins, on either side: within it times may be those of one network."""
    assert evidence.twin_difference is not None
    bound, values = math.log1p(evidence.twin_difference), list(evidence.comparable.values())
    ways = three_ways(values, bound)
    if isinstance(claim.test, Compare):
        return _of_three(claim.test, ThreeWays(better=ways.better, worse=ways.worse, equivalent=1.0))
    if claim.test.region == "within":
        return MarginTest(p_for=1.0, p_against=min(ways.better, ways.worse))
    return MarginTest(p_for=ways.worse, p_against=ways.better)  # above the difference, and below minus it


def mean_test(claim: Claim, evidence: Evidence, one_sided: OneSided | None = None) -> MarginTest:
    """Test the comparable effects against the margin with `one_sided`, by default Student's t, or the exact binomial for a rate."""
    if isinstance(claim.test, Compare):
        return _of_three(claim.test, _three_ways(claim, evidence, one_sided))
    return MARGIN_TESTS[claim.test.region](*_values(claim, evidence, one_sided))


def finding_of(claim: Claim, evidence: Evidence) -> Finding:
    """Return the region in which a three-way claim lies most likely; it is certain only if the claim is decided."""
    ways = _three_ways(claim, evidence)
    findings: dict[Finding, float] = {"better": ways.better, "worse": ways.worse, "equivalent": ways.equivalent}
    return min(findings, key=lambda finding: findings[finding])


def _three_ways(claim: Claim, evidence: Evidence, one_sided: OneSided | None = None) -> ThreeWays:
    return three_ways(*_values(claim, evidence, one_sided))


def _values(claim: Claim, evidence: Evidence, one_sided: OneSided | None) -> tuple[list[float], float, OneSided, list[float]]:
    """Return the arguments of a test against the margin: values, margin, one-sided test, bases."""
    values, levels = list(evidence.comparable.values()), evidence.levels
    by_t: OneSided = partial(t_one_sided, least_deviation=evidence.least_deviation)
    usual = partial(rate_one_sided, levels=levels) if levels else by_t
    return values, claim.bound, one_sided or usual, evidence.comparable_bases


def _of_three(test: Compare, ways: ThreeWays) -> MarginTest:
    """Return the test for the region that a claim states, and against it for the other two."""
    found: dict[Finding, float] = {"better": ways.better, "worse": ways.worse, "equivalent": ways.equivalent}
    return MarginTest(p_for=found[test.says], p_against=min(p for finding, p in found.items() if finding != test.says))


def arms_that_fail(claim: Claim) -> tuple[str, str] | None:
    """Return the two arms whose failures a claim compares, the one that is said to be worse or is in question first.

    A claim on one arm compares no failures, nor does a claim about a probe or about classes that are confused: a network that fails has no
    larger response.
    """
    if claim.measure.probe is not None or claim.measure.confused is not None:
        return None
    match claim.test:
        case Less(smaller=better, larger=worse) | GapGrows(second=(better, worse)):
            return worse, better
        case (
            Equal(reference=reference, other=other)
            | NoWorse(reference=reference, other=other)
            | Compare(reference=reference, other=other)
        ):
            return other, reference
        case _:
            return None


def _failure_tests(claim: Claim, pair: tuple[str, str], runs: Mapping[str, Runs]) -> tuple[float, float]:
    """Return the two-sided p that the first arm of the pair fails more often, and that the second one does.

    Failures make a gap grow only if the arm also fails more often than its counterpart in the first pair: else both pairs fail alike.
    """
    (first, second), more, fewer = pair, [pair], [pair[::-1]]
    if isinstance(claim.test, GapGrows):
        better, worse = claim.test.first
        more.append((first, worse))
        fewer.append((second, better))
    more_p, fewer_p = (
        max(fails_more_often(runs[one], runs[other]) for one, other in comparisons) for comparisons in (more, fewer)
    )
    return min(1.0, 2 * more_p), min(1.0, 2 * fewer_p)


def _two_parts(claim: Claim, values: MarginTest, more: float, fewer: float, excess: int) -> MarginTest:
    """Return the test of both parts, of which the smaller p counts twice; `excess` is above 0 if the first arm fails more often."""
    if claim.test.region == "beyond":
        return MarginTest(p_for=_smaller(more, values.p_for), p_against=_smaller(fewer, values.p_against))
    is_two_sided = claim.test.region == "within"
    can_hold = excess == 0 if is_two_sided else excess <= 0
    against = min(more, fewer) if is_two_sided else more
    return MarginTest(p_for=values.p_for if can_hold else 1.0, p_against=_smaller(against, values.p_against))


def _three_parts(ways: ThreeWays, more: float, fewer: float, excess: int) -> ThreeWays:
    """Combine a three-way test of values with the failures: an arm is equivalent only if it fails equally often."""
    return ThreeWays(
        better=_smaller(fewer, ways.better),
        worse=_smaller(more, ways.worse),
        equivalent=ways.equivalent if excess == 0 else 1.0,
    )


def _smaller(failures: float, values: float) -> float:
    return min(1.0, 2 * min(failures, values))
