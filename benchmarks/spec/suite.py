"""A suite by value: a question, arms that differ only in architecture, and claims about them; if the recipe is the question, in its settings.

Each suite is a file in `suites/` that holds one `SUITE`; the file's name is its name on the command line.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from benchmarks.spec.checks import check_claims, check_labels, check_rates, check_successors, main_of, make_tuple
from benchmarks.spec.claims import FEWEST_SEEDS, Claim
from benchmarks.spec.comparison import Comparison
from benchmarks.spec.figures import named_figures
from benchmarks.spec.images import DATASETS
from benchmarks.spec.named import name_of_file
from benchmarks.spec.networks import read_networks
from benchmarks.spec.plugins import check_file, load_value, names_in
from benchmarks.spec.probe import MEASURE, PROBES, ProbeUse
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.timing import NUM_ROUNDS, Step
from benchmarks.spec.trial import Arm, Trial, arm_among
from resnet_variants.lookup import choose, matching
from resnet_variants.variant import Variant

ALL = "all"
SUITES = "benchmarks.suites"
FIELDS_OF_MANY = {"claims": Claim, "optional_claims": Claim, "retired": Claim, "probes": ProbeUse, "figures": str, "looks": int}


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """Arms that should cost the same, and the largest relative difference from the first: 0.01 is 1%."""

    arms: tuple[str, ...]
    on: Literal["params", "macs", "activations"]
    tolerance: float = 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class Suite:
    """A question, its arms by label, its claims, default data and recipe, and figures (names of `analysis/figures`, or paths).

    Only the first three have to be given. A list is as good as a tuple.

    `main` is the id of the claim that answers the question, by default the first: its verdict is the first sentence of a report.
    `timed` names the steps that are timed after the trials, in `num_rounds` rounds per session. `budgets` lists arms of equal cost.
    `probes` run on the trained networks, whose weights are then kept. `optional` arms run only on request, and
    `optional_claims` are tested only if their arms ran. `rates` are fractions of the recipe's learning rate, at each of
    which the claims are tested; a suite whose question is the recipe's own rate has (1.0,). `looks` are the numbers of
    seeds at which claims may be decided, in increasing order; by default there is one look, at `num_seeds`.
    `added_claims` are the ids of optional claims that a copy includes; they are a family of their own. A copy that `is_part` has only the claims
    of some arms, and its retired claims may name others as their successors. `retired` claims were replaced, or nobody had
    claimed them: they can still be computed, and count nowhere. `reference` is the arm of which every run trains controls (`trial.CONTROLS`);
    without one there are none. `comparison` is what the suite was made from, if it was named on the command line and has no file.
    `base` is the recipe, with its precision, of a run or a report, in which arms with settings are found.

    Raises:
        ValueError: a claim, a budget, a probe or the reference names an unknown arm, a claim uses a step or a probe that is not in the
            suite, the main claim is none of its claims, two claims share an id, two labels name the same arm, the recipe, a probe or a
            figure is unknown, or the looks do not increase from at least 3 seeds.
    """

    question: str
    arms: Mapping[str, Arm]
    claims: tuple[Claim, ...]
    dataset: str = "digits-splits"
    recipe: str = "quick"
    num_seeds: int = 5
    figures: tuple[str, ...] = ("error_by_arm", "error_by_rate")
    timed: tuple[Step, ...] = ()
    num_rounds: int = NUM_ROUNDS
    budgets: tuple[Budget, ...] = ()
    probes: tuple[ProbeUse, ...] = ()
    optional: Mapping[str, Arm] = field(default_factory=dict)
    optional_claims: tuple[Claim, ...] = ()
    rates: tuple[float, ...] = (1.0, 0.5, 0.25)
    looks: tuple[int, ...] = ()
    added_claims: frozenset[str] = frozenset()
    is_part: bool = False
    retired: tuple[Claim, ...] = ()
    reference: str = ""
    main: str = ""
    comparison: Comparison | None = None
    base: Recipe | None = None
    labels: Mapping[Arm, str] = field(init=False, repr=False, compare=False)  # of each arm, optional arms included
    arms_with_settings: tuple[Arm, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        choose("recipe", self.recipe, RECIPES)
        check_rates(self.rates)
        for name, kind in {**FIELDS_OF_MANY, "budgets": Budget}.items():
            make_tuple(self, name, kind)
        if any(after <= before for before, after in pairwise((FEWEST_SEEDS - 1, *self.looks))):
            raise ValueError(f"looks must increase from at least {FEWEST_SEEDS} seeds, got {self.looks}")
        object.__setattr__(self, "figures", named_figures(self.figures))
        if self.dataset not in names_in(DATASETS):
            object.__setattr__(self, "dataset", name_of_file("data set", DATASETS, self.dataset))
        every = {**self.arms, **self.optional}
        check_labels(every)
        object.__setattr__(self, "arms_with_settings", tuple(arm for arm in every.values() if arm.settings))
        object.__setattr__(self, "labels", {arm: label for label, arm in every.items()})
        if self.reference:
            choose("reference arm", self.reference, self.arms)
        probes = dict.fromkeys(use.probe for use in self.probes)
        for use in self.probes:
            check_file("probe", PROBES, use.probe, (MEASURE,))
            for arm in use.arms:
                choose("arm", arm, {**self.arms, **self.optional})
        for claim in (*self.claims, *self.retired):
            for probe in (measure.probe for measure in claim.measures if measure.probe is not None):
                choose("probe of this suite", probe, probes)
        check_claims(self.claims, (budget.arms for budget in self.budgets), labels=self.arms, timed=self.timed)
        check_claims((*self.claims, *self.optional_claims, *self.retired), (), labels=every, timed=self.timed)
        check_successors(self.claims, self.optional_claims, self.retired, is_whole=not self.is_part)
        object.__setattr__(self, "main", main_of(self.main, self.claims, is_part=self.is_part))

    @property
    def declared_looks(self) -> tuple[int, ...]:
        """Numbers of seeds at which claims may be decided, if a run names no other."""
        return self.looks or (self.num_seeds,)

    def label_of(self, trial: Trial) -> str:
        """Return the label of the arm that a trial is of, optional arms included."""
        arm = self.arm_of(trial)
        assert arm is not None
        return self.labels[arm]

    def under(self, recipe: Recipe) -> "Suite":
        """Return the suite as of a run with this recipe: a copy in which arms with settings are found, or itself if none has any."""
        return replace(self, base=recipe) if self.arms_with_settings else self

    def arm_of(self, trial: Trial) -> Arm | None:
        """Return the arm that a trial is of, at any learning rate; None if it has neither the base recipe nor an arm's settings of it."""
        return trial.arm if self.base is None else arm_among(self.arms_with_settings, trial, self.base)

    def is_at(self, trial: Trial, recipe: Recipe) -> bool:
        """Return whether a trial is of an arm in a run with this recipe: the base, or the base at another rate, at which no arm has its own."""
        arm = self.arm_of(trial)
        return arm is not None and arm.recipe_under(recipe) == trial.recipe and not (arm.sets_rate and recipe != self.base)

    def families(self, dataset: str, classes: Sequence[str] | None = None) -> tuple[tuple[Claim, ...], ...]:
        """Return the claims that are corrected together on a data set: those of the suite, and those that came with optional arms.

        Claims that are not judged on it are left out; those about two classes stay unless its `classes` are given.
        """
        judged = [claim for claim in self.claims if claim.is_judged_on(dataset, classes)]
        families = (tuple(claim for claim in judged if (claim.id in self.added_claims) == added) for added in (False, True))
        return tuple(filter(None, families))

    @property
    def of_retired_claims(self) -> "Suite":
        """Copy with the retired claims whose arms are regular ones, as if they were in use, in place of all others."""
        retired = tuple(
            replace(claim, superseded_by=()) for claim in self.retired if claim.test.contrast.keys() <= self.arms.keys()
        )
        return replace(self, claims=retired, main="", optional_claims=(), added_claims=frozenset(), retired=())

    def asked(self, *patterns: str) -> dict[str, Arm]:
        """Return the arms that match any of the wildcards; "all" matches optional arms too.

        Other wildcards match optional arms only if they match no regular arm.

        Raises:
            ValueError: a wildcard matches no arm; the message lists the choices.
        """
        matches = [self._matching(pattern) for pattern in patterns]
        return {label: arm for label, arm in {**self.arms, **self.optional}.items() if any(label in match for match in matches)}

    def _matching(self, pattern: str) -> dict[str, Arm]:
        both = {**self.arms, **self.optional}
        if pattern.lower() == ALL:
            return both
        try:
            return matching("arm", pattern, self.arms)
        except ValueError:
            return matching("arm", pattern, both)

    def with_optional(self, present: Collection[Arm]) -> "Suite":
        """Return a copy that includes the optional arms in `present` and their claims; regular arms are kept if any is present."""
        added = {label: arm for label, arm in self.optional.items() if arm in present}
        if not added:
            return self
        arms = {**(self.arms if any(arm in present for arm in self.arms.values()) else {}), **added}
        return replace(
            self,
            arms=arms,
            claims=tuple(claim for claim in (*self.claims, *self.optional_claims) if claim.test.contrast.keys() <= arms.keys()),
            added_claims=frozenset(claim.id for claim in self.optional_claims),
            is_part=True,
            retired=tuple(claim for claim in self.retired if claim.test.contrast.keys() <= arms.keys()),
            budgets=self.budgets if len(arms) > len(added) else (),
            probes=tuple(kept for use in self.probes if (kept := use.on(arms)) is not None),
            reference=self.reference if self.reference in arms else "",
            optional={},
            optional_claims=(),
        )


