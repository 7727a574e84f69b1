"""Make the rows of verdicts.json: verdicts, what their claims test, and the records they rest on.

The forest plot can be redrawn from these rows and nothing else.
"""

import re
from dataclasses import asdict

from analysis.inference.effect_words import effect_in_words, interval_in_words
from analysis.inference.forest import forest_row, in_unit
from analysis.inference.rates import has_rates, intersection
from analysis.inference.totals import finding
from analysis.inference.verdict_json import verdicts_json
from analysis.inference.verdicts import Verdict
from analysis.pages.page import Page
from analysis.pages.study_page import Summary
from analysis.pages.survey_page import SurveySummary
from analysis.tables.studies import Study
from benchmarks.spec.claims import FEWEST_SEEDS, Claim
from benchmarks.spec.contrasts import AboutTimes, Compare, TestOfOneArm, Tracks
from benchmarks.store.environment import Environment

Row = dict[str, object]
OPEN = frozenset({"inconclusive", "depends on the rate"})


def verdict_rows(page: Page) -> list[Row]:
    """Return a JSON object per verdict of a report."""
    published, rows = page.published_effects, []
    for row, verdict in zip(verdicts_json(page.verdicts), page.verdicts, strict=True):
        claim, effect = verdict.claim, published[verdict.claim.id]
        rows.append(
            row
            | _claim_row(claim)
            | ({"finding": finding(verdict)} if isinstance(claim.test, Compare) else {})
            | ({"ranked_with": claim.test.other} if isinstance(claim.test, Tracks) else {})
            | _numbers_row(verdict)
            | {"published_effect": asdict(effect) if effect else None, "suite": page.name}
            | {"is_main": claim.id == page.main_claim, "means": verdict.evidence.means}
            | {"effect_in_words": effect_in_words(verdict), "interval_in_words": interval_in_words(verdict)}
            | _origin_row(page, claim)
        )
    return rows


def _claim_row(claim: Claim) -> Row:
    """Return what a claim tests; `stated_figure` is the value or factor that it states."""
    test = claim.test
    return {
        "metric": claim.metric,
        "contrast": test.contrast,
        "test": re.sub(r"(?<!^)(?=[A-Z])", "-", type(test).__name__).lower(),
        "says": test.says if isinstance(test, Compare) else None,
        "stated_figure": _stated_figure(claim),
        "margin": claim.margin,
    }


def _stated_figure(claim: Claim) -> float | None:
    """Return the value or the factor that a claim states; None if it states none."""
    test = claim.test
    if isinstance(test, AboutTimes):
        return test.times
    return test.target if isinstance(test, TestOfOneArm) else None


def _numbers_row(verdict: Verdict) -> Row:
    """Return the effect as it is plotted, p values, and what more seeds would show; None where a number does not exist.

    `p` is uncorrected, and the largest over the learning rates. `least_effect_found` is the smallest effect that these repeats detect with
    80% power, and `seeds_needed` the number of seeds that would decide with the same, None beyond 1,000.
    """
    claim, row = verdict.claim, forest_row(verdict)
    tests = [one.test for one in verdict.by_rate.values()] or [verdict.test]
    is_tested = verdict.p is not None and all(tests)
    has_spread = (
        not verdict.evidence.levels
        and not verdict.evidence.is_partial
        and verdict.doubt is None
        and verdict.num_repeats >= FEWEST_SEEDS
    )
    is_open = verdict.outcome in OPEN and claim.kind == "evidence" and not verdict.is_too_easy
    needed = verdict.num_needed if is_open and has_spread else (None, None, None)
    finds = is_tested and has_spread and claim.test.region == "beyond"
    return {
        "effect_in_favour": {"value": row.value, "low": row.low, "high": row.high},
        "zone": list(row.zone),
        "p": intersection(verdict.by_rate.values() or [verdict]).p if is_tested else None,
        "p_corrected": verdict.p,
        "num_tested": None if claim.is_exact else verdict.family_size,
        "seeds_needed": needed[0],
        "seeds_needed_range": list(needed[1:]),
        "least_effect_found": in_unit(claim, verdict.detectable) if finds else None,
    }


def _origin_row(page: Page, claim: Claim) -> Row:
    """Return the images, the recipe, the seeds and the commits of the records that a claim rests on."""
    if isinstance(page, Summary):
        return _study_row(page, claim)
    environments = [page.timing.environment] if isinstance(page, SurveySummary) else []
    return {"dataset": None, "checksum": None, "recipe": None, "seeds": [], "commits": _commits(environments)}


def _study_row(page: Summary, claim: Claim) -> Row:
    """Return the same for a study: of the claim's trials and probes, or of its timing session."""
    study = page.study
    studies = list(study.by_rate.values()) if has_rates(claim) else [study]
    arms = {study.suite.arms[label] for label in claim.test.contrast}
    trials = [result for at_rate in studies for result in at_rate.results_of(arms)]
    environments = [result.environment for result in trials] + _probed(studies, claim)
    is_timed = claim.kind == "time"
    if is_timed:
        environments = [session.environment for session in study.timings]
    return {
        "dataset": study.dataset.name,
        "checksum": study.dataset.checksum,
        "recipe": page.recipe,
        "seeds": [] if is_timed else sorted({result.trial.seed for result in trials}),
        "commits": _commits(environments),
    }


def _probed(studies: list[Study], claim: Claim) -> list[Environment]:
    """Return the environments in which a claim's probes measured its arms."""
    arms = {studies[0].suite.arms[label] for label in claim.test.contrast}
    measured = {measure.probe for measure in claim.measures}
    probes = [result for study in studies for result in study.probes if result.probe in measured]
    return [result.environment for result in probes if studies[0].suite.arm_of(result.trial) in arms]


def _commits(environments: list[Environment]) -> list[str]:
    return sorted({environment.commit for environment in environments if environment.commit})
