"""Verdicts of a study: each family of its claims at every learning rate, with their controls, and how near they are to a paper."""

from collections.abc import Sequence
from dataclasses import replace

from analysis.inference.controlled import with_controls
from analysis.inference.controls import Control
from analysis.inference.rates import evidence_at_rates, has_rates, judge_at_rates
from analysis.inference.standing import placed_in_study
from analysis.inference.verdicts import Verdict
from analysis.tables.studies import Study


def verdicts_of(study: Study, controls: Sequence[Control]) -> tuple[Verdict, ...]:
    """Return the verdict of each claim; those that came with optional arms are a family of their own."""
    suite, evidence = study.suite, evidence_at_rates(study)
    families = [[claim for claim in suite.claims if (claim.id in suite.added_claims) == added] for added in (False, True)]
    judged = {
        verdict.claim.id: verdict
        for claims in filter(None, families)
        for verdict in judge_at_rates(claims, evidence, study.looks)
    }
    planned = (_at_planned_rates(judged[claim.id], study) for claim in suite.claims)
    return with_controls((placed_in_study(verdict, study) for verdict in planned), controls)


def _at_planned_rates(verdict: Verdict, study: Study) -> Verdict:
    """Return the verdict, or an untested one if the plan has a learning rate at which nothing ran."""
    if study.plan is None or not has_rates(verdict.claim):
        return verdict
    missing = [f"learning rate {rate:g} (not run)" for rate in study.plan.rates if rate not in study.by_rate]
    if not missing:
        return verdict
    evidence = replace(verdict.evidence, failed=[*verdict.evidence.failed, *missing])
    return replace(verdict, outcome="untested", p=None, evidence=evidence)
