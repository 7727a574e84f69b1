"""The verdicts are calibrated: where the ground truth is known, at most one suite in twenty has a wrong one, and a broken judge is exposed."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.calibration.ground_truths import GROUND_TRUTHS, KINDS, ONE_ARM, GroundTruth, Kind
from analysis.calibration.noise import bootstrap_noise, normal_noise
from analysis.calibration.settings import LOOKS, Setting
from analysis.calibration.simulate import Cell, simulate
from analysis.calibration.tables import broken_settings, is_above, monte_carlo_error
from analysis.inference.claim_tests import LEVEL
from analysis.inference.effects import Evidence
from analysis.inference.verdicts import judge
from analysis.statistics.power import detectable_effect
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Less

NORMAL = Setting(name="normal", arms=(normal_noise(1.0),) * 8, num_seeds=5)
AT_LOOKS = replace(NORMAL, name="looks", num_seeds=LOOKS[-1], looks=LOOKS)
NUM_DRAWS = 2000
CLAIM = Claim(
    id="0", statement="Simulated.", source="simulated", metric="test_error_pct", test=Less(smaller="a", larger="b"), margin=1.0
)


def simulated(setting: Setting, kind: Kind, ground_truth: GroundTruth = "at the margin", num_suites: int = 300) -> Cell:
    found = simulate(setting, kind, ground_truth, num_suites=num_suites, random=np.random.default_rng(3))
    assert found is not None
    assert sum(found.outcomes.values()) == num_suites * found.num_claims
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_claim_at_its_margin_is_decided_in_one_case_of_twenty(kind: Kind) -> None:
    """Normal noise, one claim, one look: wrong in 5% of cases, no more and no less; the noise is far smaller than the region is wide."""
    num_arms = 1 if kind in ONE_ARM else 4 if kind == "GapGrows" else 2
    found = simulated(replace(NORMAL, arms=(normal_noise(0.1),) * num_arms), kind, num_suites=1500)
    assert found.num_claims == 1
    assert found.wrong == pytest.approx(LEVEL, abs=3 * monte_carlo_error(1500))


@pytest.mark.parametrize("setting", [NORMAL, AT_LOOKS], ids=lambda setting: setting.name)
@pytest.mark.parametrize("ground_truth", GROUND_TRUTHS)
@pytest.mark.parametrize("kind", ["Less", "Equal", "Compare, better"])
def test_at_most_one_suite_in_twenty_has_a_wrong_outcome(kind: Kind, ground_truth: GroundTruth, setting: Setting) -> None:
    assert not is_above(simulated(setting, kind, ground_truth, 150))


@pytest.mark.parametrize("rate", [1 / 20, 1 / 8, 5 / 8])
def test_failures_decide_no_more_than_one_suite_in_twenty_wrongly(rate: float) -> None:
    setting = replace(NORMAL, arms=(normal_noise(1.0, rate),) * 8, num_seeds=10)
    assert not is_above(simulated(setting, "Less")) and not is_above(simulated(setting, "Equal", "0"))


def test_a_claim_is_not_praised_for_the_rates_that_suit_it() -> None:
    """At its margin at one rate and far beyond it at the others; where the sides differ, the claim depends on the rate."""
    opposite = replace(NORMAL, rates="opposite")
    assert not is_above(simulated(opposite, "Less"))
    found = simulated(replace(opposite, arms=(normal_noise(0.1),) * 8), "Less", "0", 30)
    assert found.num_wrong == 0 and found.outcomes["depends on the rate"] == found.num_right == 150


def test_without_holm_the_table_exposes_the_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product's own correction is taken away: five claims at their margins, each wrong in 5% of cases."""
    monkeypatch.setattr("analysis.inference.rates.holm", list)
    found = simulated(NORMAL, "Less")
    assert found.wrong > 0.1 and broken_settings([found]) == ["normal: Less"]


def test_with_the_whole_error_rate_at_every_look_the_table_exposes_the_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.inference.looks.spending_shares", lambda looks: (1.0,) * len(looks))
    found = simulated(AT_LOOKS, "Less", num_suites=600)
    assert found.wrong > 0.08 and broken_settings([found]) == ["looks: Less"]


def test_power_grows_with_the_distance_from_the_margin() -> None:
    """Large effects are found: by the mean, and by failures where only those differ."""
    powers = [simulated(NORMAL, "NoWorse", ground_truth, 60).power for ground_truth in GROUND_TRUTHS[2:]]
    assert powers == sorted(powers) and powers[0] < 0.3 and powers[-1] > 0.9
    half = replace(NORMAL, arms=(*(normal_noise(1.0),) * 4, *(normal_noise(1.0, 7 / 8),) * 4), num_seeds=20)
    found = simulated(half, "Equal", num_suites=40)
    assert found.power > 0.4 and found.outcomes["supported"] == 0


def test_skewed_noise_is_shown_with_its_wrong_suites() -> None:
    """A recorded arm with one outlier in eight breaks the t interval's 5%: the table says so, and expects no less."""
    skewed = (bootstrap_noise((1.0,) * 7 + (9.0,), (True,) * 8, 0.06),)
    found = simulated(Setting(name="recorded", arms=skewed, num_seeds=5, is_expected=False), "Above")
    assert is_above(found) and broken_settings([found]) == []
    assert broken_settings([replace(found, is_expected=True)]) == ["recorded: Above"]


@pytest.mark.parametrize("num_seeds", [3, 5, 8])
@pytest.mark.parametrize("num_claims", [1, pytest.param(8, marks=pytest.mark.slow)])
def test_the_detectable_effect_is_found_four_times_in_five(num_seeds: int, num_claims: int) -> None:
    """Against drawing the seeds again and again, by the verdict itself: the claim is the only one, or among others that lie on their margins."""
    random = np.random.default_rng(num_seeds)
    claims = [replace(CLAIM, id=str(number)) for number in range(num_claims)]
    effect = CLAIM.margin + detectable_effect(2.0, num_seeds, 1 - LEVEL / num_claims)
    found = 0
    for _ in range(NUM_DRAWS):
        effects = random.normal([[effect]] + [[CLAIM.margin]] * (num_claims - 1), 2.0, (num_claims, num_seeds))
        evidence = {claim.id: Evidence(effects=dict(enumerate(row.tolist()))) for claim, row in zip(claims, effects, strict=True)}
        found += judge(claims, evidence)[0].outcome == "supported"
    assert found / NUM_DRAWS == pytest.approx(0.8, abs=0.04)
