"""Simulated claims of every test, the true effects that they may have, and the outcomes that are right for them."""

import math
from collections.abc import Sequence
from typing import Literal

from analysis.calibration.noise import RunNoise
from analysis.inference.claim_tests import arms_that_fail
from analysis.inference.verdicts import Outcome
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import About, Above, Compare, Equal, Finding, GapGrows, Less, NotAbove, NoWorse, Test

Kind = Literal[
    "Less",
    "Less, relative",
    "Equal",
    "NoWorse",
    "Compare, better",
    "Compare, equivalent",
    "About",
    "Above",
    "NotAbove",
    "GapGrows",
]
GroundTruth = Literal["0", "at the margin", "0.5 sd beyond", "1 sd beyond", "2 sd beyond", "3 sd beyond"]
BEYOND: dict[GroundTruth, float] = {"0.5 sd beyond": 0.5, "1 sd beyond": 1, "2 sd beyond": 2, "3 sd beyond": 3}
GROUND_TRUTHS: tuple[GroundTruth, ...] = ("0", "at the margin", *BEYOND)
KINDS: tuple[Kind, ...] = (
    "Less",
    "Less, relative",
    "Equal",
    "NoWorse",
    "Compare, better",
    "Compare, equivalent",
    "About",
    "Above",
    "NotAbove",
    "GapGrows",
)
KINDS_OF_RATIOS: tuple[Kind, ...] = ("Less", "Equal", "NoWorse", "Compare, better", "Compare, equivalent", "GapGrows")
ONE_ARM: frozenset[Kind] = frozenset({"About", "Above", "NotAbove"})
NUM_CLAIMS = 5
MARGIN = 1.0  # points
RELATIVE_MARGIN = 0.1
BASE = MARGIN / RELATIVE_MARGIN  # points: mean error of the arm of which a relative margin is a fraction
RATIO_MARGIN = 0.1
FARTHEST = 3  # standard deviations beyond the margin


def claims_of(kind: Kind, num_arms: int, *, is_ratio: bool = False) -> list[Claim]:
    """Return up to five claims of one test; arms are called "0", "1" and so on, and all claims on several arms share the first.

    With too few arms for a claim the list is empty.
    """
    is_relative = kind == "Less, relative"
    return [
        Claim(
            id=f"{kind} {number}",
            statement="Simulated.",
            source="simulated",
            metric="train_step_seconds" if is_ratio else "test_error_pct",
            test=test,
            margin=RATIO_MARGIN if is_ratio else RELATIVE_MARGIN if is_relative else MARGIN,
            is_relative=is_relative,
        )
        for number, test in enumerate(_tests(kind, [str(arm) for arm in range(num_arms)])[:NUM_CLAIMS])
    ]


def _tests(kind: Kind, arms: Sequence[str]) -> list[Test]:
    reference, others = arms[0], arms[1:]
    match kind:
        case "Less" | "Less, relative":
            return [Less(smaller=reference, larger=other) for other in others]
        case "Equal":
            return [Equal(reference=reference, other=other) for other in others]
        case "NoWorse":
            return [NoWorse(reference=reference, other=other) for other in others]
        case "Compare, better":
            return [Compare(reference=reference, other=other, says="better") for other in others]
        case "Compare, equivalent":
            return [Compare(reference=reference, other=other, says="equivalent") for other in others]
        case "About":
            return [About(arm=arm, target=BASE) for arm in arms]
        case "Above":
            return [Above(arm=arm, target=BASE) for arm in arms]
        case "NotAbove":
            return [NotAbove(arm=arm, target=BASE) for arm in arms]
        case "GapGrows":
            return [GapGrows(first=(arms[0], arms[1]), second=(arms[2], other)) for other in arms[3:]]


def effect_deviation(claim: Claim, arms: Sequence[RunNoise]) -> float:
    """Compute the standard deviation of a claim's effect over seeds, minus the fraction of its base if the margin is relative."""
    weights = {arm: weight - (claim.margin if arm == claim.base else 0.0) for arm, weight in claim.test.contrast.items()}
    return math.hypot(*(weight * arms[int(arm)].deviation for arm, weight in weights.items()))


