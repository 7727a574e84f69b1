"""The hash of a claim changes with what decides it, and with nothing else."""

from dataclasses import replace

import pytest

from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Equal, GapGrows, Less, NoWorse, Test
from benchmarks.spec.declaration import claim_hash
from benchmarks.spec.metrics import METRICS
from benchmarks.spec.suite import load_suite, suite_names

LESS = Claim(
    id="less", statement="A is less.", source="made up", metric="test_error_pct", test=Less(smaller="a", larger="b"), margin=1.0
)


def test_the_hash_of_a_claim_never_changes() -> None:
    assert claim_hash(LESS) == "20282e0554e5"


@pytest.mark.parametrize(
    "changes",
    [
        {"metric": "train_error_pct"},
        {"test": Less(smaller="b", larger="a")},
        {"test": NoWorse(reference="b", other="a")},
        {"test": Equal(reference="b", other="a")},
        {"test": GapGrows(first=("a", "b"), second=("c", "d"))},
        {"margin": 1.5},
        {"margin": 0.5, "is_relative": True},
        {"margin": 1.0, "is_identity": True},
        {"too_easy_on": ("digits",)},
    ],
)
def test_a_change_of_what_decides_a_claim_changes_its_hash(changes: dict[str, str | float | Test]) -> None:
    assert claim_hash(replace(LESS, **changes)) != claim_hash(LESS)


def test_a_change_of_the_measure_changes_the_hash_and_other_words_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    known, measure = claim_hash(LESS), METRICS["test_error_pct"]
    monkeypatch.setitem(METRICS, "test_error_pct", replace(measure, words="error on the test images"))
    assert claim_hash(LESS) == known
    monkeypatch.setitem(METRICS, "test_error_pct", replace(measure, is_ratio=True))
    assert claim_hash(LESS) != known


def test_other_words_do_not_change_the_hash_nor_does_a_whole_number_as_the_margin_nor_a_successor() -> None:
    assert claim_hash(
        replace(LESS, id="other", statement="Other.", source="other", margin=1, superseded_by=("new",))
    ) == claim_hash(LESS)


@pytest.mark.parametrize("name", suite_names())
def test_claims_that_differ_in_what_decides_them_have_different_hashes(name: str) -> None:
    suite = load_suite(name)
    claims = [*suite.claims, *suite.optional_claims, *suite.retired]
    decided_by = {(one.metric, one.test, one.margin, one.is_relative, one.is_identity, one.too_easy_on) for one in claims}
    assert len({claim_hash(claim) for claim in claims}) == len(decided_by)
