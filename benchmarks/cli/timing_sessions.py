"""Decide whether a run times its networks now, and describe which timing sessions are still missing.

A run makes one timing session, in a process of its own. The next one counts if it ends an hour or more after it: the speed of a machine drifts
from hour to hour, so that sessions in quick succession would repeat one measurement.
"""

from collections.abc import Sequence
from datetime import datetime
from math import ceil

from benchmarks.spec.claims import FEWEST_SEEDS
from benchmarks.spec.timing import TimingPlan
from benchmarks.spec.words import counted
from benchmarks.store.timings import APART, TimingResult, an_hour_apart


def reason_to_wait(plan: TimingPlan, earlier: Sequence[TimingResult], now: datetime) -> str:
    """Return why a plan is not timed now, after these sessions of it on this machine; "" if it is."""
    if plan.num_sessions == 1:
        return "timed before on this machine" if plan.is_timed else "counted before on this machine"
    if len(an_hour_apart(earlier)) >= plan.num_sessions:
        return f"timed before on this machine, in {counted(plan.num_sessions, 'session')}"
    ended = [session.ended for session in earlier if session.ended]
    left = max(ended) + APART - now if ended else None
    if left is None or left.total_seconds() <= 0:
        return ""
    minutes = counted(ceil(left.total_seconds() / 60), "minute")
    return f"not timed again: {progress_of(plan, earlier, when=f'in {minutes} or more')}"


def progress_of(plan: TimingPlan, sessions: Sequence[TimingResult], when: str = "in an hour or more") -> str:
    """Describe how many of the timing sessions exist, and what is missing."""
    number = len(an_hour_apart(sessions))
    if number < FEWEST_SEEDS:
        return f"{number} of {FEWEST_SEEDS} timing sessions that a verdict needs: run the command again {when}"
    if number < plan.num_sessions:
        return f"{number} of {plan.num_sessions} timing sessions: run the command again {when} to narrow the intervals"
    return f"{number} of {plan.num_sessions} timing sessions: complete"
