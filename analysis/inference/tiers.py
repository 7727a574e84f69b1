"""How near the setting of a verdict is to the published one: exact, near or toy.

The published setting of a claim is that of the rows of `published.csv` that hold its metric for each of its arms under equal conditions: data
set, recipe, crop and statistic. A claim without such rows has no published setting, and its verdict is toy.
"""

from collections.abc import Collection
from typing import Literal, get_args

from analysis.tables.published import Published, published_settings
from analysis.tables.studies import Study
from benchmarks.spec.claims import Claim
from benchmarks.spec.data_facts import DataFacts
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.schedule import num_batches
from benchmarks.spec.trial import DatasetIdentity

Tier = Literal["exact", "near", "toy"]
LEAST_STEPS = 0.25  # of the published number, for a setting that is near
SOURCES = {
    "CIFAR-10": "Krizhevsky 2009, CIFAR-10",
    "CIFAR-100": "Krizhevsky 2009, CIFAR-100",
    "MNIST": "LeCun et al. 1998, MNIST",
}  # published name -> source of our images
NUM_TRAIN = {"CIFAR-10": 50_000, "CIFAR-100": 50_000, "MNIST": 60_000}  # training images
RE_ENCODED = {"0d99f3780f3474d7": "CIFAR-10"}  # checksum of a copy -> its original: cifar10-jpeg, the same images as JPEG files
WHOLE_IMAGES = "-"  # the crop of our evaluation
CHOSEN = ("best", "not stated")  # statistics that may hide a choice among runs; ours is the mean of all


def tier_of(claim: Claim, study: Study) -> Tier:
    """Return the tier of a claim's verdict in a study: the best over the published settings that have all of its arms."""
    arms = [study.suite.arms[label].label for label in claim.test.contrast]
    settings = published_settings(claim.metric, arms)
    return best_tier([tier_in(setting, study.dataset, study.results[0].data, study.recipe) for setting in settings])


def best_tier(tiers: Collection[Tier]) -> Tier:
    """Return the best of these tiers; "toy" if there are none."""
    return next((tier for tier in get_args(Tier) if tier in tiers), "toy")


def tier_in(setting: Published, dataset: DatasetIdentity, facts: DataFacts, recipe: Recipe) -> Tier:
    """Compare images and recipe with the published setting of the same networks and metric."""
    has_original = setting.dataset in SOURCES and facts.source == SOURCES[setting.dataset]
    is_comparable = setting.crop == WHOLE_IMAGES and not setting.statistic.startswith(CHOSEN)
    if has_original and is_comparable and recipe == RECIPES.get(setting.recipe):
        return "exact"
    has_images = has_original or RE_ENCODED.get(dataset.checksum) == setting.dataset
    return "near" if has_images and _share_of_steps(setting, facts, recipe) >= LEAST_STEPS else "toy"


def _share_of_steps(setting: Published, facts: DataFacts, recipe: Recipe) -> float:
    """Return the number of training steps as a fraction of the published number; 0 if the published recipe is unknown."""
    published = RECIPES.get(setting.recipe)
    if published is None:
        return 0.0
    num_published = published.num_iterations(num_batches(NUM_TRAIN[setting.dataset], published.batch_size))
    return recipe.num_iterations(num_batches(facts.num_train, recipe.batch_size)) / num_published
