"""Plan of a study, OUT/SUITE/STUDY/plan.json: what is declared before the first trial, and by which its claims are judged.

A plan is written once and never edited. A study without a plan was run before plans existed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from benchmarks.spec.compared import suite_of
from benchmarks.spec.comparison import Comparison
from benchmarks.spec.rates import without_rate
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.settings import recipe_name
from benchmarks.spec.study_label import study_label
from benchmarks.spec.suite import suite_names
from benchmarks.spec.survey import survey_names
from benchmarks.spec.trial import KEY_DIGITS, DatasetIdentity
from benchmarks.store.json_store import JsonStore
from benchmarks.store.strict_json import SCHEMA, STRICT, record_text

PLAN = "plan.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class DeclaredPlan:
    """What a study declares: its suite, images, recipe, learning rates, looks and seeds, and a hash of each arm and each claim.

    `recipe` has the first of the `rates`. `looks` are numbers of seeds, counted from the first of `seeds`, which are the first and the last one.
    `has_own_seeds` marks a study of seeds that were given as A-B, such as a replication. `family` lists the claims of evidence and time that
    are corrected together. `controls` are copies of the arm `reference` that every seed trains too. `declared_at` is the UTC time.
    `files` are the user's own files of the study with digests of their source, such as "suite my_suite.py"; no path leads to them.
    `settings` are those of the arms that change the recipe, by label.
    `comparison` has the whole suite by value if it was named on the command line.

    Raises:
        ValueError: the comparison is no suite.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    suite: str
    dataset: DatasetIdentity
    recipe: Recipe
    rates: tuple[float, ...]
    looks: tuple[int, ...]
    seeds: tuple[int, int]
    arms: Mapping[str, str]
    claims: Mapping[str, str]
    family: tuple[str, ...]
    declared_at: str
    has_own_seeds: bool = False
    reference: str = ""
    controls: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    comparison: Comparison | None = None
    settings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        if self.comparison is not None:
            suite_of(self.comparison)

    @property
    def trains_nothing(self) -> bool:
        """Whether it is of a comparison of counts or times, which has no trials."""
        return self.comparison is not None and self.comparison.measure.over != "seeds"

    def has_seed(self, seed: int) -> bool:
        """Return whether a seed is among the declared ones."""
        return self.seeds[0] <= seed <= self.seeds[1]

    def is_on(self, dataset: DatasetIdentity, recipe: Recipe) -> bool:
        """Return whether a plan is for these images and this recipe, at any learning rate."""
        return self.dataset == dataset and without_rate(self.recipe) == without_rate(recipe)

    def is_of_same_study(self, other: "DeclaredPlan") -> bool:
        """Return whether another plan is for the same study: suite, images, recipe, and its own seeds if it has them."""
        mine, theirs = (plan.seeds if plan.has_own_seeds else None for plan in (self, other))
        return self.suite == other.suite and self.is_on(other.dataset, other.recipe) and mine == theirs


def differences(plan: DeclaredPlan, other: DeclaredPlan) -> list[str]:
    """Describe in which declared parts two plans of one study differ; looks are not compared, because --seeds names one of them."""
    found = []
    for kind in ("arms", "claims"):
        before, now = getattr(plan, kind), getattr(other, kind)
        words = {
            "new": [name for name in now if name not in before],
            "gone": [name for name in before if name not in now],
            "changed": [name for name in now if name in before and before[name] != now[name]],
        }
        found += [f"{kind} {word}: {', '.join(names)}" for word, names in words.items() if names]
    if plan.family != other.family and not found:
        found.append(f"family of claims: {', '.join(plan.family)}, now {', '.join(other.family)}")
    if plan.rates != other.rates:
        before, now = (", ".join(f"{rate:g}" for rate in declared.rates) for declared in (plan, other))
        found.append(f"learning rates: {before}, now {now}")
    probes = [
        name for name in plan.files if name.startswith("probe ") and other.files.get(name, plan.files[name]) != plan.files[name]
    ]
    if probes:  # findings are stored by the probe's name
        found.append(f"changed: {', '.join(probes)}, which needs a new name")
    if not plan.is_on(other.dataset, other.recipe):
        before, now = (f"{one.dataset.name} with recipe {recipe_name(without_rate(one.recipe))}" for one in (plan, other))
        found.append(f"data and recipe: {before}, now {now}")
    return found


