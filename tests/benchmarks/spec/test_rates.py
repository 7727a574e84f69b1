"""A suite's learning rates: fractions of the recipe's, or those asked for, and which arms run at them in which order."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.cli.flags import Request
from benchmarks.cli.plan import StudyPlan, plan
from benchmarks.cli.request import resolve
from benchmarks.spec.images import Images
from benchmarks.spec.rates import arms_at_every_rate, rates_of, recipes_at, without_rate
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.suite import load_suite, suite_names

DEPTH, QUICK = load_suite("depth"), RECIPES["quick"]


def test_a_suite_has_its_recipes_rate_a_half_and_a_quarter_unless_it_says_otherwise() -> None:
    assert rates_of(DEPTH, "quick", QUICK) == (0.1, 0.05, 0.025)
    assert rates_of(DEPTH, "quick", replace(QUICK, learning_rate=0.02)) == (0.02, 0.01, 0.005)  # of the changed rate
    assert rates_of(DEPTH, "quick", replace(QUICK, learning_rate=0.3)) == (0.3, 0.15, 0.075)  # without 0.30000000000000004's kind
    assert [rates_of(DEPTH, name, RECIPES[name]) for name in ("he2015", "he2016", "wrn", "resnext")] == [(0.1,)] * 4
    assert {name for name in suite_names() if load_suite(name).rates == (1.0,)} == {"constructions", "lectures", "recipes", "vgg"}


def test_rates_that_are_asked_for_are_absolute_and_the_recipes_comes_first() -> None:
    assert rates_of(DEPTH, "quick", QUICK, "0.02,0.1,0.3") == (0.1, 0.02, 0.3)
    assert rates_of(DEPTH, "quick", QUICK, "0.02, 0.3") == (0.02, 0.3)
    assert rates_of(DEPTH, "he2015", RECIPES["he2015"], "0.1,0.05") == (0.1, 0.05)
    assert rates_of(DEPTH, "quick", QUICK, "Recipe") == (0.1,)


@pytest.mark.parametrize("asked", ["fast", "0.1,", "0", "-0.1", "nan", "0.1;0.2", ""])
def test_what_is_no_rate_is_refused_with_the_rule(asked: str) -> None:
    with pytest.raises(ValueError, match=r"--rates must be 'recipe', or learning rates from 1e-12 to .* got "):
        rates_of(DEPTH, "quick", QUICK, asked)


def test_a_rate_that_is_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"--rates 0.1,0.10 names a rate twice: give each once"):
        rates_of(DEPTH, "quick", QUICK, "0.1,0.10")


@pytest.mark.parametrize("rates", [(), (0.5, 1.0), (1.0, 1.0), (1.0, 0.0), (1.0, -0.5), [1.0]])
def test_a_suites_rates_are_different_fractions_with_the_recipes_first(rates: object) -> None:
    with pytest.raises(ValueError, match=r"rates must be different fractions above 0 of the recipe's rate, 1.0 first"):
        replace(DEPTH, rates=rates)  # type: ignore[arg-type]


def test_only_the_rate_changes() -> None:
    warm = replace(RECIPES["he2015"], learning_rate=0.1)
    (half,) = recipes_at(warm, [0.05])
    assert half == replace(warm, learning_rate=0.05) and half.warmup_learning_rate == 0.01
    assert without_rate(half) == without_rate(warm) != without_rate(replace(warm, momentum=0.8))


def test_arms_of_claims_about_trained_networks_run_at_every_rate() -> None:
    labels = {label for label, arm in DEPTH.arms.items() if arm in arms_at_every_rate(DEPTH, "digits")}
    assert labels == {f"{family}{depth}" for family in ("plain", "resnet") for depth in (8, 20, 56)}


def test_a_seed_runs_at_the_recipes_rate_first_and_all_arms_only_there(tiny: Images) -> None:
    recipe = Recipe(epochs=1, batch_size=16)
    first, second = list(DEPTH.arms.values())[:2]
    trials = plan([first, second], tiny, recipe, 2, other_rates=(0.05, 0.025), at_other_rates={second})
    assert [(trial.seed, trial.recipe.learning_rate, trial.arm) for trial in trials] == [
        (seed, rate, arm) for seed in (0, 1) for rate, arm in ((0.1, first), (0.1, second), (0.05, second), (0.025, second))
    ]


def planned(**changes: object) -> StudyPlan:
    _, (study,) = resolve(Request(suite="depth", device="cpu", out=Path("nowhere"), **changes))  # type: ignore[arg-type]
    assert isinstance(study, StudyPlan)
    return study


def test_a_request_plans_the_suites_rates_and_old_trials_are_among_them() -> None:
    """The trials at the recipe's rate are those of a run at this rate only, so that its records count."""
    every, only = planned(seeds="2"), planned(seeds="2", rates="recipe")
    assert len(every.trials) == 2 * (8 + 2 * 6 + 2) and len(only.trials) == 2 * (8 + 2)  # 2 controls
    assert set(only.trials) < set(every.trials)
    assert {trial.recipe.learning_rate for trial in planned(rates="0.02", seeds="1").trials} == {0.02}