def arms(*names: str, **labelled: Variant) -> dict[str, Arm]:
    """Return arms by label: a name is its own label, and a keyword is the label of the network given for it.

    Raises:
        ValueError: a name is unknown, a label is repeated, or a keyword has a network's name instead of
            `network(name)`.
    """
    for label, variant in labelled.items():
        if isinstance(variant, str):
            raise ValueError(f"{label}={variant!r} is a name, not a network: write {label}=network({variant!r})")
        if label in names:
            raise ValueError(f"two arms are labelled {label!r}")
    networks = read_networks(*names) | labelled
    return {label: Arm(architecture=variant) for label, variant in networks.items()}


def arms_on_parts(names: Iterable[str], fractions: Iterable[float]) -> dict[str, Arm]:
    """Return the same networks on fractions of the training images, labelled "NAME on 25%"."""
    networks = read_networks(*names).values()
    arms = [Arm(architecture=network, train_fraction=fraction) for fraction in fractions for network in networks]
    return {arm.label: arm for arm in arms}


def probes_of(suite: Suite, trials: Iterable[Trial]) -> list[tuple[Trial, str]]:
    """Return each of these trials with each probe that the suite runs on it, trial by trial; controls are not probed."""
    arms = [trial for trial in trials if not trial.marks] if suite.probes else []
    return [(trial, use.probe) for trial in arms for use in suite.probes if not use.arms or suite.label_of(trial) in use.arms]


def suite_names() -> list[str]:
    """Return the names of the available suites."""
    return names_in(SUITES)


def load_suite(name: str) -> Suite:
    """Return the suite called `name`.

    Raises:
        ValueError: the suite is unknown (the message lists the choices), or its file is wrong (the message names the
            file).
    """
    return load_value("suite", SUITES, name, "SUITE", Suite)
