"""Place verdicts in their context: the tier of their setting, and whether the claim was declared before its first run."""

from collections.abc import Iterable
from dataclasses import replace

from analysis.inference.tiers import Tier, tier_of
from analysis.inference.verdicts import Verdict
from analysis.tables.dates import first_time
from analysis.tables.studies import Study
from benchmarks.spec.claims import Claim
from benchmarks.spec.ledger import declared_at
from benchmarks.store.timings import TimingResult
from benchmarks.store.trials import TrialResult


def placed_in_study(verdict: Verdict, study: Study) -> Verdict:
    """Return a verdict with its tier and the date of its claim, compared with the study's records that the claim is about."""
    tier, records = tier_of(verdict.claim, study), _records_of(verdict.claim, study)
    if study.plan is None or study.plan.comparison is None:
        return _placed(verdict, tier, declared_at(study.name, verdict.claim), first_time(records))
    return _placed(verdict, tier, study.plan.declared_at.replace("+00:00", "Z"), _time_of_difference(records))


def placed_in_session(verdict: Verdict, name: str, session: TimingResult) -> Verdict:
    """Return a verdict of a timing session with the date of its claim; no published value has the setting of a session."""
    return _placed(verdict, "toy", declared_at(name, verdict.claim), first_time([session]))


def _placed(verdict: Verdict, tier: Tier, declared: str | None, first: str | None) -> Verdict:
    """Return a verdict with its tier and the time at which its claim was declared; it is exploratory if the first record is older."""
    return replace(
        verdict,
        tier=tier,
        declared_at=declared,
        is_exploratory=declared is not None and first is not None and first < declared,
        by_rate={rate: replace(one, tier=tier) for rate, one in verdict.by_rate.items()},
    )


def _time_of_difference(records: Iterable[TrialResult | TimingResult]) -> str | None:
    """Return when the last of the compared networks first ran: other suites may have run the others before, which tells no difference."""
    by_arm: dict[object, list[TrialResult | TimingResult]] = {}
    for record in records:
        by_arm.setdefault(record.trial.arm if isinstance(record, TrialResult) else "session", []).append(record)
    times = [first_time(of_arm) for of_arm in by_arm.values()]
    return max((time for time in times if time), default=None)


def _records_of(claim: Claim, study: Study) -> list[TrialResult | TimingResult]:
    """Return the timing session for a claim about times, else the trials of its arms at every rate."""
    if claim.kind == "time":
        return [study.timing] if study.timing else []
    arms = {study.suite.arms[label] for label in claim.test.contrast}
    return [result for at_rate in study.by_rate.values() for result in at_rate.results if result.trial.arm in arms]
