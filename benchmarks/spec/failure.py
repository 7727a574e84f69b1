"""The test error above which a run has failed to train, from its recipe and classes. It is part of no key."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from benchmarks.spec.recipe import RECIPES, Recipe

FAILED_PCT = 20.0  # He et al. 2016 (1603.05027), table 1: "fail" is a test error above 20%
AT_20_PCT = ("he2015", "he2016", "wrn", "resnext")
DIGITS = tuple("0123456789")


def failure_line_pct(recipe: Recipe, classes: Sequence[str]) -> float:
    """Return the test error above which a run has failed: 20% where that is He et al.'s line, else half of the error at chance level.

    Their line is for ten classes: under the papers' recipes, and on the ten digits also under `quick`. Learning rate and precision do not
    move it.
    """
    names = (*AT_20_PCT, "quick") if tuple(classes) == DIGITS else AT_20_PCT if len(classes) == len(DIGITS) else ()
    if any(_is_same(recipe, RECIPES[name]) for name in names):
        return FAILED_PCT
    return 50 * (1 - 1 / len(classes))


@lru_cache(maxsize=1000)  # asked for every trial of a page
def _is_same(recipe: Recipe, known: Recipe) -> bool:
    """Return whether two recipes differ at most in learning rate and precision."""
    return replace(recipe, learning_rate=known.learning_rate, precision=known.precision) == known
