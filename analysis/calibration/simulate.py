"""Simulate suites in a setting, and count the outcomes that the product's own judge gives them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.calibration.ground_truths import (
    BASE,
    GroundTruth,
    Kind,
    claims_of,
    effect_deviation,
    least_effect_deviation,
    opposite_effect,
    right_outcomes,
    true_effect,
)
from analysis.calibration.noise import RunNoise
from analysis.calibration.settings import NUM_RATES, Setting
from analysis.inference.effects import Evidence
from analysis.inference.rates import judge_at_rates
from analysis.inference.verdicts import Outcome
from benchmarks.spec.claims import Claim

FAR_BEYOND: GroundTruth = "3 sd beyond"
DECIDED: frozenset[Outcome] = frozenset({"supported", "contradicted", "depends on the rate"})
OUTCOMES: tuple[Outcome, ...] = ("supported", "contradicted", "depends on the rate", "inconclusive", "untested")
Runs = dict[str, tuple[NDArray[np.float64], NDArray[np.bool_]]]  # by arm: errors, and whether each run trains


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """Counts over simulated suites of one setting, test and ground truth: suites with a wrong outcome, and claims by outcome.

    `deviation` is the median standard deviation of the effects over seeds. `num_right` counts the claims with a decided outcome that is right.
    """

    setting: str
    kind: Kind
    ground_truth: GroundTruth
    num_seeds: int
    num_claims: int
    deviation: float
    num_suites: int
    num_wrong: int
    num_right: int
    outcomes: dict[Outcome, int]
    is_ratio: bool
    is_expected: bool

    @property
    def wrong(self) -> float:
        """Fraction of suites with a wrong outcome."""
        return self.num_wrong / self.num_suites

    @property
    def power(self) -> float:
        """Fraction of claims with a decided outcome that is right."""
        return self.num_right / (self.num_suites * self.num_claims)


def simulate(
    setting: Setting, kind: Kind, ground_truth: GroundTruth, *, num_suites: int, random: np.random.Generator
) -> Cell | None:
    """Decide simulated suites of claims with one test whose true effects are known; None if the setting has too few arms for the test."""
    claims = claims_of(kind, len(setting.arms), is_ratio=setting.is_ratio)
    if not claims:
        return None
    outcomes: Counter[Outcome] = Counter()
    num_wrong = num_right = 0
    deviations = []
    for _ in range(num_suites):
        arms = [setting.arms[number] for number in random.permutation(len(setting.arms))]
        decided = _outcomes(setting, claims, ground_truth, arms, random)
        right = [_right(setting, claim, ground_truth, arms) for claim in claims]
        pairs = list(zip(decided, right, strict=True))
        num_wrong += any(outcome in DECIDED - good for outcome, good in pairs)
        num_right += sum(outcome in good for outcome, good in pairs)
        outcomes.update(decided)
        deviations += [effect_deviation(claim, arms) for claim in claims]
    return Cell(
        setting=setting.name,
        kind=kind,
        ground_truth=ground_truth,
        num_seeds=setting.num_seeds,
        num_claims=len(claims),
        deviation=float(np.median(deviations)),
        num_suites=num_suites,
        num_wrong=num_wrong,
        num_right=num_right,
        outcomes={outcome: outcomes[outcome] for outcome in OUTCOMES},
        is_ratio=setting.is_ratio,
        is_expected=setting.is_expected,
    )


def _outcomes(
    setting: Setting, claims: Sequence[Claim], ground_truth: GroundTruth, arms: Sequence[RunNoise], random: np.random.Generator
) -> list[Outcome]:
    """Draw the runs of one suite and return the outcome of each claim."""
    used = sorted({int(arm) for claim in claims for arm in claim.test.contrast})
    evidence: dict[float, dict[str, Evidence]] = {}
    for number in range(1 if setting.rates == "one" else NUM_RATES):
        runs = {str(arm): arms[arm].draw(random, setting.num_seeds) for arm in used}
        evidence[1 / 2**number] = {
            claim.id: evidence_with(
                claim, runs, _effect_at(setting, claim, ground_truth, number, arms), least_effect_deviation(claim, arms)
            )
            for claim in claims
        }
    return [verdict.outcome for verdict in judge_at_rates(claims, evidence, setting.looks)]


def evidence_with(claim: Claim, runs: Runs, effect: float, least_deviation: float = 0.0) -> Evidence:
    """Return the evidence of simulated runs, moved so that the claim has this true effect; claims that share arms share their noise."""
    contrast = claim.test.contrast
    effects = effect + np.sum([weight * runs[arm][0] for arm, weight in contrast.items()], axis=0)
    bases = (BASE + runs[claim.base][0]).tolist() if claim.base else []
    is_time = claim.kind == "time"
    return Evidence(
        effects=dict(enumerate(effects.tolist())),
        trained={} if is_time else {arm: dict(enumerate(runs[arm][1].tolist())) for arm in contrast},
        bases=dict(enumerate(bases)),
        least_deviation=least_deviation,
    )


def _effect_at(setting: Setting, claim: Claim, ground_truth: GroundTruth, number: int, arms: Sequence[RunNoise]) -> float:
    """Return the true effect of a claim at a rate, by its number.

    With opposite effects that of the first rate is on the other side of the margin; if it is on the margin, the others are far beyond.
    """
    deviation = effect_deviation(claim, arms)
    if setting.rates != "opposite":
        return true_effect(claim, ground_truth, deviation)
    if number == 0:
        return opposite_effect(claim, ground_truth, deviation)
    return true_effect(claim, FAR_BEYOND if ground_truth == "at the margin" else ground_truth, deviation)


def _right(setting: Setting, claim: Claim, ground_truth: GroundTruth, arms: Sequence[RunNoise]) -> set[Outcome]:
    """Return the decided outcomes that are right; with opposite effects a claim depends on the rate."""
    if setting.rates != "opposite":
        return right_outcomes(claim, ground_truth, arms)
    return set() if ground_truth == "at the margin" else {"depends on the rate"}
