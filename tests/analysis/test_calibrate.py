"""The verdicts are calibrated: where the truth is known, at most one suite in twenty holds a wrong one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.calibrate import KINDS, NUM_CLAIMS, SEEDS, TRUTHS, Kind, Truth, measured_deviations, simulate
from analysis.inference.claim_tests import LEVEL
from analysis.inference.effects import Evidence
from analysis.inference.verdicts import judge
from analysis.statistics.power import detectable_effect
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Less

NUM_DRAWS = 2000
CLAIM = Claim(
    id="0", statement="Simulated.", source="simulated", metric="test_error_pct", test=Less(smaller="a", larger="b"), margin=1.0
)
NUM_SUITES: dict[Truth, int] = {"no effect": 150, "at the margin": 500, "large": 150}  # more, where the truth is hardest


@pytest.mark.parametrize("num_seeds", SEEDS)
@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_at_most_one_suite_in_twenty_holds_a_wrong_outcome(kind: Kind, truth: Truth, num_seeds: int) -> None:
    random = np.random.default_rng([num_seeds, TRUTHS.index(truth), KINDS.index(kind)])
    found = simulate(kind, truth, 1.5, num_seeds, num_suites=NUM_SUITES[truth], random=random)
    assert found.wrong_suites <= 0.05 + 3 * (0.05 * 0.95 / NUM_SUITES[truth]) ** 0.5  # three standard errors of so many suites
    assert sum(found.shares.values()) == pytest.approx(1)
    if truth == "large":
        assert found.shares["supported" if kind == "less" else "contradicted"] > 0.9


def test_a_small_noise_under_no_effect_supports_equality_and_contradicts_a_difference() -> None:
    random = np.random.default_rng(0)
    assert simulate("equal", "no effect", 0.1, 5, num_suites=20, random=random).shares["supported"] > 0.95
    assert simulate("less", "no effect", 0.1, 5, num_suites=20, random=random).shares["contradicted"] > 0.95


@pytest.mark.parametrize("num_seeds", SEEDS)
@pytest.mark.parametrize("num_claims", [1, pytest.param(NUM_CLAIMS, marks=pytest.mark.slow)])
def test_the_detectable_effect_is_found_four_times_in_five(num_seeds: int, num_claims: int) -> None:
    """Against drawing the seeds again and again, by the verdict itself: the claim stands alone, or among others that lie on their margins."""
    random = np.random.default_rng(num_seeds)
    claims = [replace(CLAIM, id=str(number)) for number in range(num_claims)]
    effect = CLAIM.margin + detectable_effect(2.0, num_seeds, 1 - LEVEL / num_claims)
    found = 0
    for _ in range(NUM_DRAWS):
        effects = random.normal([[effect]] + [[CLAIM.margin]] * (num_claims - 1), 2.0, (num_claims, num_seeds))
        evidence = {claim.id: Evidence(effects=dict(enumerate(row.tolist()))) for claim, row in zip(claims, effects, strict=True)}
        found += judge(claims, evidence)[0].outcome == "supported"
    assert found / NUM_DRAWS == pytest.approx(0.8, abs=0.04)


def test_the_noise_is_that_of_the_stores_errors() -> None:
    """Of 32 claims or so: in points, and as large as ten epochs on the digits leave it."""
    deviations = measured_deviations(Path(__file__).parents[2] / "results" / "reference")
    assert len(deviations) >= 20
    assert min(deviations) > 0.05 and 0.5 < np.median(deviations) < 5 and max(deviations) < 100
    with pytest.raises(ValueError, match="holds no claim about errors"):
        measured_deviations(Path("/nowhere"))
