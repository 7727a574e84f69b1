"""Claims about the best learning rate are judged on tuning runs, seed by seed.

Three tunings read off a grid in octaves show a difference of several octaves, but no equality within one.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from analysis.inference.verdicts import Verdict
from analysis.inference.wording import in_words
from analysis.pages.study_page import Summary
from analysis.tables.grouping import studies_of
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Equal, Less
from benchmarks.spec.rates import arms_at_every_rate
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import Suite, arms, load_suite
from benchmarks.spec.tuning import NUM_RUNS, SEEDS
from benchmarks.store.trials import TrialResult
from benchmarks.store.tuning import best_rates

Make = Callable[..., TrialResult]
MakeTuning = Callable[..., list[TrialResult]]
RECIPE = Recipe(epochs=1, batch_size=64)
FALLS = Claim("It falls.", Less("resnet56", "resnet20"), metric="best_rate_log2", margin=2.0, id="falls")
STAYS = Claim("It stays.", Equal("resnet20", "resnet56"), metric="best_rate_log2", margin=1.0, id="stays")
SUITE = Suite(question="Does the best rate fall?", arms=arms("resnet20", "resnet56"), claims=(FALLS, STAYS))


@pytest.fixture
def judged(make_result: Make, make_tuning: MakeTuning) -> Callable[..., dict[str, Verdict]]:
    """The verdicts by id, with these best rates of the arms; None if an arm was not tuned."""

    def judged(**best: float | None) -> dict[str, Verdict]:
        results = [make_result(label, seed, 1.0, 1.0, recipe=RECIPE) for label in SUITE.arms for seed in range(5)]
        for label, rate in best.items():
            results += make_tuning(SUITE.arms[label], RECIPE, rate) if rate else []
        (study,) = studies_of("falls", SUITE, results)
        return {verdict.claim.id: verdict for verdict in Summary(study=study).verdicts}

    return judged


@pytest.mark.parametrize(
    ("resnet20", "resnet56", "falls", "stays"),
    [
        (0.2, 0.0125, "supported", "contradicted"),
        (0.05, 0.05, "contradicted", "inconclusive"),
        (0.1, 0.025, "inconclusive", "inconclusive"),
    ],
)
def test_the_contrast_is_of_the_logarithms_of_the_best_rates(
    judged: Callable[..., dict[str, Verdict]], resnet20: float, resnet56: float, falls: str, stays: str
) -> None:
    verdicts = judged(resnet20=resnet20, resnet56=resnet56)
    octaves = math.log2(resnet20 / resnet56)
    assert dict(verdicts["falls"].evidence.effects) == dict.fromkeys(SEEDS, pytest.approx(octaves))
    assert {name: verdict.outcome for name, verdict in verdicts.items()} == {"falls": falls, "stays": stays}
    assert "3 tunings" in in_words(verdicts["falls"]) and "octaves" in in_words(verdicts["falls"])


def test_an_arm_that_was_not_tuned_leaves_the_claim_untested_and_says_how_it_is_tuned(
    judged: Callable[..., dict[str, Verdict]],
) -> None:
    verdict = judged(resnet20=0.1, resnet56=None)["falls"]
    assert verdict.outcome == "untested"
    assert "best rate of the residual network of 56 layers (not tuned: run with --tune)" in in_words(verdict)


def test_its_arms_are_tuned_and_run_at_every_rate() -> None:
    assert arms_at_every_rate(SUITE, "digits") == frozenset(SUITE.arms.values())
    branch = load_suite("branch")
    scaled = {arm for label, arm in branch.optional.items() if "branch_scale=1/sqrtL" in label}
    assert len(scaled) == 2 and scaled <= arms_at_every_rate(branch, "digits")


def test_a_seed_without_every_rate_has_no_best_one(make_tuning: MakeTuning) -> None:
    runs = make_tuning(SUITE.arms["resnet20"], RECIPE, 0.05)
    assert best_rates(runs, 0.1) == dict.fromkeys(SEEDS, 0.05) and len(SEEDS) == NUM_RUNS
    assert best_rates(runs[1:], 0.1).keys() == set(SEEDS) - {runs[0].trial.seed}
    other = [replace(run, trial=replace(run.trial, seed=7)) for run in runs if run.trial.seed == SEEDS[0]]
    assert best_rates(other, 0.1) == {7: 0.05}
