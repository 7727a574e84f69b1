"""The verdicts are calibrated: where the truth is known, at most one suite in twenty holds a wrong one."""

from pathlib import Path

import numpy as np
import pytest

from analysis.calibrate import KINDS, NUM_CLAIMS, SEEDS, TRUTHS, Kind, Truth, measured_deviations, simulate
from analysis.statistics import detectable_effect, estimate

NUM_SUITES = 150
AT_MOST = 0.05 + 3 * (0.05 * 0.95 / NUM_SUITES) ** 0.5  # three standard errors of so many suites


@pytest.mark.parametrize("num_seeds", SEEDS)
@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_at_most_one_suite_in_twenty_holds_a_wrong_outcome(kind: Kind, truth: Truth, num_seeds: int) -> None:
    random = np.random.default_rng([num_seeds, TRUTHS.index(truth), KINDS.index(kind)])
    found = simulate(kind, truth, 1.5, num_seeds, num_suites=NUM_SUITES, random=random)
    assert found.wrong_suites <= AT_MOST
    assert sum(found.shares.values()) == pytest.approx(1)
    if truth == "large":
        assert found.shares["supported" if kind == "less" else "contradicted"] > 0.9


def test_a_small_noise_under_no_effect_supports_equality_and_contradicts_a_difference() -> None:
    random = np.random.default_rng(0)
    assert simulate("equal", "no effect", 0.1, 5, num_suites=20, random=random).shares["supported"] > 0.95
    assert simulate("less", "no effect", 0.1, 5, num_suites=20, random=random).shares["contradicted"] > 0.95
    assert NUM_CLAIMS > 1


@pytest.mark.parametrize("num_seeds", SEEDS)
def test_the_detectable_effect_is_found_four_times_in_five(num_seeds: int) -> None:
    """Against drawing the seeds again and again."""
    random = np.random.default_rng(num_seeds)
    samples = random.normal(detectable_effect(2.0, num_seeds), 2.0, (2000, num_seeds))
    found = np.mean([(low := estimate(list(values)).low) is not None and low > 0 for values in samples])
    assert found == pytest.approx(0.8, abs=0.04)


def test_the_noise_is_that_of_the_store() -> None:
    deviations = measured_deviations(Path(__file__).parents[2] / "results" / "reference")
    assert len(deviations) >= 4
    assert all(deviation > 0 for deviation in deviations)
    assert measured_deviations(Path("/nowhere")) == []