def least_effect_deviation(claim: Claim, arms: Sequence[RunNoise]) -> float:
    """Compute the standard deviation that rounding to whole images gives a claim's effect; a relative margin adds to the weight of its base."""
    weights = {arm: abs(weight) + (claim.margin if arm == claim.base else 0.0) for arm, weight in claim.test.contrast.items()}
    return math.hypot(*(weight * arms[int(arm)].least_deviation for arm, weight in weights.items()))


def true_effect(claim: Claim, ground_truth: GroundTruth, deviation: float) -> float:
    """Return the true effect of a claim; a deviation is that of the effect over seeds."""
    edge = _edge(claim)
    if ground_truth in BEYOND:
        return edge + math.copysign(BEYOND[ground_truth] * deviation, edge)
    return edge if ground_truth == "at the margin" else 0.0


def opposite_effect(claim: Claim, ground_truth: GroundTruth, deviation: float) -> float:
    """Return an effect as far on the other side of the margin, and not past 0 if the region has two sides; the margin stays."""
    edge = _edge(claim)
    mirrored = 2 * edge - true_effect(claim, ground_truth, deviation)
    is_past_zero = mirrored * edge < 0 and claim.test.region in ("within", "three-way")
    return 0.0 if is_past_zero else mirrored


def _edge(claim: Claim) -> float:
    """Return the bound of the claim's region that the true effects approach."""
    size = claim.margin * BASE if claim.is_relative else claim.bound
    is_below = claim.test.region == "no-worse" or (isinstance(claim.test, Compare) and claim.test.says == "better")
    return -size if is_below else size


def right_outcomes(claim: Claim, ground_truth: GroundTruth, arms: Sequence[RunNoise]) -> set[Outcome]:
    """Return the decided outcomes that are right: none for an effect on the margin, unless arms fail at different rates.

    An arm that fails more often is worse, and never equivalent, which adds to what the mean of the runs that train makes right. A gap grows
    if that of the failure rates grows.
    """
    by_mean = _right_by_mean(claim, ground_truth)
    rates = {arm: arms[int(arm)].failure_rate for arm in claim.test.contrast}
    pair = arms_that_fail(claim)
    if pair is None or set(rates.values()) <= {0.0, 1.0}:
        return by_mean  # where all runs of each arm are of one kind the means are compared
    if claim.test.region == "beyond":
        growth = sum(weight * rates[arm] for arm, weight in claim.test.contrast.items())
        by_failures: set[Outcome] = {"supported"} if growth > 0 else {"contradicted"} if growth < 0 else set()
        return by_mean | by_failures
    excess = rates[pair[0]] - rates[pair[1]]
    if excess == 0:
        return by_mean
    if claim.test.region == "within":
        return {"contradicted"}
    if claim.test.region == "no-worse":
        return {"contradicted"} if excess > 0 else by_mean
    return _right_of_three(claim, ground_truth, "worse" if excess > 0 else "better")


def _right_by_mean(claim: Claim, ground_truth: GroundTruth) -> set[Outcome]:
    """Return the right outcome for the mean of the runs that train."""
    if ground_truth == "at the margin":
        return set()
    holds_beyond = claim.test.region == "beyond" or (isinstance(claim.test, Compare) and claim.test.says == "better")
    return {"supported"} if (ground_truth in BEYOND) == holds_beyond else {"contradicted"}


def _right_of_three(claim: Claim, ground_truth: GroundTruth, by_failures: Finding) -> set[Outcome]:
    """Return the right outcomes of a three-way claim whose arms fail at different rates: equivalence is never right."""
    assert isinstance(claim.test, Compare)
    says, findings = claim.test.says, {by_failures}
    if ground_truth in BEYOND:
        findings.add("better" if says == "better" else "worse")
    right: set[Outcome] = {"supported"} if says in findings else set()
    return {*right, "contradicted"} if findings - {says} else right
