"""A suite by value: a question, the arms that differ in architecture alone, and the claims about them.

Each suite is a file in `suites/` that holds one `SUITE`; the file's name is its name on the command line.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from pkgutil import iter_modules
from typing import Literal

from benchmarks import suites
from benchmarks.claims import Claim
from benchmarks.recipe import RECIPES
from benchmarks.timings import Step
from benchmarks.trial import Arm
from resnet_variants.choices import choose
from resnet_variants.registry import parse


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """Arms that are to cost the same, and how far they may be apart: 0.01 is 1% of the first."""

    arms: tuple[str, ...]
    on: Literal["params", "macs", "activations"]
    tolerance: float = 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class Suite:
    """One question, its arms by label, its claims, what it runs on by default, and its figures (files of `analysis/figures`).

    `timed` names the steps that are timed after the trials; a `budget` says which arms cost the same.

    Raises:
        ValueError: a claim or a budget speaks of an arm that is not there, a claim is about a step that is not timed, two claims share
            an id, or the recipe is unknown.
    """

    question: str
    arms: Mapping[str, Arm]
    claims: tuple[Claim, ...]
    dataset: str
    recipe: str
    num_seeds: int
    figures: tuple[str, ...]
    timed: tuple[Step, ...] = ()
    budgets: tuple[Budget, ...] = ()

    def __post_init__(self) -> None:
        choose("recipe", self.recipe, RECIPES)
        check_claims(self.claims, self.budgets, labels=self.arms, timed=self.timed)


def check_claims(claims: Iterable[Claim], budgets: Iterable[Budget], *, labels: Iterable[str], timed: Iterable[Step]) -> None:
    """Refuse claims and budgets about what is not there, and claims that share an id.

    Raises:
        ValueError: names the first of them.
    """
    claims, arms = list(claims), dict.fromkeys(labels)
    if len({claim.id for claim in claims}) < len(claims):
        raise ValueError("two claims share an id")
    for claim in claims:
        if claim.measure.over == "rounds":
            choose("timed step", claim.metric.partition("_")[0], dict.fromkeys(timed))
    for arm in chain.from_iterable([*(claim.test.contrast for claim in claims), *(budget.arms for budget in budgets)]):
        choose("arm", arm, arms)


def arms_named(names: Iterable[str]) -> dict[str, Arm]:
    """Networks by their names, each of which is its label."""
    return {name: Arm(architecture=parse(name)) for name in names}


def arms_on_parts(names: Iterable[str], fractions: Iterable[float]) -> dict[str, Arm]:
    """The same networks on shares of the training images, labelled "NAME on 25%"."""
    arms = [Arm(architecture=parse(name), train_fraction=fraction) for fraction in fractions for name in names]
    return {arm.label: arm for arm in arms}


def suite_names() -> list[str]:
    """The suites there are."""
    return sorted(module.name for module in iter_modules(suites.__path__))


def load_suite(name: str) -> Suite:
    """The suite called `name`.

    Raises:
        ValueError: no such suite; names the choices.
    """
    choose("suite", name, dict.fromkeys(suite_names()))
    suite = import_module(f"benchmarks.suites.{name}").SUITE
    assert isinstance(suite, Suite)
    return suite
