"""Records are dated by themselves, or by the table of their commits."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from analysis.tables.dates import commit_times, first_time, time_of
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

REFERENCE = Path(__file__).parents[3] / "results" / "reference"
COMMIT, COMMITTED = "4fe391b828bcfec952182ef6f240233f2d22bf60", "2026-11-21T08:25:55Z"
Make = Callable[..., TrialResult]


def test_every_record_of_the_reference_has_a_date() -> None:
    records = Out(REFERENCE).read()
    assert records.results and records.sessions
    assert {record.environment.commit for record in (*records.results, *records.sessions) if time_of(record) is None} == set()


def test_a_record_has_its_own_time_or_that_of_its_commit(make_result: Make) -> None:
    plain = make_result("resnet8", 0)
    of_commit = replace(plain, environment=replace(plain.environment, commit=COMMIT))
    dated = replace(of_commit, finished_at="2026-12-01T00:00:00Z")
    assert [time_of(record) for record in (plain, of_commit, dated)] == [None, COMMITTED, "2026-12-01T00:00:00Z"]
    assert first_time([dated, plain, of_commit]) == COMMITTED
    assert first_time([plain]) is None and first_time([]) is None


def test_the_table_has_whole_hashes_and_times_in_utc() -> None:
    for commit, time in commit_times().items():
        assert re.fullmatch(r"[0-9a-f]{40}", commit) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time)