ADAPTER = TypeAdapter(DeclaredPlan)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanStore:
    """Plans of the studies under OUT."""

    folder: Path

    @property
    def _records(self) -> JsonStore[DeclaredPlan]:
        return JsonStore(folder=self.folder, adapter=ADAPTER)

    def find(self, plan: DeclaredPlan) -> tuple[Path, DeclaredPlan] | None:
        """Return the plan of the same study and its path, or None if there is none.

        Raises:
            ValueError: a plan of the suite cannot be read, so that it is unknown what was declared.
            NewerSchemaError: a later release wrote a plan.
        """
        for path in sorted(self.folder.glob(f"{plan.suite}/*/{PLAN}")):
            try:
                known = self._records.read(path)
            except ValueError as error:
                raise ValueError(f"{error}: restore the plan, or name another folder with --out") from error
            if known.is_of_same_study(plan):
                return path, known
        return None

    def comparison(self, name: str) -> tuple[Path, Comparison] | None:
        """Return the comparison called `name` and the path of its first plan, or None if there is none; raise the errors of `read`."""
        for path in sorted(self.folder.glob(f"{name}/*/{PLAN}")):
            plan = self._records.read(path)
            if plan.comparison is not None:
                return path, plan.comparison
        return None

    def write(self, plan: DeclaredPlan) -> Path:
        """Write the plan of a study atomically, unless it has an earlier one; return its path."""
        known = self.find(plan)
        if known is not None and known[1].declared_at <= plan.declared_at:
            return known[0]
        seeds = plan.seeds if plan.has_own_seeds else None
        labels = (
            study_label(plan.dataset, plan.recipe, is_ambiguous=is_ambiguous, seeds=seeds) for is_ambiguous in (False, True)
        )
        paths = (self.folder / plan.suite / label / PLAN for label in labels)
        path = known[0] if known else next(path for path in paths if not path.exists())
        self._records.write(path, record_text(ADAPTER.dump_python(plan, mode="json", warnings="error")))
        return path

    def read(self, path: Path) -> DeclaredPlan:
        """Return one plan; raise the errors of `JsonStore.read`."""
        return self._records.read(path)

    def read_all(self) -> tuple[dict[Path, DeclaredPlan], list[str]]:
        """Return all readable plans by path, and a line for each unreadable one.

        Raises:
            NewerSchemaError: a later release wrote a plan.
        """
        plans, unreadable = dict[Path, DeclaredPlan](), list[str]()
        for path in sorted(self.folder.glob(f"*/*/{PLAN}")):
            try:
                plan = self._records.read(path)
                _refuse_misplaced(path, plan, plans)
                plans[path] = plan
            except ValueError as error:
                unreadable.append(str(error))
        return plans, unreadable


def _refuse_misplaced(path: Path, plan: DeclaredPlan, known: Mapping[Path, DeclaredPlan]) -> None:
    """Refuse a comparison's plan that is not in the folder of its name, has a suite's name, or contradicts an earlier plan of this name."""
    if plan.comparison is None:
        return
    if path.parent.parent.name != plan.suite or plan.suite in (*suite_names(), *survey_names()):
        raise ValueError(
            f"{path}: it declares a comparison called {plan.suite!r}, which must be its folder's name and no suite's"
        )
    other = next((place for place, one in known.items() if one.suite == plan.suite and one.comparison != plan.comparison), None)
    if other is not None:
        raise ValueError(f"{path}: it declares another comparison than {other}, which has the same name")


def hash_of(path: Path) -> str:
    """Return the first 12 hex digits of the SHA-256 of a plan's file."""
    return sha256(path.read_bytes()).hexdigest()[:KEY_DIGITS]


def without_time(plan: DeclaredPlan) -> DeclaredPlan:
    """Return the plan without its time: equal for two plans that declare the same."""
    return replace(plan, declared_at="")
