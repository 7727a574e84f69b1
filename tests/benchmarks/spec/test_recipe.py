"""Recipes are those of the papers, at every milestone; a field is changed by name, and a wrong one refused."""

from dataclasses import fields

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.schedule import learning_rate_at
from benchmarks.spec.settings import change, recipe_name

CIFAR_ITERATIONS_PER_EPOCH = 391  # 50,000 images in batches of 128, the last one of 80


def rate(name: str, iteration: int, **state: object) -> float:
    return learning_rate_at(RECIPES[name], iteration, iterations_per_epoch=CIFAR_ITERATIONS_PER_EPOCH, **state)


@pytest.mark.parametrize(
    ("name", "iteration", "expected"),
    [
        ("he2015", 0, 0.1),
        ("he2015", 31_999, 0.1),
        ("he2015", 32_000, 0.01),
        ("he2015", 47_999, 0.01),
        ("he2015", 48_000, 0.001),
        ("he2015", 63_999, 0.001),
        ("he2016", 0, 0.01),
        ("he2016", 399, 0.01),
        ("he2016", 400, 0.1),
        ("he2016", 31_999, 0.1),
        ("he2016", 32_000, 0.01),
        ("he2016", 48_000, 0.001),
        ("wrn", 0, 0.1),
        ("wrn", 60 * 391 - 1, 0.1),
        ("wrn", 60 * 391, 0.02),
        ("wrn", 120 * 391, 0.004),
        ("wrn", 160 * 391 - 1, 0.004),
        ("wrn", 160 * 391, 0.0008),
        ("wrn", 200 * 391 - 1, 0.0008),
        ("resnext", 150 * 391 - 1, 0.1),
        ("resnext", 150 * 391, 0.01),
        ("resnext", 225 * 391 - 1, 0.01),
        ("resnext", 225 * 391, 0.001),
        ("resnext", 300 * 391 - 1, 0.001),
    ],
)
def test_the_rate_is_as_published_at_every_milestone(name: str, iteration: int, expected: float) -> None:
    assert rate(name, iteration, depth=56) == pytest.approx(expected, rel=1e-12)


def test_resnet110_warms_up_until_its_training_error_is_under_80_per_cent() -> None:
    assert rate("he2015", 0, depth=110) == 0.01
    assert rate("he2015", 5_000, depth=110, warmed_up=False) == 0.01
    assert rate("he2015", 391, depth=110, warmed_up=True) == 0.1
    assert rate("he2015", 32_000, depth=110, warmed_up=True) == pytest.approx(0.01)
    assert rate("he2015", 0, depth=56) == 0.1


def test_the_mean_image_is_refused_where_pixels_move() -> None:
    with pytest.raises(ValueError, match="needs normalise channel or unit, not pixel-mean"):
        Recipe(epochs=1, augment="enlarge-crop", normalise="pixel-mean")


def test_the_other_figures_are_as_published() -> None:
    he2015, he2016, wrn, resnext = (RECIPES[name] for name in ("he2015", "he2016", "wrn", "resnext"))
    assert {recipe.batch_size for recipe in (he2015, he2016, wrn, resnext)} == {128}
    assert {recipe.momentum for recipe in (he2015, he2016, wrn, resnext)} == {0.9}
    assert [recipe.weight_decay for recipe in (he2015, he2016, wrn, resnext)] == [1e-4, 1e-4, 5e-4, 5e-4]
    assert [recipe.nesterov for recipe in (he2015, he2016, wrn, resnext)] == [False, False, True, False]
    assert [recipe.augment for recipe in (he2015, he2016, wrn, resnext)] == ["crop-flip"] * 2 + ["reflect-crop-flip", "crop-flip"]
    assert he2015.num_iterations(391) == he2016.num_iterations(391) == 64_000
    assert wrn.num_iterations(391) == 200 * 391
    assert resnext.num_iterations(391) == 300 * 391


@given(epochs=st.integers(1, 20), per_epoch=st.integers(2, 30), share=st.sampled_from([0.1, 0.2, 0.3, 0.5]))
def test_one_cycle_is_torchs(epochs: int, per_epoch: int, share: float) -> None:
    total = epochs * per_epoch
    if share * total < 2 or total < 10:
        return  # torch divides by zero where the warm-up is a single step
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=total, pct_start=share, cycle_momentum=False)
    recipe = Recipe(epochs=epochs, schedule="one-cycle", warmup_fraction=share)
    for iteration in range(total):
        ours = learning_rate_at(recipe, iteration, iterations_per_epoch=per_epoch)
        assert ours == pytest.approx(schedule.get_last_lr()[0], rel=1e-9)
        optimizer.step()
        if iteration < total - 1:
            schedule.step()


@pytest.mark.parametrize("name", RECIPES)
def test_a_known_recipe_has_its_own_name(name: str) -> None:
    assert recipe_name(RECIPES[name]) == name


def test_a_changed_recipe_is_named_by_what_differs() -> None:
    recipe = change(RECIPES["quick"], ["epochs=2", "nesterov=true"])
    assert recipe_name(recipe) == "quick:epochs=2,nesterov=true"
    assert (recipe.epochs, recipe.nesterov) == (2, True)


