"""Simulated runs have the spread, the failures and the shared arms of what they stand for."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analysis.calibration.ground_truths import KINDS, Kind, claims_of, effect_deviation, least_effect_deviation
from analysis.calibration.noise import (
    arm_noises,
    bootstrap_noise,
    measured_deviations,
    normal_noise,
    num_seeds_of,
    recorded_studies,
)
from analysis.calibration.settings import settings_of
from analysis.calibration.simulate import Runs, evidence_with
from analysis.inference.effects import evidence_of
from analysis.tables.grouping import studies_of
from benchmarks.spec.claims import FEWEST_SEEDS
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import Suite, arms
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

REFERENCE = Path(__file__).parents[3] / "results" / "reference"
MANY = 100_000


@pytest.mark.parametrize("errors", [(1.0, 2.0, 4.0), (0.2, 0.2, 0.4, 3.0, 0.6), (5.0, 5.0, 5.0)])
def test_a_smoothed_bootstrap_keeps_the_mean_and_the_deviation_of_the_recorded_runs(errors: tuple[float, ...]) -> None:
    noise = bootstrap_noise(errors, [True] * len(errors))
    values, trains = noise.draw(np.random.default_rng(0), MANY)
    expected = float(np.std(errors, ddof=1))
    assert trains.all() and noise.failure_rate == 0
    assert noise.deviation == pytest.approx(expected)
    assert values.mean() == pytest.approx(0, abs=0.02) and values.std() == pytest.approx(expected, abs=0.02)
    assert len(np.unique(values)) == (1 if expected == 0 else MANY)  # smoothed


def test_rounding_to_whole_images_is_the_least_spread() -> None:
    noise = bootstrap_noise((5.0, 5.0, 5.0), (True,) * 3, 0.06)
    values, _ = noise.draw(np.random.default_rng(0), MANY)
    assert noise.deviation == pytest.approx(0.06) and values.std() == pytest.approx(0.06, abs=0.001)


def test_an_outlier_is_hardly_smoothed() -> None:
    values, _ = bootstrap_noise((1.0,) * 7 + (9.0,), (True,) * 8, 0.06).draw(np.random.default_rng(0), MANY)
    assert (values > 5).mean() == pytest.approx(1 / 8, abs=0.01) and ((values > 0) & (values < 5)).mean() == 0


def test_runs_that_fail_are_drawn_as_often_as_recorded_and_smoothed_by_themselves() -> None:
    noise = bootstrap_noise((3.0, 4.0, 5.0, 88.0, 90.0), (True, True, True, False, False))
    values, trains = noise.draw(np.random.default_rng(0), MANY)
    assert noise.failure_rate == pytest.approx(0.4) and trains.mean() == pytest.approx(0.6, abs=0.01)
    assert noise.deviation == pytest.approx(1.0)  # of the runs that train
    assert values[trains].mean() == pytest.approx(0, abs=0.02) and values[trains].std() == pytest.approx(1.0, abs=0.02)
    assert values[~trains].mean() == pytest.approx(85, abs=0.05) and values[~trains].std() == pytest.approx(2**0.5, abs=0.02)


@pytest.mark.parametrize("rate", [0.0, 1 / 20, 1 / 8, 5 / 8])
def test_normal_noise_fails_at_its_rate(rate: float) -> None:
    values, trains = normal_noise(2.0, rate).draw(np.random.default_rng(0), MANY)
    assert 1 - trains.mean() == pytest.approx(rate, abs=0.005)
    assert values[trains].std() == pytest.approx(2.0, abs=0.03) and (values[~trains] > 50).all()


def test_claims_that_share_an_arm_share_its_noise() -> None:
    first, second = claims_of("Less", 3)
    random = np.random.default_rng(0)
    runs: Runs = {arm: normal_noise(1.0).draw(random, MANY) for arm in "012"}
    effects = [list(evidence_with(claim, runs, 3.0).effects.values()) for claim in (first, second)]
    assert np.corrcoef(effects)[0, 1] == pytest.approx(0.5, abs=0.02)
    assert np.mean(effects) == pytest.approx(3.0, abs=0.02)
    assert np.std(effects) == pytest.approx(effect_deviation(first, [normal_noise(1.0)] * 3), abs=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_simulated_evidence_is_what_records_of_the_same_runs_give(kind: Kind, make_result: Callable[..., TrialResult]) -> None:
    """Against the product's way from records: the same effects, runs that train, and bases."""
    names = ("plain8", "resnet8", "plain20", "resnet20")
    claims = claims_of(kind, len(names))[:1]
    errors = np.random.default_rng(1).normal(10, 3, (len(names), 4)).round(2)
    errors[1, 2] = 80  # fails
    networks = dict(zip(map(str, range(len(names))), arms(*names).values(), strict=True))
    suite = Suite(
        question="?", arms=networks, claims=tuple(claims), dataset="tiny", recipe="quick", num_seeds=4, figures=(), rates=(1.0,)
    )
    results = [
        make_result(arm, seed, test=float(errors[int(label), seed]), recipe=Recipe(epochs=1, batch_size=64))
        for label, arm in networks.items()
        for seed in range(4)
    ]
    (study,) = studies_of("simulated", suite, results)
    (claim,) = claims
    runs: Runs = {label: (errors[int(label)] - 10, errors[int(label)] < 60) for label in networks}
    target = 10 * sum(claim.test.contrast.values()) - claim.target
    noises = [bootstrap_noise((1.0,), (True,), 100 / 20 / 12**0.5)] * len(names)  # of 20 test images
    expected, found = evidence_of(claim, study), evidence_with(claim, runs, target, least_effect_deviation(claim, noises))
    assert found.effects == pytest.approx(expected.effects)
    assert found.trained == expected.trained and found.bases == pytest.approx(expected.bases)
    assert found.least_deviation == pytest.approx(expected.least_deviation)
    assert found.is_mixed == ("1" in claim.test.contrast)


def test_the_noise_is_that_of_the_stores_errors() -> None:
    """Of 32 claims or so: in points, and as large as ten epochs on the digits leave it; every study and arm takes part."""
    studies = recorded_studies(Out(REFERENCE))
    deviations = measured_deviations(studies)
    assert len(deviations) >= 20
    assert min(deviations) > 0.05 and 0.5 < np.median(deviations) < 5 and max(deviations) < 100
    assert {study.name for study in studies} >= {"depth", "ordering", "shortcut", "width", "perceptron", "lectures", "vgg"}
    recorded = [setting for setting in settings_of(1.0, studies) if setting.name.startswith("recorded")]
    assert len(recorded) == len(studies) + 1
    assert [len(setting.arms) for setting in recorded[:-1]] == [study.trials["arm"].nunique() for study in studies]
    assert len(recorded[-1].arms) == sum(len(arm_noises(study)) for study in studies)
    assert all(num_seeds_of(study) >= FEWEST_SEEDS for study in studies)


def test_a_store_without_runs_gives_no_noise(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no claim about errors has 3 seeds"):
        measured_deviations(recorded_studies(Out(tmp_path)))
