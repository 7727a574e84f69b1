"""Settings of an arm: one spelling, factors of any recipe's own values, and trials that lead back to their arm."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import Arm, arms, arms_with, network
from benchmarks.spec.declaration import arm_hash
from benchmarks.spec.rates import arms_at_every_rate
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.settings import change
from benchmarks.spec.suite import Suite, load_suite
from benchmarks.spec.trial import DatasetIdentity, Trial, key_of, recipe_or_none, without_defaults

SUITE = load_suite("recipes")
IMAGES = DatasetIdentity(name="made", checksum="0" * 16)
RESNET20 = arms("resnet20")["resnet20"]


def trial_of(arm: Arm, recipe: Recipe) -> Trial:
    return Trial(architecture=arm.architecture, dataset=IMAGES, recipe=recipe, seed=0, train_fraction=arm.train_fraction)


@pytest.mark.parametrize("name", RECIPES)
def test_three_times_the_length_and_a_tenth_of_the_rate_hold_under_every_recipe(name: str) -> None:
    recipe = RECIPES[name]
    longer, slower = (
        Arm(architecture=RESNET20.architecture, settings=(setting,)) for setting in ("length=x3", "learning_rate=x0.1")
    )
    assert longer.recipe_under(recipe) == replace(
        recipe,
        epochs=recipe.epochs and 3 * recipe.epochs,
        iterations=recipe.iterations and 3 * recipe.iterations,
        milestones=tuple(3 * milestone for milestone in recipe.milestones),
    )
    assert slower.recipe_under(recipe) == replace(recipe, learning_rate={0.1: 0.01, 0.01: 0.001}[recipe.learning_rate])
    assert change(recipe, ["length=x3"]) == longer.recipe_under(recipe)  # --set has them too


def test_settings_have_one_spelling_which_ends_the_label() -> None:
    written = ("weight_decay=1e-5,epochs=030", " epochs=30 , weight_decay=0.00001")
    found = [arms_with(settings, "plain56", mine=network("mlp_1x8")) for settings in written]
    assert found[0] == found[1]
    assert list(found[0]) == ["plain56 (epochs=30, weight_decay=1e-05)", "mine (epochs=30, weight_decay=1e-05)"]
    (arm, _) = found[0].values()
    assert arm.label == next(iter(found[0])) and replace(arm, train_fraction=0.25).label.startswith("plain56 on 25% (epochs=30, ")


def test_an_arm_without_settings_has_the_hash_that_it_had_before_there_were_any() -> None:
    before = key_of({"architecture": without_defaults(RESNET20.architecture), "train_fraction": 1.0})
    assert arm_hash(RESNET20) == before != arm_hash(replace(RESNET20, settings=("epochs=30",)))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("epoch=3", "unknown recipe field 'epoch'; did you mean epochs"),
        ("epochs", "'epochs' must be KEY=VALUE; the keys are epochs, "),
        ("epochs=many", "epochs 'many' is not a whole number"),
        ("epochs=0", "epochs must be a number from 1 to"),
        ("epochs=x3", "would leave the milestones where they are: write length=x3"),
        ("length=3", "length '3' must be a factor above 0, as in length=x3"),
        ("learning_rate=x-1", "learning_rate 'x-1' must be a factor above 0"),
        ("length=x3,epochs=4", "length also sets epochs: leave one of them out"),
        ("epochs=3,epochs=3", "epochs is given twice"),
        ("nesterov=true,momentum=0", "is possible with no recipe: nesterov needs a momentum above 0"),
        ("precision=native", "must be fp32 or bf16"),
    ],
)
def test_a_setting_that_no_recipe_can_have_is_refused_where_it_is_written(settings: str, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        arms_with(settings, "plain56")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "recipe", "words"),
    [
        ("length=x0.25", "quick", "epochs 10 times 0.25 is 2.5, not a whole number: take another factor"),
        (
            "epochs=30",
            "he2015",
            "plain56 (epochs=30) is not possible with recipe he2015: the milestones 32000/48000 count iterations",
        ),
        ("augment=enlarge-crop", "he2015", "it needs normalise channel or unit, not pixel-mean"),
        ("weight_decay=x2", "stat453-mnist", "weight_decay=x2 multiplies nothing, because the recipe's weight_decay is 0.0"),
    ],
)
def test_a_setting_that_this_recipe_cannot_have_is_refused_with_both(settings: str, recipe: str, words: str) -> None:
    (arm,) = arms_with(settings, "plain56").values()
    with pytest.raises(ValueError) as caught:
        arm.recipe_under(RECIPES[recipe])
    assert words in str(caught.value)


def slow_arm_of(suite: Suite, trial: Trial, base: Recipe) -> Arm | None:
    """The first arm that a run at the trial's learning rate, or at its own one, would have trained so."""
    for arm in sorted(suite.labels, key=lambda arm: (not arm.sets_rate, not arm.settings)):
        same = (arm.architecture, arm.train_fraction) == (trial.architecture, trial.train_fraction)
        at = base if arm.sets_rate else replace(base, learning_rate=trial.recipe.learning_rate)
        if same and recipe_or_none(arm, at) == trial.recipe:
            return arm
    return None


@given(
    arm=st.sampled_from(list(SUITE.labels)),
    name=st.sampled_from([*RECIPES]),
    rate=st.sampled_from([0.1, 0.05, 0.02]),
    other=st.sampled_from([{}, {"batch_size": 32}, {"momentum": 0.5}]),
)
def test_a_trial_leads_back_to_its_arm_and_one_of_another_recipe_to_none(
    arm: Arm, name: str, rate: float, other: dict[str, int]
) -> None:
    base = replace(RECIPES[name], learning_rate=rate, precision="fp32")
    recipe = recipe_or_none(arm, base)
    if recipe is None:
        return
    found = SUITE.under(base).arm_of(trial_of(arm, recipe))
    assert found == slow_arm_of(SUITE, trial_of(arm, recipe), base) == arm
    changed = {key: value for key, value in other.items() if getattr(recipe, key) != value}
    if changed and recipe.optimizer == "sgd":
        assert SUITE.under(base).arm_of(trial_of(arm, replace(recipe, **changed))) is None  # type: ignore[arg-type]


def test_an_arm_that_sets_the_rate_stays_out_of_a_grid_of_rates() -> None:
    setting = [label for label, arm in SUITE.arms.items() if arm.sets_rate]
    assert setting == ["plain56 (learning_rate=x0.1)"]
    assert SUITE.arms["plain56"] in arms_at_every_rate(SUITE, "digits")
    assert not arms_at_every_rate(SUITE, "digits") & {SUITE.arms[label] for label in setting}
    base = RECIPES["quick"]
    trial = trial_of(SUITE.arms[setting[0]], replace(base, learning_rate=0.01))
    bound = SUITE.under(base)
    assert bound.is_at(trial, base) and not bound.is_at(trial, replace(base, learning_rate=0.01))


def test_arms_with_other_settings_are_other_arms_and_one_setting_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="are the same network: keep one of them"):
        Suite(
            question="?", arms={"one": replace(RESNET20, settings=("epochs=3",)), **arms_with("epochs=03", "resnet20")}, claims=()
        )
