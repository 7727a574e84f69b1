"""The ledger holds the hash of every claim, so that none changes without a new date."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from benchmarks.spec import ledger as module
from benchmarks.spec.claims import Claim
from benchmarks.spec.declaration import claim_hash
from benchmarks.spec.ledger import Declaration, declared_at, ledger
from benchmarks.spec.suite import load_suite, suite_names
from benchmarks.spec.survey import load_survey, survey_names

PLAIN_DEGRADES = load_suite("depth").claims[0]


def claims_of(name: str) -> list[Claim]:
    if name in survey_names():
        survey = load_survey(name)
        return [*survey.claims, *survey.retired]
    suite = load_suite(name)
    return [*suite.claims, *suite.optional_claims, *suite.retired]


def missing_lines(name: str, claims: Iterable[Claim]) -> list[str]:
    """The lines that the ledger lacks, to be added at its end."""
    present = {line.claim: line.hash for line in ledger() if line.suite == name}  # the last of a claim
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return [f"{name},{claim.id},{now},{claim_hash(claim)}" for claim in claims if present.get(claim.id) != claim_hash(claim)]


@pytest.mark.parametrize("name", [*suite_names(), *survey_names()])
def test_every_claim_is_declared_as_it_is_now(name: str) -> None:
    assert missing_lines(name, claims_of(name)) == [], "add these lines at the end of benchmarks/declared.csv"
    assert all(declared_at(name, claim) for claim in claims_of(name))


@pytest.mark.parametrize("changes", [{"margin": 2.0}, {"metric": "test_error_pct"}, {"test": load_suite("depth").claims[1].test}])
def test_a_changed_claim_needs_a_new_line_and_has_no_date_without_it(changes: dict[str, object]) -> None:
    changed = replace(PLAIN_DEGRADES, **changes)  # type: ignore[arg-type]
    (line,) = missing_lines("depth", [changed])
    assert re.fullmatch(r"depth,plain-degrades,\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ,[0-9a-f]{12}", line)
    assert declared_at("depth", changed) is None
    assert missing_lines("depth", [replace(PLAIN_DEGRADES, statement="In other words.")]) == []


def test_a_changed_claim_has_the_date_of_its_new_line_and_one_changed_back_that_of_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changed = replace(PLAIN_DEGRADES, margin=2.0)
    dates = ("2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z")
    added = [
        Declaration(suite="depth", claim="plain-degrades", declared_at=date, hash=claim_hash(claim))
        for date, claim in zip(dates, (changed, PLAIN_DEGRADES), strict=True)
    ]
    known = ledger()
    monkeypatch.setattr(module, "ledger", lambda: (*known, added[0]))
    assert declared_at("depth", changed) == dates[0]
    monkeypatch.setattr(module, "ledger", lambda: (*known, *added))
    assert declared_at("depth", PLAIN_DEGRADES) == dates[1]


def test_lines_are_complete_and_the_lines_of_a_claim_are_in_the_order_of_time() -> None:
    by_claim: dict[tuple[str, str], list[str]] = {}
    for line in ledger():
        assert re.fullmatch(r"[0-9a-f]{12}", line.hash)
        assert f"{datetime.fromisoformat(line.declared_at).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" == line.declared_at
        by_claim.setdefault((line.suite, line.claim), []).append(line.declared_at)
    assert all(times == sorted(set(times)) for times in by_claim.values())


def test_what_replaced_a_retired_claim_exists_and_has_a_line() -> None:
    by_name = {name: {claim.id: claim for claim in claims_of(name)} for name in [*suite_names(), *survey_names()]}
    for name, claims in by_name.items():
        for successor in (successor for claim in claims.values() for successor in claim.superseded_by):
            suite, _, number = successor.rpartition("/")
            assert not by_name[suite or name][number].superseded_by, f"{name}: {successor} is retired too"


def test_a_users_own_claims_are_not_in_the_ledger() -> None:
    assert declared_at("my_suite", PLAIN_DEGRADES) is None
    assert declared_at("depth", replace(PLAIN_DEGRADES, id="mine")) is None
