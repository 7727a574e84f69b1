"""A tier says how near a setting is to the published one: each by an example, and fewer steps never raise it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.inference.tiers import NUM_TRAIN, RE_ENCODED, SOURCES, Tier, best_tier, tier_in, tier_of
from analysis.pages.reports import Reports
from analysis.tables.grouping import studies_of
from analysis.tables.published import Published, published_figure, published_rows, published_settings
from benchmarks.datasets import cifar10, cifar100
from benchmarks.spec.data_facts import DataFacts
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.suite import load_suite
from benchmarks.spec.trial import DatasetIdentity
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

REFERENCE = Path(__file__).parents[3] / "results" / "reference"
Make = Callable[..., TrialResult]
CIFAR = DataFacts(
    source=SOURCES["CIFAR-10"], image_shape=(3, 32, 32), classes=tuple("abcdefghij"), num_train=50_000, num_test=10_000
)
COPY = replace(CIFAR, source="images of the folder cifar10-jpeg, colour, 32x32 pixels")
ORIGINAL, JPEG, OTHER = (
    DatasetIdentity(name=name, checksum=checksum)
    for name, checksum in (("cifar10", "1" * 16), ("cifar10-jpeg", "0d99f3780f3474d7"), ("cifar10", "2" * 16))
)
SETTING = published_figure("resnet56", "CIFAR-10", "test_error_pct", {"recipe": "he2015"})
HE = RECIPES["he2015"]
ORDER = get_args(Tier)


@pytest.mark.parametrize(
    ("dataset", "facts", "recipe", "expected"),
    [
        (ORIGINAL, CIFAR, HE, "exact"),
        (ORIGINAL, CIFAR, replace(HE, learning_rate=0.05), "near"),
        (ORIGINAL, CIFAR, replace(HE, iterations=16_000), "near"),
        (ORIGINAL, CIFAR, replace(HE, iterations=15_999), "toy"),
        (JPEG, COPY, HE, "near"),
        (JPEG, COPY, replace(RECIPES["short"], precision="bf16"), "toy"),  # 6 epochs: 2,346 of 64,000 steps
        (JPEG, COPY, Recipe(epochs=41, batch_size=128), "near"),  # 41 x 391 steps
        (JPEG, COPY, Recipe(epochs=40, batch_size=128), "toy"),
        (OTHER, COPY, HE, "toy"),  # a folder of the same name
        (ORIGINAL, replace(CIFAR, source=SOURCES["CIFAR-100"]), HE, "toy"),
    ],
)
def test_images_recipe_and_steps_make_the_tier(
    dataset: DatasetIdentity, facts: DataFacts, recipe: Recipe, expected: Tier
) -> None:
    assert tier_in(SETTING, dataset, facts, recipe) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"statistic": "mean of 5"}, "exact"),
        ({"statistic": "median of 5"}, "exact"),
        ({"statistic": "best of 5"}, "near"),
        ({"statistic": "not stated"}, "near"),
        ({"crop": "10-crop"}, "near"),
        ({"recipe": "he2016"}, "near"),
        ({"recipe": "wrn with ZCA"}, "toy"),  # not one of ours: its steps are unknown
        ({"dataset": "SVHN"}, "toy"),
    ],
)
def test_what_was_published_makes_the_tier(changes: dict[str, str], expected: Tier) -> None:
    assert tier_in(replace(SETTING, **changes), ORIGINAL, CIFAR, HE) == expected


@given(
    setting=st.sampled_from([row for row in published_rows() if row.metric.endswith("error_pct")]),
    images=st.sampled_from([(ORIGINAL, CIFAR), (JPEG, COPY), (OTHER, COPY)]),
    name=st.sampled_from(sorted(RECIPES)),
    steps=st.tuples(st.integers(1, 200_000), st.integers(1, 200_000)),
    data=st.data(),
)
def test_fewer_steps_never_raise_a_tier(
    setting: Published, images: tuple[DatasetIdentity, DataFacts], name: str, steps: tuple[int, int], data: st.DataObject
) -> None:
    """Up to the published number: beyond it the recipe is another one, and not exact."""
    whole = RECIPES[name]
    most = whole.num_iterations(391)
    fewer, more = sorted(min(number, most) for number in steps)
    shorter = replace(whole, epochs=None, iterations=fewer, milestones=())
    longer = data.draw(st.sampled_from([whole, replace(whole, epochs=None, iterations=more, milestones=())]))
    tiers = [ORDER.index(tier_in(setting, *images, recipe)) for recipe in (longer, shorter)]
    assert tiers == sorted(tiers)


def test_the_best_tier_of_several_settings_counts_and_without_any_a_verdict_is_toy() -> None:
    assert best_tier(["toy", "exact", "near"]) == "exact" and best_tier(["toy", "near"]) == "near" and best_tier([]) == "toy"


def test_a_setting_has_a_value_or_a_bound_for_every_arm_under_equal_conditions() -> None:
    arms = ("resnet110", "resnet110:shortcut=scaled")  # the second is printed as fail
    assert [setting.recipe for setting in published_settings("test_error_pct", arms)] == ["he2016"]
    assert published_settings("test_error_pct", ("resnet110", "resnet8")) == []
    assert published_settings("train_error_pct", ("resnet8",)) == []
    recipes = {setting.recipe for setting in published_settings("test_error_pct", ["resnet110"])}
    assert recipes == {"he2015", "he2016", "gcr replication", "li2018"}


def test_a_claim_has_the_tier_of_its_own_arms(make_result: Make) -> None:
    suite = load_suite("depth")
    results = [make_result(arm, seed, recipe=HE, data=CIFAR) for arm in suite.arms for seed in range(3)]
    (study,) = studies_of("depth", suite, results)
    tiers = {claim.id: tier_of(claim, study) for claim in suite.claims}
    settings = {claim.id: published_settings(claim.metric, claim.test.contrast) for claim in suite.claims}
    assert tiers == {number: "exact" if found else "toy" for number, found in settings.items()}
    assert (tiers["plain-degrades"], tiers["residual-gains-from-depth-56"]) == ("exact", "exact")
    assert tiers["shallow-shortcuts-do-little"] == "toy"  # no network of 8 layers is in the table


def test_all_of_the_reference_is_toy() -> None:
    reports = Reports(Out(REFERENCE).read())
    studies = [study for name in ("depth", "ordering") for study in reports.studies(name)]
    assert {study.dataset.name for study in studies} == {"digits-splits", "cifar10-jpeg"}
    assert {tier_of(claim, study) for study in studies for claim in study.suite.claims} == {"toy"}


def test_sources_and_copies_are_those_of_the_data_sets() -> None:
    for name, module in (("CIFAR-10", cifar10), ("CIFAR-100", cifar100)):
        text = Path(module.__file__).read_text()
        assert f'source="{SOURCES[name]}"' in text and f'title="{NUM_TRAIN[name]:,} + ' in text
    assert set(RE_ENCODED.values()) <= SOURCES.keys() == NUM_TRAIN.keys()
