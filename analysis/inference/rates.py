"""Judge the claims of a suite over its learning rates: each at each rate, and one headline for all by intersection and union.

A claim is supported only if it is at every rate, by the largest of its p values there; so an architecture is not praised for one rate. Where a
claim is supported at one rate and contradicted at another, that is its outcome. Claims about times, counts, identities and networks that
are not trained have no rate.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from analysis.inference.claim_tests import LEVEL
from analysis.inference.effects import Evidence, evidence_of
from analysis.inference.looks import looks_at, over_looks
from analysis.inference.verdicts import Outcome, Verdict, judge
from analysis.statistics.families import holm
from analysis.statistics.margins import MarginTest
from analysis.tables.studies import Study
from benchmarks.spec.claims import Claim

AtRates = Mapping[float, Mapping[str, Evidence]]  # by learning rate, the recipe's first, and by claim


def has_rates(claim: Claim) -> bool:
    """Return whether a claim is tested at every rate: it is about trained networks."""
    return claim.kind == "evidence" and claim.measure.needs_training


def evidence_at_rates(study: Study) -> AtRates:
    """Return the evidence that a study gives for its claims: for all at its own rate, and at each other one where all arms of a claim ran."""
    own, *others = study.by_rate.items()
    at_rates = {own[0]: {claim.id: evidence_of(claim, study) for claim in study.suite.claims}}
    for rate, at_rate in others:
        ran = {result.trial.arm for result in at_rate.results}
        asked = [
            claim
            for claim in study.suite.claims
            if has_rates(claim) and all(study.suite.arms[arm] in ran for arm in claim.test.contrast)
        ]
        at_rates[rate] = {claim.id: evidence_of(claim, at_rate) for claim in asked}
    return at_rates


def judge_at_rates(claims: Sequence[Claim], evidence: AtRates, looks: Sequence[int] = ()) -> list[Verdict]:
    """Decide the claims of a suite over its learning rates; Holm's correction is over the claims' headlines.

    All claims have evidence at the first rate, and those with rates at each further one where their arms ran.
    """
    verdicts = {rate: _judged([claim for claim in claims if claim.id in found], found, looks) for rate, found in evidence.items()}
    own = next(iter(evidence))
    rates = {
        claim.id: [rate for rate in evidence if claim.id in evidence[rate]] if has_rates(claim) else [own] for claim in claims
    }
    by_claim = {claim.id: {rate: verdicts[rate][claim.id] for rate in rates[claim.id]} for claim in claims}
    tests = {
        claim.id: {rate: _test_at(claim, evidence[rate][claim.id], looks) for rate in rates[claim.id]}
        for claim in claims
        if not claim.is_exact and all(verdict.outcome != "untested" for verdict in by_claim[claim.id].values())
    }
    joint = {number: _intersection(at_rate.values()) for number, at_rate in tests.items()}
    corrected = dict(zip(joint, holm([test.p for test in joint.values()]), strict=True))
    return [
        _headline(by_claim[claim.id], tests[claim.id], joint[claim.id], corrected[claim.id], len(joint))
        if claim.id in joint
        else _untested_or_exact(by_claim[claim.id])
        for claim in claims
    ]


def _judged(claims: Sequence[Claim], evidence: Mapping[str, Evidence], looks: Sequence[int]) -> dict[str, Verdict]:
    return {verdict.claim.id: verdict for verdict in judge(claims, evidence, looks)}


def _test_at(claim: Claim, evidence: Evidence, looks: Sequence[int]) -> MarginTest:
    """Return the test of a claim at one rate, over its looks; a look that is not complete decides nothing."""
    seen = looks_at(claim, evidence, looks)
    return over_looks(seen) if seen else MarginTest(p_for=1.0, p_against=1.0)


def _intersection(tests: Iterable[MarginTest]) -> MarginTest:
    """Return the test that a claim holds, or fails, at every rate: its largest p values."""
    found = list(tests)
    return MarginTest(p_for=max(test.p_for for test in found), p_against=max(test.p_against for test in found))


def _headline(
    verdicts: Mapping[float, Verdict], tests: Mapping[float, MarginTest], joint: MarginTest, corrected_p: float, num_tested: int
) -> Verdict:
    """Return the verdict over all rates, with the evidence of the weakest one: that of the largest p."""
    outcome = _outcome(joint, corrected_p, {verdict.outcome for verdict in verdicts.values()})
    is_for = joint.p_for < joint.p_against
    p_of = {rate: test.p if corrected_p >= LEVEL else test.p_for if is_for else test.p_against for rate, test in tests.items()}
    weakest = max(p_of, key=lambda rate: p_of[rate])  # the first of equals: the recipe's rate
    verdict = replace(verdicts[weakest], outcome=outcome, p=corrected_p, num_tested=num_tested)
    return replace(verdict, rate=weakest, by_rate=dict(verdicts)) if has_rates(verdict.claim) else verdict


def _outcome(joint: MarginTest, corrected_p: float, outcomes: set[Outcome]) -> Outcome:
    if corrected_p < LEVEL:
        return "supported" if joint.p_for < joint.p_against else "contradicted"
    return "depends on the rate" if {"supported", "contradicted"} <= outcomes else "inconclusive"


def _untested_or_exact(verdicts: Mapping[float, Verdict]) -> Verdict:
    """Return the verdict of a claim that is exact, or that some rate leaves untested: the verdict there."""
    rate = next((rate for rate, verdict in verdicts.items() if verdict.outcome == "untested"), next(iter(verdicts)))
    verdict = verdicts[rate]
    return replace(verdict, rate=rate, by_rate=dict(verdicts)) if has_rates(verdict.claim) else verdict
