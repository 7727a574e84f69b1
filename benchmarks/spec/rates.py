"""The learning rates at which a suite is run: a factor of the study, because one rate favours some arms.

A suite declares fractions of its recipe's rate. Rates on the command line are absolute.
"""

from collections.abc import Collection
from dataclasses import replace

from benchmarks.spec.recipe import Recipe
from benchmarks.spec.settings import rounded
from benchmarks.spec.suite import Suite
from benchmarks.spec.trial import Arm

ONLY_THE_RECIPES = "recipe"
OF_PAPERS = frozenset({"he2015", "he2016", "wrn", "resnext"})  # recipes of a paper's study, whose rate is part of it


def rates_of(suite: Suite, recipe_name: str, recipe: Recipe, asked: str | None = None) -> tuple[float, ...]:
    """Return the learning rates of a study, the recipe's first; all arms run at the first one. `asked` is the value of --rates.

    Raises:
        ValueError: a requested rate is not a possible learning rate, or is given twice.
    """
    if asked is None:
        fractions = (1.0,) if recipe_name in OF_PAPERS else suite.rates
        return tuple(rounded(fraction * recipe.learning_rate) for fraction in fractions)
    if asked.strip().lower() == ONLY_THE_RECIPES:
        return (recipe.learning_rate,)
    rates = tuple(_read(text.strip(), recipe) for text in asked.split(","))
    if len(set(rates)) < len(rates):
        raise ValueError(f"--rates {asked} names a rate twice: give each once")
    return tuple(sorted(rates, key=lambda rate: rate != recipe.learning_rate))  # stable: else in the order given


def recipes_at(recipe: Recipe, rates: Collection[float]) -> tuple[Recipe, ...]:
    """Return the recipe at each of these rates; a warm-up's rate stays as it is."""
    return tuple(replace(recipe, learning_rate=rate) for rate in rates)


def without_rate(recipe: Recipe) -> Recipe:
    """Return the recipe at a rate of 1: equal for recipes that differ only in their rate."""
    return replace(recipe, learning_rate=1.0)


def arms_at_every_rate(suite: Suite, dataset: str) -> frozenset[Arm]:
    """Return the arms that a claim of evidence compares on a data set; all others, and those that set their rate, run only at the first one."""
    arms, claims = {**suite.optional, **suite.arms}, (*suite.claims, *suite.optional_claims)
    compared = [
        claim.test.contrast
        for claim in claims
        if claim.kind == "evidence" and (claim.needs_training or claim.measure.over == "tunings") and claim.is_judged_on(dataset)
    ]
    return frozenset(arms[label] for contrast in compared for label in contrast if not arms[label].sets_rate)


def _read(text: str, recipe: Recipe) -> float:
    try:
        return replace(recipe, learning_rate=float(text)).learning_rate
    except ValueError:
        raise ValueError(
            f"--rates must be 'recipe', or learning rates from 1e-12 to 1e+06 with commas between them, as in 0.1,0.02; got {text!r}"
        ) from None
