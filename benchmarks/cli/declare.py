"""Declare a study before its first trial: the plan that a request makes, or the one that its folder holds already."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from benchmarks.cli.flags import Request
from benchmarks.cli.seeds import read_seeds
from benchmarks.spec.claims import FEWEST_SEEDS
from benchmarks.spec.declaration import arm_hash, changed_sources, claim_hash
from benchmarks.spec.figures import FIGURES
from benchmarks.spec.images import DATASETS, Images
from benchmarks.spec.named import sources
from benchmarks.spec.probe import PROBES
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import SUITES, Suite
from benchmarks.spec.trial import CONTROLS
from benchmarks.store.plans import DeclaredPlan, PlanStore, differences


def declare(name: str, suite: Suite, images: Images, recipes: Sequence[Recipe], request: Request) -> DeclaredPlan:
    """Return the plan of a study on these images with these recipes, one per learning rate: that of its folder if there is one, else a new one.

    A user's network may have another source than the plan's: the study is exploratory then.

    Raises:
        ValueError: the request differs from the plan of its folder, or that plan cannot be read; says what to do.
        NewerSchemaError: a later release wrote a plan.
    """
    files = sources(plugins_of(name, suite, request.dataset))
    new = replace(_new_plan(name, suite, images, recipes, request.seeds), files=files)
    try:
        found = PlanStore(folder=request.out).find(new)
    except OSError as error:
        raise ValueError(f"{request.out} cannot be read ({error.strerror}): name another folder with --out") from error
    if found is None:
        return new
    path, plan = found
    edited = {label: plan.arms[label] for label in changed_sources(plan.arms, {**suite.arms, **suite.optional})}
    differing = differences(plan, replace(new, arms={**new.arms, **edited}))
    if differing:
        remedy = (
            "give this one another --name, or name another folder with --out"
            if suite.comparison
            else "name another folder with --out"
        )
        raise ValueError(
            f"{path} declares another study of {name} ({'; '.join(differing)}): ask for what it declares, or {remedy}"
        )
    if suite.comparison and not all(map(plan.has_seed, seeds_of(request, plan))):
        raise ValueError(
            f"{path} declares seeds {plan.seeds[0]} to {plan.seeds[1]} of {name}: its verdicts rest on these; --seeds A-B declares a study of "
            "other seeds, and another --name another comparison"
        )
    return plan


def _new_plan(name: str, suite: Suite, images: Images, recipes: Sequence[Recipe], seeds: str | None) -> DeclaredPlan:
    """Return a plan with the suite's looks, or with one look at the seeds that are named.

    Fewer than three seeds give no verdict, so that they name no look. Seeds that are given as A-B are a study of their own.
    """
    named, is_own = read_seeds(seeds) if seeds else (range(0), False)
    looks = (len(named),) if is_own or len(named) >= FEWEST_SEEDS else suite.declared_looks
    arms, claims = {**suite.arms, **suite.optional}, (*suite.claims, *suite.optional_claims)
    families = suite.families(images.name, images.classes)
    main = next((family for family in families if not {claim.id for claim in family} <= suite.added_claims), ())
    return DeclaredPlan(
        suite=name,
        dataset=images.identity(),
        recipe=recipes[0],
        rates=tuple(recipe.learning_rate for recipe in recipes),
        looks=looks,
        seeds=(named.start, named.start + looks[-1] - 1),
        arms={label: arm_hash(arm) for label, arm in arms.items()},
        claims={claim.id: claim_hash(claim) for claim in claims},
        family=tuple(claim.id for claim in main if not claim.is_exact),
        declared_at=datetime.now(UTC).isoformat(timespec="seconds"),
        has_own_seeds=is_own,
        reference=suite.reference,
        controls=tuple(CONTROLS) if suite.reference else (),
        comparison=suite.comparison,
        settings={label: arm.settings for label, arm in arms.items() if arm.settings},
    )


def plugins_of(name: str, suite: Suite, dataset: str | None) -> list[tuple[str, str, str]]:
    """Return the kind, the package and the name of each plug-in of a study."""
    figures = [("figure", FIGURES, figure) for figure in suite.figures]
    probes = [("probe", PROBES, use.probe) for use in suite.probes]
    return [("suite", SUITES, name), ("data set", DATASETS, dataset or suite.dataset), *probes, *figures]


def seeds_of(request: Request, plan: DeclaredPlan) -> range:
    """Return the seeds that a request trains: those it names, else those of the first look."""
    return read_seeds(request.seeds)[0] if request.seeds else range(plan.seeds[0], plan.seeds[0] + plan.looks[0])
