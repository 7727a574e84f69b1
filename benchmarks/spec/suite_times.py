"""Trials of each suite as it is run by default, and how long they take: what one chooses a suite by.

Minutes are those of two trials at once on two cores of an AMD EPYC, each arm at its fastest in results/reference; those of surveys, which have
no trials, are in the middle of what their files say. Probes and the timing of a suite's networks come on top. A suite of the user has none.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parents[1] / "suite_times.csv"


@dataclass(frozen=True, kw_only=True, slots=True)
class SuiteTime:
    """Number of trials, and minutes on two cores."""

    trials: int
    minutes: float


@cache
def suite_times() -> dict[str, SuiteTime]:
    """Return the trials and minutes by suite and survey."""
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return {
            row["suite"]: SuiteTime(trials=int(row["trials"]), minutes=float(row["minutes"])) for row in csv.DictReader(lines)
        }
