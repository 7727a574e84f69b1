"""Choose the claims that are taken to their next look: those that are open, and that the last look may still decide."""

from collections.abc import Iterable

from analysis.inference.verdicts import Verdict


def next_looks(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """Return the number of seeds of the next look by claim, for each open claim of evidence that is not dropped.

    At several learning rates the next look is the first that is incomplete at one of them.
    """
    return {verdict.claim.id: look for verdict in verdicts if (look := _next_look(verdict)) is not None}


def _next_look(verdict: Verdict) -> int | None:
    at_rates = list(verdict.by_rate.values()) or [verdict]
    num_complete = min(len(one.looks) for one in at_rates)
    is_short = verdict.outcome == "untested" and not any(one.evidence.failed for one in at_rates)
    if verdict.claim.kind != "evidence" or not (is_short or verdict.outcome == "inconclusive") or verdict.stopped_at is not None:
        return None
    return verdict.declared_looks[num_complete] if num_complete < len(verdict.declared_looks) else None