def test_length_is_counted_in_one_unit() -> None:
    assert change(RECIPES["he2015"], ["epochs=3", "milestones=1/2"]).iterations is None
    assert change(RECIPES["quick"], ["iterations=50"]).epochs is None
    assert change(RECIPES["wrn"], ["milestones=1/2"]).milestones == (1, 2)
    with pytest.raises(ValueError, match="--set epochs is given twice: give it once"):
        change(RECIPES["quick"], ["epochs=1", "epochs=2"])


@pytest.mark.parametrize(
    ("name", "setting", "unit"), [("he2015", "epochs=164", "iterations"), ("wrn", "iterations=10000", "epochs")]
)
def test_milestones_in_another_unit_than_the_length_are_refused(name: str, setting: str, unit: str) -> None:
    """They would be read in the new one, and the rate fall too late or at once."""
    with pytest.raises(ValueError, match=f"the milestones .* count {unit}: with a length in another unit set them too"):
        change(RECIPES[name], [setting])
    assert change(RECIPES[name], [setting, "milestones="]).milestones == ()


def test_a_warm_up_that_does_not_end_holds_no_later_step_up() -> None:
    rates = [
        learning_rate_at(RECIPES["he2015"], step, iterations_per_epoch=391, depth=110, warmed_up=False)
        for step in (0, 31_999, 32_000, 48_000)
    ]
    assert rates == pytest.approx([0.01, 0.01, 0.01, 0.001])


@pytest.mark.parametrize(
    ("setting", "answer"),
    [
        ("epoch=2", "did you mean epochs"),
        ("epochs", "must be KEY=VALUE"),
        ("epochs=-1", "epochs must be a number from 1 to 1e.09, got -1"),
        ("epochs=0", "epochs must be a number from 1 to 1e.09, got 0"),
        ("epochs=two", "'two' is not a whole number"),
        ("epochs=none", "either epochs or iterations"),
        ("learning_rate=nan", "got nan"),
        ("learning_rate=inf", "got inf"),
        ("learning_rate=0", "got 0.0"),
        ("learning_rate=x", "'x' is not a number"),
        ("batch_size=1", "got 1"),
        ("schedule=cosine", "unknown schedule 'cosine'"),
        ("augment=mixup", "unknown augment 'mixup'"),
        ("precision=fp16", "unknown precision 'fp16'; did you mean"),
        ("nesterov=perhaps", "unknown nesterov 'perhaps'"),
        ("milestones=5/3", r"milestones must increase from at least 1, got \(5, 3\)"),
        ("momentum=2", "got 2.0"),
        ("milestones=3,5", "milestones '3,5' must be whole numbers with slashes between them, as in 82/123"),
        ("decay=0.5", "decay would change nothing with schedule one-cycle: leave it out"),
        ("warmup_iterations=50", "warmup_iterations would change nothing with schedule one-cycle"),
        ("optimizer=adamw", "unknown optimizer 'adamw'; did you mean adam"),
    ],
)
def test_a_wrong_setting_is_refused(setting: str, answer: str) -> None:
    with pytest.raises(ValueError, match=answer):
        change(RECIPES["quick"], [setting])


@pytest.mark.parametrize("settings", [["momentum=0.8"], ["nesterov=true"], ["momentum=0"]])
def test_what_adam_does_not_use_is_refused_with_the_remedy(settings: list[str]) -> None:
    remedy = "adam uses neither momentum .* nor nesterov .*: set momentum=0.9 and nesterov=false, or optimizer=sgd"
    with pytest.raises(ValueError, match=remedy):
        change(RECIPES["stat453-mnist"], settings)
    with pytest.raises(ValueError, match=remedy):
        change(RECIPES["wrn"], ["optimizer=adam"])
    assert change(RECIPES["wrn"], ["optimizer=adam", "nesterov=false"]).optimizer == "adam"
    assert change(RECIPES["stat453-mnist"], ["optimizer=sgd", "momentum=0.8", "nesterov=true"]).momentum == 0.8


@pytest.mark.parametrize("iteration", [0, 1, 31, 32, 319])
def test_the_courses_rate_is_constant(iteration: int) -> None:
    """Steps without milestones; the recipe is the notebook's."""
    recipe = RECIPES["stat453-mnist"]
    assert learning_rate_at(recipe, iteration, iterations_per_epoch=32) == recipe.learning_rate == 0.01
    assert (recipe.epochs, recipe.batch_size, recipe.normalise, recipe.augment, recipe.weight_decay) == (
        10,
        128,
        "unit",
        "none",
        0,
    )


def test_what_a_schedule_does_not_look_at_may_be_set_with_another_schedule() -> None:
    assert change(RECIPES["quick"], ["schedule=steps", "decay=0.5"]).decay == 0.5
    with pytest.raises(ValueError, match="warmup_fraction would change nothing with schedule steps"):
        change(RECIPES["he2015"], ["warmup_fraction=0.3"])


def test_every_field_can_be_spelled_and_read_back() -> None:
    for recipe in RECIPES.values():
        for field in fields(Recipe):
            changed = change(recipe, [f"{field.name}={spell(getattr(recipe, field.name))}"])
            assert getattr(changed, field.name) == getattr(recipe, field.name)


def spell(value: object) -> str:
    return "/".join(map(str, value)) if isinstance(value, tuple) else str(value)
