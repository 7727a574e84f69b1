"""Read the verdicts of reports as cells of the map of claims: each with the setting of the records that it rests on."""

from collections.abc import Iterator
from dataclasses import replace

from analysis.inference.claims_map import Judged
from analysis.inference.factors import Cell, Setting
from analysis.inference.verdicts import Verdict
from analysis.pages.page import Page
from analysis.pages.study_page import Summary
from analysis.pages.survey_page import SurveySummary
from analysis.tables.studies import Study
from benchmarks.spec.claims import Claim
from benchmarks.spec.rates import without_rate
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.settings import recipe_name
from benchmarks.store.environment import Environment

SETTING_FREE = frozenset({"count", "published"})  # the recipe and the machine play no part


def judged_in(page: Page) -> Iterator[Judged]:
    """Yield the verdicts of a report."""
    for verdict in page.verdicts:
        if isinstance(page, Summary):
            yield _judged_in_study(page, verdict)
        elif isinstance(page, SurveySummary):
            cell = Cell(setting=_setting_of_session(page, verdict.claim), verdict=verdict)
            yield Judged(suite=page.name, folder=page.folder, verdict=verdict, cells=(cell,))


def recipe_without_rate(recipe: Recipe) -> str:
    """Return the name of a recipe, and its settings other than the learning rate and the precision that differ from the table's."""
    for name, known in RECIPES.items():
        if without_rate(replace(known, precision=recipe.precision)) == without_rate(recipe):
            return name
    nearest = recipe_name(recipe).partition(":")[0]
    known = RECIPES[nearest]
    return recipe_name(replace(recipe, learning_rate=known.learning_rate, precision=known.precision))


def _judged_in_study(page: Summary, verdict: Verdict) -> Judged:
    study = page.study
    at_rates: list[tuple[float | None, Verdict]] = [*verdict.by_rate.items()] or [(None, verdict)]
    cells = tuple(
        Cell(setting=_setting(study, study.by_rate.get(rate, study) if rate else study, one.claim, rate), verdict=one)
        for rate, one in at_rates
    )
    arms = {study.suite.arms[label] for label in verdict.claim.test.contrast}
    seeds = () if verdict.claim.kind in ("time", *SETTING_FREE) else sorted({one.trial.seed for one in study.results_of(arms)})
    return Judged(suite=page.name, folder=page.folder, verdict=verdict, cells=cells, seeds=tuple(seeds))


def _setting(study: Study, at_rate: Study, claim: Claim, rate: float | None) -> Setting:
    """Return the setting of a claim in a study at a learning rate; None stands for a claim that has none."""
    dataset = (study.dataset.name, study.dataset.checksum)
    if claim.kind == "published":
        return Setting()
    if claim.kind == "count":
        return Setting(dataset=dataset)
    if claim.kind == "time":
        sessions = study.timings
        precisions = sorted({session.plan.precision for session in sessions})
        machine = _machines([session.environment for session in sessions])
        return Setting(dataset=dataset, precision="+".join(precisions) or None, machine=machine)
    arms = {study.suite.arms[label] for label in claim.test.contrast}
    machine = _machines([result.environment for result in at_rate.results_of(arms)])
    recipe, precision = recipe_without_rate(study.recipe), study.recipe.precision
    return Setting(dataset=dataset, recipe=recipe, rate=rate, precision=precision, machine=machine)


def _setting_of_session(page: SurveySummary, claim: Claim) -> Setting:
    """Return the setting of a claim in the timing sessions of a survey; `recipe` holds the batch size."""
    if claim.kind in SETTING_FREE:
        return Setting()
    machine = _machines([session.environment for session in page.timings])
    return Setting(recipe=f"batches of {page.batch_size}", precision=page.timing.plan.precision, machine=machine)


def _machines(environments: list[Environment]) -> tuple[str, ...]:
    return tuple(sorted({environment.machine for environment in environments}))
