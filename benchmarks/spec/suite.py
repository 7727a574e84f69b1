"""A suite by value: a question, the arms that differ in architecture alone, and the claims about them.

Each suite is a file in `suites/` that holds one `SUITE`; the file's name is its name on the command line.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Literal

from benchmarks.spec.claims import Claim
from benchmarks.spec.plugins import check_file, load_value, names_in
from benchmarks.spec.probe import MEASURE, PROBES, ProbeUse
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.timing import NUM_ROUNDS, Step
from benchmarks.spec.trial import Arm, Trial
from resnet_variants.lookup import choose, matching
from resnet_variants.names import refuse_what_is_no_text, unmistakable
from resnet_variants.registry import parse
from resnet_variants.variant import Variant

ALL = "all"
SUITES, FIGURES = "benchmarks.suites", "analysis.figures"
FIGURE_PARTS = ("TITLE", "CAPTION", "is_possible", "draw")


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """Arms that are to cost the same, and how far they may be apart: 0.01 is 1% of the first."""

    arms: tuple[str, ...]
    on: Literal["params", "macs", "activations"]
    tolerance: float = 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class Suite:
    """One question, its arms by label, its claims, what it runs on by default, and its figures (files of `analysis/figures`).

    `timed` names the steps that are timed after the trials, in so many rounds; a `budget` says which arms cost the same. `probes` are asked of
    the trained networks, whose weights are then kept. `optional` arms run only where they are asked for, and only where they did are the
    `optional_claims` made.

    Raises:
        ValueError: a claim, a budget or a probe speaks of an arm that is not there, a claim is about a step that is not timed or a probe that is
            not asked, two claims share an id, two labels name one arm, or the recipe, a probe or a figure is unknown.
    """

    question: str
    arms: Mapping[str, Arm]
    claims: tuple[Claim, ...]
    dataset: str
    recipe: str
    num_seeds: int
    figures: tuple[str, ...]
    timed: tuple[Step, ...] = ()
    num_rounds: int = NUM_ROUNDS
    budgets: tuple[Budget, ...] = ()
    probes: tuple[ProbeUse, ...] = ()
    optional: Mapping[str, Arm] = field(default_factory=dict)
    optional_claims: tuple[Claim, ...] = ()

    def __post_init__(self) -> None:
        choose("recipe", self.recipe, RECIPES)
        for name, kind in (("claims", Claim), ("probes", ProbeUse), ("budgets", Budget)):
            check_tuple(name, getattr(self, name), kind)
        check_figures(self.figures)
        check_labels({**self.arms, **self.optional})
        asked = dict.fromkeys(use.probe for use in self.probes)
        for use in self.probes:
            check_file("probe", PROBES, use.probe, (MEASURE,))
            for arm in use.arms:
                choose("arm", arm, self.arms)
        for claim in self.claims:
            if claim.measure.probe is not None:
                choose("probe that this suite asks", claim.measure.probe, asked)
        check_claims(self.claims, self.budgets, labels=self.arms, timed=self.timed)
        check_claims((*self.claims, *self.optional_claims), (), labels={**self.arms, **self.optional}, timed=self.timed)

    def asked(self, *patterns: str) -> dict[str, Arm]:
        """The arms that match a wildcard, or, where none does, the optional ones that match; "all" is both together. Of several wildcards
        each adds its arms.

        Raises:
            ValueError: no arm matches one of them; names the choices.
        """
        found = [self._matching(pattern) for pattern in patterns]
        return {label: arm for label, arm in {**self.arms, **self.optional}.items() if any(label in some for some in found)}

    def _matching(self, pattern: str) -> dict[str, Arm]:
        both = {**self.arms, **self.optional}
        if pattern.lower() == ALL:
            return both
        try:
            return matching("arm", pattern, self.arms)
        except ValueError:
            return matching("arm", pattern, both)

    def with_optional(self, there: Collection[Arm]) -> "Suite":
        """The suite of those optional arms that are there, with what is claimed of them; the others stay where one of them is there."""
        found = {label: arm for label, arm in self.optional.items() if arm in there}
        if not found:
            return self
        arms = {**(self.arms if any(arm in there for arm in self.arms.values()) else {}), **found}
        return replace(
            self,
            arms=arms,
            claims=tuple(claim for claim in (*self.claims, *self.optional_claims) if claim.test.contrast.keys() <= arms.keys()),
            budgets=self.budgets if len(arms) > len(found) else (),
            optional={},
            optional_claims=(),
        )


def check_tuple(name: str, value: object, kind: type) -> None:
    """Refuse a field that is not a tuple of its own kind, such as one whose last comma was forgotten.

    Raises:
        ValueError: names the field, and what it holds.
    """
    wrong = value if not isinstance(value, tuple) else next((item for item in value if not isinstance(item, kind)), None)
    if wrong is not None:
        raise ValueError(f"{name} must be a tuple of {kind.__name__}, as in ({kind.__name__}(...),), and not hold {wrong!r}")


def check_figures(figures: tuple[str, ...]) -> None:
    """Refuse figures that nothing draws, or whose file is wrong.

    Raises:
        ValueError: names the first of them, and the choices or what is wrong.
    """
    check_tuple("figures", figures, str)
    for name in figures:
        check_file("figure", FIGURES, name, FIGURE_PARTS)


def check_labels(arms: Mapping[str, object]) -> None:
    """Refuse two labels of one network: they would share their trials, and one of them would have none. And a label that is no text.

    Raises:
        ValueError: names both, or the label.
    """
    known: dict[object, str] = {}
    for label, arm in arms.items():
        refuse_what_is_no_text("arm", label)
        if known.setdefault(arm, label) != label:
            raise ValueError(f"{unmistakable(known[arm])} and {unmistakable(label)} are one and the same: keep one of them")


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


def arms(*names: str, **labelled: Variant) -> dict[str, Arm]:
    """Return networks by label: a name is its own, a keyword is that of the network given for it.

    Raises:
        ValueError: a name of no network; a label given twice, or given a network's name instead of `network(name)`.
    """
    for label, variant in labelled.items():
        if isinstance(variant, str):
            raise ValueError(f"{label}={variant!r} is a name, not a network: write {label}=network({variant!r})")
        if label in names:
            raise ValueError(f"two arms are labelled {label!r}")
    networks = {name: parse(name) for name in names} | labelled
    return {label: Arm(architecture=variant) for label, variant in networks.items()}


def arms_on_parts(names: Iterable[str], fractions: Iterable[float]) -> dict[str, Arm]:
    """The same networks on shares of the training images, labelled "NAME on 25%"."""
    arms = [Arm(architecture=parse(name), train_fraction=fraction) for fraction in fractions for name in names]
    return {arm.label: arm for arm in arms}


def probes_of(suite: Suite, trials: Iterable[Trial]) -> list[tuple[Trial, str]]:
    """Which of these trials a suite asks which of its probes, trial by trial."""
    labels = {arm: label for label, arm in [*suite.optional.items(), *suite.arms.items()]}
    return [(trial, use.probe) for trial in trials for use in suite.probes if not use.arms or labels[trial.arm] in use.arms]


def suite_names() -> list[str]:
    """The suites there are."""
    return names_in(SUITES)


def load_suite(name: str) -> Suite:
    """The suite called `name`.

    Raises:
        ValueError: no such suite; names the choices. Or its file is wrong; names the file.
    """
    return load_value("suite", SUITES, name, "SUITE", Suite)
