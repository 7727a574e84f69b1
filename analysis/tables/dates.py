"""When records were made: the time in the record, or that of its commit in records from before they had one.

The times of these commits are a table, `commits.csv`, so that no history of the repository is needed. A run is later than its commit, so a
claim that is declared after the commit and before the run counts as declared after the run.
"""

import csv
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from benchmarks.store.timings import TimingResult
from benchmarks.store.trials import TrialResult


@cache
def commit_times() -> dict[str, str]:
    """Read the times of commits, in UTC and ISO 8601 to the second."""
    text = Path(__file__).with_name("commits.csv").read_text(encoding="utf-8")
    return {row["commit"]: row["committed_at"] for row in csv.DictReader(text.splitlines())}


def time_of(record: TrialResult | TimingResult) -> str | None:
    """Return when a record was made, in UTC and ISO 8601 to the second; None if neither it nor the table has a time."""
    return record.finished_at or commit_times().get(record.environment.commit or "")


def first_time(records: Iterable[TrialResult | TimingResult]) -> str | None:
    """Return the earliest known time of these records; None if none is known."""
    return min((time for record in records if (time := time_of(record))), default=None)
