"""A suite by value: a question, the arms that differ in architecture alone, and the claims about them.

Each suite is a file in `suites/` that holds one `SUITE`; the file's name is its name on the command line.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import import_module
from pkgutil import iter_modules

from benchmarks import suites
from benchmarks.claims import Claim
from benchmarks.recipe import RECIPES
from benchmarks.trial import Arm
from resnet_variants.choices import choose, no_such
from resnet_variants.registry import parse


@dataclass(frozen=True, kw_only=True, slots=True)
class Suite:
    """One question, its arms by label, its claims, what it runs on by default, and its figures (files of `analysis/figures`).

    Raises:
        ValueError: a claim speaks of an arm that is not there, two claims share an id, or the recipe is unknown.
    """

    question: str
    arms: Mapping[str, Arm]
    claims: tuple[Claim, ...]
    dataset: str
    recipe: str
    num_seeds: int
    figures: tuple[str, ...]

    def __post_init__(self) -> None:
        choose("recipe", self.recipe, RECIPES)
        if len({claim.id for claim in self.claims}) < len(self.claims):
            raise ValueError("two claims share an id")
        for claim in self.claims:
            for arm in claim.test.contrast:
                choose("arm", arm, self.arms)


def arms_named(names: Iterable[str]) -> dict[str, Arm]:
    """Networks by their names, each of which is its label."""
    return {name: Arm(architecture=parse(name)) for name in names}


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


def arms_matching(suite: Suite, pattern: str) -> dict[str, Arm]:
    """The arms whose labels match a wildcard, in the suite's order.

    Raises:
        ValueError: none does; names the arms.
    """
    arms = {label: arm for label, arm in suite.arms.items() if fnmatchcase(label.lower(), pattern.lower())}
    if not arms:
        raise ValueError(no_such("arm", pattern, suite.arms))
    return arms
