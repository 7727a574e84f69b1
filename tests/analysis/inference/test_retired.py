"""Retired claims are computed as before and count nowhere; claims that are too easy on some images are in no family there."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.inference.verdicts import Verdict
from analysis.pages.study_page import Summary
from analysis.report import make_reports
from analysis.tables.grouping import studies_of
from benchmarks import DIGITS, Claim, Less
from benchmarks.spec.images import Images
from benchmarks.spec.rates import arms_at_every_rate
from benchmarks.spec.suite import Suite, load_suite
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]
DEPTH = load_suite("depth")
BETTER = next(claim for claim in DEPTH.claims if claim.id == "residual-tests-better")
OLD = replace(BETTER, id="old", margin=0.5, superseded_by=("residual-tests-better",))
EASY = replace(BETTER, id="easy", margin=0.1, is_relative=True, too_easy_on=DIGITS)


def with_claims(*claims: Claim, retired: tuple[Claim, ...] = ()) -> Suite:
    return replace(DEPTH, claims=claims, main="", retired=retired, optional={}, optional_claims=())


def results_of(make_result: Make) -> list[TrialResult]:
    errors = {"resnet20": 5.0, "resnet56": 5.0, "plain20": 60.0, "plain56": 80.0}
    return [make_result(arm, seed, test=error + 0.1 * seed) for arm, error in errors.items() for seed in range(5)]


def summary_of(suite: Suite, results: list[TrialResult]) -> Summary:
    (study,) = studies_of("depth", suite, results)
    return Summary(study=study)


def verdict_of(summary: Summary, number: str) -> Verdict:
    return next(verdict for verdict in (*summary.verdicts, *summary.retired) if verdict.claim.id == number)


def test_a_retired_claim_is_computed_and_changes_no_other_verdict_and_no_total(make_result: Make) -> None:
    results = results_of(make_result)
    without, summary = (summary_of(with_claims(BETTER, retired=retired), results) for retired in ((), (OLD,)))
    assert summary.verdicts == without.verdicts and summary.groups == without.groups and without.retired == ()
    (retired,) = summary.retired
    as_before = verdict_of(summary_of(with_claims(replace(OLD, superseded_by=())), results), "old")
    assert (retired.outcome, retired.effect, retired.p) == (as_before.outcome, as_before.effect, as_before.p)
    assert retired.outcome == "supported" and retired.family_size == 1


@pytest.mark.slow
def test_a_page_names_retired_claims_and_what_replaced_them(
    make_result: Make, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobodys = replace(OLD, id="nobodys", superseded_by=())
    suite = with_claims(BETTER, retired=(OLD, nobodys))
    monkeypatch.setattr("analysis.pages.reports.load_suite", lambda name: suite)
    out = write(tmp_path, results_of(make_result))
    make_reports(out, "depth")
    for name in ("summary.md", "index.html"):
        (page,) = out.glob(f"depth/*/{name}")
        _, _, end = page.read_text().partition("Retired claims")
        assert "residual-tests-better" in end and "nothing: nobody claimed it" in end
    (rows,) = out.glob("depth/*/verdicts.json")
    assert "nobodys" not in rows.read_text() and '"old"' not in rows.read_text()


def test_a_claim_that_is_too_easy_on_these_images_is_in_no_family_there(make_result: Make, digits: Images) -> None:
    other = replace(BETTER, id="other", test=Less(smaller="resnet20", larger="plain20"))
    results, suite = results_of(make_result), with_claims(BETTER, other, EASY)
    on_digits = [replace(one, trial=replace(one.trial, dataset=digits.identity())) for one in results]
    here, elsewhere = summary_of(suite, on_digits), summary_of(suite, results)
    assert {verdict.family_size for verdict in elsewhere.verdicts} == {3}
    assert verdict_of(elsewhere, "easy").outcome == "supported"
    easy, *judged = (verdict_of(here, number) for number in ("easy", BETTER.id, "other"))
    assert easy.outcome == "untested (too easy here)" and not easy.is_tested and easy.p is None
    assert {verdict.family_size for verdict in judged} == {2}
    assert [verdict.p for verdict in judged] == [
        verdict.p for verdict in summary_of(with_claims(BETTER, other), on_digits).verdicts
    ]


def test_arms_of_claims_that_are_too_easy_run_at_the_recipes_rate_only_there() -> None:
    suite = with_claims(EASY)
    assert arms_at_every_rate(suite, "digits") == frozenset()
    assert arms_at_every_rate(suite, "cifar10") == {suite.arms["resnet56"], suite.arms["plain56"]}


@pytest.mark.parametrize(
    ("claims", "retired", "message"),
    [
        ((OLD,), (), "claim 'old' is superseded by residual-tests-better: list it under retired"),
        ((BETTER,), (replace(OLD, superseded_by=("nothing-such",)),), "nothing-such"),
        ((BETTER,), (BETTER,), "two claims share an id"),
        ((replace(EASY, too_easy_on=("digit",)),), (), "'digit'"),
    ],
)
def test_wrong_retirements_are_refused(claims: tuple[Claim, ...], retired: tuple[Claim, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        with_claims(*claims, retired=retired)
