"""A simulated claim has the true effect that its name says, and the outcomes that count as right follow from it."""

import math

import numpy as np
import pytest

from analysis.calibration.ground_truths import (
    GROUND_TRUTHS,
    KINDS,
    KINDS_OF_RATIOS,
    GroundTruth,
    Kind,
    claims_of,
    effect_deviation,
    opposite_effect,
    right_outcomes,
    true_effect,
)
from analysis.calibration.noise import normal_noise
from analysis.calibration.simulate import evidence_with
from analysis.inference.verdicts import judge

ARMS = [normal_noise(1.0)] * 8
OFTEN, NEVER = normal_noise(1.0, 5 / 8), normal_noise(1.0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ground_truth", GROUND_TRUTHS)
def test_without_noise_the_judge_decides_as_the_ground_truth_has_it(kind: Kind, ground_truth: GroundTruth) -> None:
    """Of differences and of ratios; effects beyond the margin are moved by a deviation that the runs do not have."""
    for is_ratio in (False, True) if kind in KINDS_OF_RATIOS else (False,):
        for claim in claims_of(kind, 8, is_ratio=is_ratio):
            runs = {arm: normal_noise(0.0).draw(np.random.default_rng(0), 5) for arm in claim.test.contrast}
            evidence = evidence_with(claim, runs, true_effect(claim, ground_truth, 0.3))
            (verdict,) = judge([claim], {claim.id: evidence})
            right = right_outcomes(claim, ground_truth, ARMS)
            assert {verdict.outcome} == (right or {"inconclusive"})


def test_there_are_five_claims_of_each_test_and_fewer_with_few_arms() -> None:
    assert {kind: len(claims_of(kind, 8)) for kind in KINDS} == dict.fromkeys(KINDS, 5)
    assert len(claims_of("Less", 3)) == 2 and len(claims_of("About", 3)) == 3 and not claims_of("GapGrows", 3)


def test_opposite_effects_lie_as_far_on_the_other_side_of_the_margin() -> None:
    (less,), (equal,) = claims_of("Less", 2), claims_of("Equal", 2)
    (better,) = claims_of("Compare, better", 2)
    assert true_effect(less, "2 sd beyond", 0.25) == 1.5 and opposite_effect(less, "2 sd beyond", 0.25) == 0.5
    assert opposite_effect(less, "3 sd beyond", 1.0) == -2 and opposite_effect(less, "0", 1.0) == 2
    assert opposite_effect(equal, "3 sd beyond", 1.0) == 0 and opposite_effect(equal, "at the margin", 1.0) == 1
    assert true_effect(better, "1 sd beyond", 0.5) == -1.5 and opposite_effect(better, "1 sd beyond", 0.5) == -0.5


def test_the_deviation_of_an_effect_is_that_of_its_arms() -> None:
    arms = [normal_noise(float(number)) for number in range(1, 9)]
    assert effect_deviation(claims_of("Less", 8)[0], arms) == pytest.approx(math.hypot(1, 2))
    assert effect_deviation(claims_of("Less, relative", 8)[0], arms) == pytest.approx(math.hypot(1, 0.9 * 2))
    assert effect_deviation(claims_of("GapGrows", 8)[0], arms) == pytest.approx(math.sqrt(1 + 4 + 9 + 16))


@pytest.mark.parametrize(
    ("kind", "second_fails", "first_fails"),
    [
        ("Less", {"supported"}, {"contradicted"}),  # the reference is said to be less
        ("Equal", {"contradicted"}, {"contradicted"}),
        ("NoWorse", {"contradicted"}, set()),
        ("Compare, better", {"contradicted"}, {"supported"}),
        ("Compare, equivalent", {"contradicted"}, {"contradicted"}),
        ("About", set(), set()),
    ],
)
def test_an_arm_that_fails_more_often_is_worse(kind: Kind, second_fails: set[str], first_fails: set[str]) -> None:
    claim = claims_of(kind, 2)[0]
    assert right_outcomes(claim, "at the margin", [NEVER, OFTEN]) == second_fails
    assert right_outcomes(claim, "at the margin", [OFTEN, NEVER]) == first_fails
    assert right_outcomes(claim, "at the margin", [OFTEN, OFTEN]) == set()


def test_a_gap_grows_with_that_of_the_failures() -> None:
    (claim,) = claims_of("GapGrows", 4)
    assert right_outcomes(claim, "at the margin", [NEVER, NEVER, NEVER, OFTEN]) == {"supported"}
    assert right_outcomes(claim, "at the margin", [NEVER, NEVER, OFTEN, NEVER]) == {"contradicted"}
    assert right_outcomes(claim, "at the margin", [NEVER, OFTEN, NEVER, NEVER]) == {"contradicted"}
    assert right_outcomes(claim, "at the margin", [NEVER, OFTEN, NEVER, OFTEN]) == set()
