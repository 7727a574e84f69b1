"""A claim is exploratory for a study if any of its own runs is older than its declaration, and only then."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.inference import standing
from analysis.inference.cells import outcomes_in_words
from analysis.inference.standing import placed_in_session
from analysis.inference.totals import groups_of, outcome_words
from analysis.inference.verdict_json import verdicts_json
from analysis.inference.verdicts import Verdict
from analysis.inference.wording import in_words
from analysis.pages.reports import Reports
from analysis.pages.study_page import Summary
from analysis.tables.grouping import studies_of
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Less
from benchmarks.spec.ledger import declared_at
from benchmarks.spec.suite import load_suite
from benchmarks.spec.survey import load_survey
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

REFERENCE = Path(__file__).parents[3] / "results" / "reference"
BEFORE, AT, AFTER = "2026-11-20T18:22:23Z", "2026-11-20T18:22:24Z", "2026-11-20T18:22:25Z"  # the claims of depth are from AT
Make = Callable[..., TrialResult]
DEPTH = load_suite("depth")
FIRST = replace(  # depth with the claims that it began with
    DEPTH, claims=tuple(claim for claim in DEPTH.claims if declared_at("depth", claim) == AT), optional_claims=(), retired=()
)


def summary_of(make: Make, times: Mapping[tuple[str, int], str], name: str = "depth") -> Summary:
    """A study of the first claims of depth, whose records were finished at AFTER, but for these arms and seeds."""
    errors = {"plain20": 10.0, "plain56": 60.0}
    results = [
        make(arm, seed, train=errors.get(arm, 1.0) + seed, finished_at=times.get((arm, seed), AFTER))
        for arm in FIRST.arms
        for seed in range(3)
    ]
    (study,) = studies_of(name, FIRST, results)
    return Summary(study=study)


def exploratory(summary: Summary) -> set[str]:
    return {verdict.claim.id for verdict in summary.verdicts if verdict.is_exploratory}


def test_a_claim_is_exploratory_if_any_run_of_its_own_arms_is_older(make_result: Make) -> None:
    assert exploratory(summary_of(make_result, {})) == set()
    assert exploratory(summary_of(make_result, {("plain20", 0): AT})) == set()
    assert exploratory(summary_of(make_result, {("plain8", 0): BEFORE})) == set()  # an arm of no claim
    assert exploratory(summary_of(make_result, {("plain20", 2): BEFORE})) == {"plain-degrades", "gap-grows-with-depth"}


def test_a_run_at_another_rate_counts(make_result: Make) -> None:
    study = summary_of(make_result, {}).study
    at_half = replace(study.recipe, learning_rate=study.recipe.learning_rate / 2)
    early = [make_result(arm, 0, train=1.0, recipe=at_half, finished_at=BEFORE) for arm in ("plain20", "plain56")]
    (study,) = studies_of("depth", FIRST, [*study.results, *early])
    assert "plain-degrades" in exploratory(Summary(study=study))


def test_a_users_suite_is_never_exploratory_by_the_ledger(make_result: Make) -> None:
    summary = summary_of(make_result, {("plain20", 0): BEFORE}, name="my_depth")
    assert exploratory(summary) == set() and {verdict.declared_at for verdict in summary.verdicts} == {None}


def test_a_claim_that_is_declared_again_is_exploratory_on_the_old_runs(
    make_result: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "declared_at", lambda name, claim: "2026-12-01T00:00:00Z")
    assert exploratory(summary_of(make_result, {})) == {claim.id for claim in FIRST.claims}


def test_an_exploratory_claim_is_named_as_such_and_counted_apart(make_result: Make) -> None:
    summary = summary_of(make_result, {("plain20", 0): BEFORE})
    by_id = {verdict.claim.id: verdict for verdict in summary.verdicts}
    assert "Exploratory: declared on 2026-11-20, after the first run." in in_words(by_id["plain-degrades"])
    assert "Exploratory" not in in_words(by_id["residual-tests-better"])
    (group,) = summary.groups
    assert (sum(group.outcomes.values()), sum(group.exploratory.values())) == (1, 2)
    proper, _, apart = outcomes_in_words(group).partition("; exploratory: ")
    assert proper and apart
    rows = {row["claim"]: row for row in verdicts_json(summary.verdicts)}
    assert [
        (rows[name]["is_exploratory"], rows[name]["declared_at"]) for name in ("plain-degrades", "residual-tests-better")
    ] == [
        (True, AT),
        (False, AT),
    ]


def test_a_study_without_dates_says_so_and_marks_nothing(make_result: Make) -> None:
    results = [make_result(arm, seed) for arm in load_suite("depth").arms for seed in range(3)]
    (study,) = studies_of("depth", load_suite("depth"), results)
    summary = Summary(study=study)
    assert exploratory(summary) == set()
    assert any(line.startswith("No date is known of 24 records") for line in summary.warnings)
    assert not any("No date" in line for line in summary_of(make_result, {}).warnings)


def test_of_the_reference_only_what_was_posed_on_trained_networks_is_exploratory() -> None:
    reports = Reports(Out(REFERENCE).read())
    found = {study.dataset.name: exploratory(reports.page(study)) for study in reports.studies("depth")}
    posed_again = {"residual-trains-no-worse-at-56", "residual-gains-from-depth-56", "plain-is-comparable-when-shallow"}
    assert found["cifar10-jpeg"] >= posed_again and not {claim.id for claim in FIRST.claims} & found["cifar10-jpeg"]
    assert found["digits-splits"] == set()  # its runs are younger than every claim
    for session in reports.records.sessions[:1]:
        claim = Claim(
            id="mine", statement="", source="", metric="macs", test=Less(smaller="resnet20", larger="plain20"), margin=0.1
        )
        assert not placed_in_session(verdict_on(claim), "mine", session, load_survey("throughput")).is_exploratory


def verdict_on(claim: Claim) -> Verdict:
    from analysis.inference.effects import Evidence
    from analysis.inference.verdicts import judge

    return judge([claim], {claim.id: Evidence(effects={0: -1.0, 1: -1.1, 2: -0.9})})[0]


def test_only_a_toy_setting_says_that_a_claim_does_not_hold_here() -> None:
    claim = Claim(
        id="less", statement="A.", source="made up", metric="test_error_pct", test=Less(smaller="a", larger="b"), margin=1.0
    )
    contradicted = verdict_on(claim)
    assert contradicted.outcome == "contradicted"
    toy, near = (replace(contradicted, tier=tier) for tier in ("toy", "near"))  # type: ignore[arg-type]
    assert outcome_words(toy) == "does not hold here" and in_words(toy).startswith("Does not hold here: ")
    assert outcomes_in_words(groups_of([toy, toy], ())[0]) == "2 not holding here"
    assert "contradict" not in in_words(toy) + outcomes_in_words(groups_of([toy], ())[0])
    assert outcome_words(near) == "contradicted" and in_words(near).startswith("Contradicted: ")
    assert in_words(toy).partition(":")[2] == in_words(near).partition(":")[2]
