"""Verdicts of a study: each family of its claims at every learning rate, with their controls, and how near they are to a paper."""

from collections.abc import Sequence
from dataclasses import replace

from analysis.inference.controlled import with_controls
from analysis.inference.controls import Control
from analysis.inference.rates import evidence_at_rates, has_rates, judge_at_rates
from analysis.inference.standing import placed_in_study
from analysis.inference.verdicts import TOO_EASY, Outcome, Verdict
from analysis.tables.studies import Study
from benchmarks.spec.claims import Claim


def verdicts_of(study: Study, controls: Sequence[Control]) -> tuple[Verdict, ...]:
    """Return the verdict of each claim; those that came with optional arms are a family of their own, those not judged on these images in none."""
    suite, evidence = study.suite, evidence_at_rates(study)
    judged = {
        verdict.claim.id: _at_planned_rates(verdict, study)
        for claims in suite.families(study.dataset.name, study.results[0].data.classes)
        for verdict in judge_at_rates(claims, evidence, study.looks)
    }
    own = next(iter(evidence.values()))
    easy = {
        claim.id: Verdict(claim=claim, evidence=own[claim.id], outcome=_unjudged(claim, study), p=None, family_size=0)
        for claim in suite.claims
        if claim.id not in judged
    }
    placed = (placed_in_study((judged | easy)[claim.id], study) for claim in suite.claims)
    return with_controls(placed, controls)


def retired_verdicts(study: Study, controls: Sequence[Control]) -> tuple[Verdict, ...]:
    """Return the verdicts of the retired claims, a family of their own that counts nowhere."""
    suite, retired = study.suite.of_retired_claims, {claim.id: claim for claim in study.suite.retired}
    judged = verdicts_of(replace(study, suite=suite), controls) if suite.claims else ()
    return tuple(replace(verdict, claim=retired[verdict.claim.id]) for verdict in judged)


def _unjudged(claim: Claim, study: Study) -> Outcome:
    """Return the outcome of a claim that is not judged on these images: they are too easy, or lack the classes that it is about."""
    return TOO_EASY if study.dataset.name in claim.too_easy_on else "untested"


def _at_planned_rates(verdict: Verdict, study: Study) -> Verdict:
    """Return the verdict, or an untested one if the plan has a learning rate at which nothing ran."""
    if study.plan is None or not has_rates(verdict.claim):
        return verdict
    missing = [f"learning rate {rate:g} (not run)" for rate in study.plan.rates if rate not in study.by_rate]
    if not missing:
        return verdict
    evidence = replace(verdict.evidence, failed=[*verdict.evidence.failed, *missing])
    return replace(verdict, outcome="untested", p=None, evidence=evidence)
