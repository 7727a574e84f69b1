"""Judge the claims of a suite over its learning rates: each at each rate, and one headline for all by intersection and union.

A claim is supported only if it is at every rate, by the largest of its p values there; so an architecture is not praised for one rate. Where a
claim is supported at one rate and contradicted at another, that is its outcome. Claims about times, counts, identities and networks that
are not trained have no rate.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from analysis.inference.claim_tests import LEVEL
from analysis.inference.effects import Evidence, evidence_of
from analysis.inference.verdicts import Outcome, Verdict, judge
from analysis.statistics.families import holm, holm_levels
from analysis.statistics.margins import MarginTest
from analysis.tables.studies import Study
from benchmarks.spec.claims import Claim

AtRates = Mapping[float, Mapping[str, Evidence]]  # by learning rate, the recipe's first, and by claim


UNTESTED = MarginTest(p_for=1.0, p_against=1.0)


def has_rates(claim: Claim) -> bool:
    """Return whether a claim is tested at every rate: it is about trained networks."""
    return claim.kind == "evidence" and claim.needs_training


def evidence_at_rates(study: Study) -> AtRates:
    """Return the evidence that a study gives for its claims: for all at its own rate, and at each other one where all arms of a claim ran."""
    own, *others = study.by_rate.items()
    at_rates = {own[0]: {claim.id: evidence_of(claim, study) for claim in study.suite.claims}}
    for rate, at_rate in others:
        at_rates[rate] = {claim.id: evidence_of(claim, at_rate) for claim in study.suite.claims if _ran(claim, at_rate)}
    return at_rates


def _ran(claim: Claim, at_rate: Study) -> bool:
    """Return whether all arms of a claim, and its probe, ran at a further rate; those that other suites ran there need not be all."""
    ran, probes = at_rate.present, {result.probe for result in at_rate.probes}
    is_probed = all(measure.probe is None or measure.probe in probes for measure in claim.measures)
    return has_rates(claim) and is_probed and all(at_rate.suite.arms[arm] in ran for arm in claim.test.contrast)


def judge_at_rates(claims: Sequence[Claim], evidence: AtRates, looks: Sequence[int] = ()) -> list[Verdict]:
    """Decide the claims of a family over its learning rates; Holm's correction is over the headlines of all that are not exact.

    All claims have evidence at the first rate, and those with rates at each further one where their arms ran. A claim that a rate leaves
    untested counts in the family with a p of 1.
    """
    by_claim: dict[str, dict[float, Verdict]] = {claim.id: {} for claim in claims}
    for rate, found in evidence.items():
        for verdict in judge([claim for claim in claims if claim.id in found], found, looks):
            by_claim[verdict.claim.id][rate] = verdict
    joint = {claim.id: intersection(by_claim[claim.id].values()) for claim in claims if not claim.is_exact}
    p_values = [test.p for test in joint.values()]
    corrected, levels = (dict(zip(joint, found, strict=True)) for found in (holm(p_values), holm_levels(p_values, LEVEL)))
    verdicts = []
    for claim in claims:
        number, at_rates = claim.id, by_claim[claim.id]
        untested = next((rate for rate, verdict in at_rates.items() if verdict.outcome == "untested"), None)
        if claim.is_exact:
            verdict = next(iter(at_rates.values()))
        elif untested is not None:
            verdict = replace(at_rates[untested], rate=untested, family_size=len(joint))
        else:
            verdict = _headline(at_rates, joint[number], corrected[number], levels[number], len(joint))
        verdicts.append(replace(verdict, by_rate=at_rates) if has_rates(claim) else replace(verdict, rate=None))
    return verdicts


def intersection(verdicts: Iterable[Verdict]) -> MarginTest:
    """Return the test that a claim holds, or fails, at every rate: its largest p values."""
    tests = [verdict.test or UNTESTED for verdict in verdicts]
    return MarginTest(p_for=max(test.p_for for test in tests), p_against=max(test.p_against for test in tests))


def _headline(
    verdicts: Mapping[float, Verdict], joint: MarginTest, corrected_p: float, level: float, family_size: int
) -> Verdict:
    """Return the verdict over all rates, with the evidence of the weakest one: that of the largest p."""
    is_for, outcomes = joint.p_for < joint.p_against, {verdict.outcome for verdict in verdicts.values()}
    outcome: Outcome = "inconclusive"
    if corrected_p < LEVEL:
        outcome = "supported" if is_for else "contradicted"
    elif {"supported", "contradicted"} <= outcomes:
        outcome = "depends on the rate"
    tests = {rate: verdict.test or UNTESTED for rate, verdict in verdicts.items()}
    p_of = {rate: test.p if corrected_p >= LEVEL else test.p_for if is_for else test.p_against for rate, test in tests.items()}
    weakest = max(p_of, key=lambda rate: p_of[rate])  # the first of equals: the recipe's rate
    shown = verdicts[weakest].at_level(level)
    return replace(shown, outcome=outcome, p=corrected_p, family_size=family_size, rate=weakest)
