"""Place verdicts in their context: the tier of their setting, and whether the claim was declared before its first run."""

from dataclasses import replace

from analysis.inference.tiers import Tier, tier_of
from analysis.inference.verdicts import Verdict
from analysis.tables.dates import first_time
from analysis.tables.studies import Study
from benchmarks.spec.claims import Claim
from benchmarks.spec.ledger import declared_at
from benchmarks.spec.survey import Survey
from benchmarks.store.timings import TimingResult
from benchmarks.store.trials import TrialResult


def placed_in_study(verdict: Verdict, study: Study) -> Verdict:
    """Return a verdict with its tier and the date of its claim, compared with the study's records that the claim is about."""
    tier: Tier = "exact" if verdict.claim.kind == "published" else tier_of(verdict.claim, study)
    records = _records_of(verdict.claim, study)
    if study.plan is not None and study.plan.comparison is not None:
        declared: str | None = study.plan.declared_at.replace("+00:00", "Z")
    else:
        declared = declared_at(study.name, verdict.claim)
    return _placed(verdict, tier, declared, first_time(records))


def placed_in_session(verdict: Verdict, name: str, session: TimingResult, survey: Survey) -> Verdict:
    """Return a verdict of a timing session with the date of its claim; no published value has the setting of a time.

    The counts of networks on their own images are those of the papers. A reading of published values has no run, hence no date.
    """
    is_published = verdict.claim.kind == "published" or (verdict.claim.kind == "count" and survey.task is None)
    first = None if verdict.claim.kind == "published" else first_time([session])
    return _placed(verdict, "exact" if is_published else "toy", declared_at(name, verdict.claim), first)


def _placed(verdict: Verdict, tier: Tier, declared: str | None, first: str | None) -> Verdict:
    """Return a verdict with its tier and the time at which its claim was declared; it is exploratory if the first record is older."""
    return replace(
        verdict,
        tier=tier,
        declared_at=declared,
        is_exploratory=declared is not None and first is not None and first < declared,
        by_rate={rate: replace(one, tier=tier) for rate, one in verdict.by_rate.items()},
    )


def _records_of(claim: Claim, study: Study) -> list[TrialResult | TimingResult]:
    """Return the timing session for a claim about times, else the trials of its arms at every rate."""
    if claim.kind == "published":
        return []
    if claim.kind == "time":
        return [study.timing] if study.timing else []
    arms = {study.suite.arms[label] for label in claim.test.contrast}
    return [result for at_rate in study.by_rate.values() for result in at_rate.results_of(arms)]
