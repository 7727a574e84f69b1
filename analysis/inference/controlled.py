"""Give verdicts of evidence their controls, and withhold them where a control failed. Other kinds of claims have no controls."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from analysis.inference.controls import Control
from analysis.inference.verdicts import TOO_EASY, UNTESTED_BY_CONTROL, Verdict


def with_controls(verdicts: Iterable[Verdict], controls: Sequence[Control]) -> tuple[Verdict, ...]:
    """Return the verdicts with the controls of their evidence; if one failed, all of evidence are `untested (control)`.

    The p values of other claims stay: the family is that which the suite declares.
    """
    has_failed = any(control.outcome == "failed" for control in controls)
    return tuple(_controlled(verdict, tuple(controls), has_failed=has_failed) for verdict in verdicts)


def _controlled(verdict: Verdict, controls: tuple[Control, ...], *, has_failed: bool) -> Verdict:
    if verdict.claim.kind != "evidence" or verdict.outcome == TOO_EASY:
        return verdict
    if not has_failed:
        return replace(verdict, controls=controls)
    by_rate = {rate: replace(one, outcome=UNTESTED_BY_CONTROL, p=None) for rate, one in verdict.by_rate.items()}
    return replace(verdict, outcome=UNTESTED_BY_CONTROL, p=None, by_rate=by_rate, controls=controls)
