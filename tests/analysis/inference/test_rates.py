"""A claim over several learning rates: supported only if it is at each, by the largest p; with one rate nothing changes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.inference import claim_tests
from analysis.inference.effects import Evidence
from analysis.inference.rates import AtRates, evidence_at_rates, judge_at_rates
from analysis.inference.study_verdicts import verdicts_of
from analysis.inference.verdict_json import verdicts_json
from analysis.inference.verdicts import Verdict, judge
from analysis.inference.wording import in_words
from analysis.report import make_reports
from analysis.tables.grouping import studies_of
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Less
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import load_suite
from benchmarks.store.plans import DeclaredPlan
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]
RATES = (0.1, 0.05, 0.025)
LESS = Claim(
    id="less", statement="A is less.", source="made up", metric="test_error_pct", test=Less(smaller="a", larger="b"), margin=1.0
)
MORE = [replace(LESS, id=f"less-{number}") for number in range(3)]
TIMES = replace(LESS, id="time", metric="train_step_seconds", margin=0.1)
values = st.lists(st.floats(-6, 6).map(lambda value: round(value, 2)), min_size=3, max_size=9)


def evidence(effects: list[float]) -> Evidence:
    return Evidence(effects=dict(enumerate(effects)))


def over(*at_rates: list[float], claim: Claim = LESS) -> Verdict:
    """The verdict of one claim whose effects differ by rate."""
    found: AtRates = {rate: {claim.id: evidence(effects)} for rate, effects in zip(RATES, at_rates, strict=False)}
    (verdict,) = judge_at_rates([claim], found)
    return verdict


FAR, NEAR, AWAY, OPEN = [5.0, 5.1, 4.9], [1.5, 1.6, 1.55], [0.0, 0.1, -0.1], [0.5, 1.5, 3.0]


@pytest.mark.parametrize(
    ("at_rates", "outcome", "weakest"),
    [
        ((FAR, NEAR, FAR), "supported", 0.05),
        ((AWAY, AWAY, AWAY), "contradicted", 0.1),
        ((FAR, AWAY, FAR), "depends on the rate", 0.05),
        ((FAR, OPEN, FAR), "inconclusive", 0.05),
        ((OPEN, AWAY, AWAY), "inconclusive", 0.1),
        ((OPEN, AWAY, FAR), "depends on the rate", 0.1),
        ((FAR, FAR, [5.0, 5.1]), "untested", 0.025),
    ],
)
def test_the_headline_is_by_intersection_and_union(at_rates: tuple[list[float], ...], outcome: str, weakest: float) -> None:
    verdict = over(*at_rates)
    assert verdict.outcome == outcome and list(verdict.by_rate) == list(RATES)
    if outcome not in ("depends on the rate",):
        assert verdict.rate == weakest
    assert verdict.evidence == verdict.by_rate[verdict.rate or 0].evidence


@given(values, values, values)
def test_what_is_supported_or_contradicted_is_so_at_every_rate(one: list[float], other: list[float], third: list[float]) -> None:
    verdict = over(one, other, third)
    outcomes = {found.outcome for found in verdict.by_rate.values()}
    if verdict.outcome in ("supported", "contradicted"):
        assert outcomes == {verdict.outcome}
    assert (verdict.outcome == "depends on the rate") == ({"supported", "contradicted"} <= outcomes)


@given(st.lists(st.tuples(values, values, values), min_size=2, max_size=4))
def test_so_it_is_among_several_claims_by_the_slow_obvious_way(
    several: list[tuple[list[float], list[float], list[float]]],
) -> None:
    """Holm's steps by hand on each claim's largest p over its rates."""
    claims = MORE[: len(several)] if len(several) <= 3 else [*MORE, LESS]
    found: AtRates = {
        rate: {claim.id: evidence(effects[place]) for claim, effects in zip(claims, several, strict=True)}
        for place, rate in enumerate(RATES)
    }
    verdicts = judge_at_rates(claims, found)
    largest = {}
    for claim in claims:
        tests = [claim_tests.test_of(claim, found[rate][claim.id]).test for rate in RATES]
        largest[claim.id] = min(max(test.p_for for test in tests), max(test.p_against for test in tests))
    left, is_open = len(claims), False
    for number in sorted(largest, key=lambda number: largest[number]):
        is_open = is_open or largest[number] * left >= 0.05
        verdict = next(verdict for verdict in verdicts if verdict.claim.id == number)
        assert (verdict.outcome in ("supported", "contradicted")) != is_open
        left -= 1
        if not is_open:
            assert {one.outcome for one in verdict.by_rate.values()} == {verdict.outcome}  # Holm is monotone


@given(values)
def test_with_one_rate_nothing_changes_but_that_it_is_said(effects: list[float]) -> None:
    verdict, plain = over(effects), judge([LESS], {LESS.id: evidence(effects)})[0]
    assert replace(verdict, rate=None, by_rate={}) == plain
    assert in_words(verdict) == f"{in_words(plain)} At this learning rate only (0.1)."


def test_a_claim_at_its_margin_at_one_rate_and_far_beyond_at_the_others_is_seldom_supported() -> None:
    drawn, num_suites, wrong = np.random.default_rng(0), 2000, 0
    for _ in range(num_suites):
        at_rates = [(mean + drawn.normal(size=5)).tolist() for mean in (1, 9, 9)]
        wrong += over(*at_rates).outcome == "supported"
    assert wrong / num_suites <= 0.05  # 2.5% by one side of a two-sided test


def test_times_have_no_rate() -> None:
    found: AtRates = {0.1: {LESS.id: evidence(FAR), TIMES.id: evidence([0.5] * 5)}, 0.05: {LESS.id: evidence(FAR)}}
    less, time = judge_at_rates([LESS, TIMES], found)
    assert less.outcome == time.outcome == "supported" and time.by_rate == {} and time.rate is None
    assert less.family_size == time.family_size == 2  # one family


def results(make_result: Make, errors: dict[float, float]) -> list[TrialResult]:
    """Made-up results of `depth`: at each rate plain56 has this training and test error, or plain20 if it is below 0; all others have 1%."""
    made = []
    for rate, error in errors.items():
        for arm in load_suite("depth").arms if rate == 0.1 else ("plain20", "plain56", "resnet20", "resnet56"):
            wrong = abs(error) if arm == ("plain56" if error > 0 else "plain20") else 1.0
            recipe = Recipe(epochs=10, batch_size=64, schedule="one-cycle", warmup_fraction=0.2, learning_rate=rate)
            made += [make_result(arm, seed, train=wrong + seed / 10, test=wrong + seed / 10, recipe=recipe) for seed in range(5)]
    return made


def test_records_at_several_rates_are_one_study_under_the_recipes_name(make_result: Make) -> None:
    made = results(make_result, {0.025: 3.0, 0.05: 3.0, 0.1: 3.0})
    (study,) = studies_of("depth", load_suite("depth"), made)
    assert study.label == "tiny-quick" and list(study.by_rate) == [0.1, 0.05, 0.025]
    assert len(study.results) == 40 and [len(other.results) for other in study.others] == [20, 20]
    assert all(study.holds(result.trial) for result in made)
    found = evidence_at_rates(study)
    every, deep = [claim.id for claim in study.suite.claims], {"plain20", "plain56", "resnet20", "resnet56"}
    ran = [claim.id for claim in study.suite.claims if claim.test.contrast.keys() & deep]  # at the rates where only these ran
    assert [list(at_rate) for at_rate in found.values()] == [every, ran, ran] and len(ran) < len(every)


def test_controls_and_trials_with_images_held_out_are_no_results_of_their_arm(make_result: Make) -> None:
    made = results(make_result, {0.1: 3.0})
    marked = [replace(made[0], trial=replace(made[0].trial, **mark)) for mark in ({"control": "twin"}, {"holdout": 0.2})]
    (study,) = studies_of("depth", load_suite("depth"), [*made, *marked])
    assert len(study.results) == len(made) and not {result.trial.marks for result in study.results} - {()}


def test_a_rate_at_which_only_other_suites_ran_is_none_of_the_claims(make_result: Make) -> None:
    """`depth` ran at one rate; a suite that shares plain20 with it ran at two."""
    made = results(make_result, {0.1: 3.0})
    made += [result for result in results(make_result, {0.05: 3.0}) if result.trial.arm.label == "plain20"]
    (study,) = studies_of("depth", load_suite("depth"), made)
    verdicts = judge_at_rates(study.suite.claims, evidence_at_rates(study))
    assert {tuple(verdict.by_rate) for verdict in verdicts} == {(0.1,)} and {verdict.outcome for verdict in verdicts} != {
        "untested"
    }


def test_a_planned_rate_at_which_nothing_ran_leaves_evidence_untested(make_result: Make) -> None:
    """Counts have no rate. A rate that the plan does not have is none of the study's."""
    (study,) = studies_of("depth", load_suite("depth"), results(make_result, {0.1: 9.0, 0.05: 9.0}))
    plan = DeclaredPlan(
        suite="depth",
        dataset=study.dataset,
        recipe=study.recipe,
        rates=(0.1, 0.05, 0.025),
        looks=(5,),
        seeds=(0, 4),
        arms={},
        claims={},
        family=(),
        declared_at="2026-11-27T00:00:00+00:00",
    )
    for rates, is_whole in (((0.1, 0.05, 0.025), False), ((0.1, 0.05), True)):
        verdicts = verdicts_of(replace(study, plan=replace(plan, rates=rates)), ())
        assert {verdict.outcome == "untested" for verdict in verdicts} == {not is_whole}
        assert {verdict.p is None for verdict in verdicts} == {not is_whole}
        said = ["learning rate 0.025 (not run)" in in_words(verdict) for verdict in verdicts]
        assert set(said) == {not is_whole}


def test_a_rate_at_which_nothing_was_probed_is_none_of_a_probes_claims(make_result: Make) -> None:
    """`depth` ran at two rates; `function_map`, which probes its networks, at one."""
    suite = load_suite("function_map")
    made = [make_result(arm, seed) for arm in suite.arms.values() for seed in range(3)]
    made += [result for result in results(make_result, {0.1: 3.0, 0.05: 3.0}) if result.trial.recipe.learning_rate == 0.05]
    made = [
        replace(
            result,
            trial=replace(result.trial, recipe=replace(made[-1].trial.recipe, learning_rate=result.trial.recipe.learning_rate)),
        )
        for result in made
    ]
    (study,) = studies_of("function_map", suite, made)
    own, other = evidence_at_rates(study).values()
    assert {claim.measure.probe for claim in suite.claims if claim.id in other} == {None} and len(own) == len(suite.claims)


@pytest.mark.slow
def test_the_report_says_what_depends_on_the_rate_and_draws_it(make_result: Make, write: Write, tmp_path: Path) -> None:
    (page,) = make_reports(write(tmp_path, results(make_result, {0.1: 9.0, 0.05: 9.0, 0.025: -9.0})), "depth")
    text = page.read_text()
    assert "</span> depends on the rate</b>" in text and (page.parent / "error_by_rate.png").exists()
    assert "recipe quick · figures at learning rate 0.1</p>" in text
    by_rate = "0.1 supported (8.00 points higher training error); 0.05 supported (8.00 points higher training error); 0.025 does not hold here ("
    assert by_rate in text and by_rate in page.with_name("summary.md").read_text()
    assert (
        "80 trials: 8 arms that differ in architecture only, trained at learning rate 0.1, and 4 of them also at 0.05 and 0.025, on"
        in text
    )
    assert text.count(">0.025</td>") == 20 and "80 trials" in page.with_name("summary.md").read_text()
    (study,) = studies_of("depth", load_suite("depth"), results(make_result, {0.1: 9.0, 0.05: 9.0, 0.025: -9.0}))
    first = verdicts_json(judge_at_rates(study.suite.claims, evidence_at_rates(study)))[0]
    assert first["outcome"] == "depends on the rate"
    assert [row["rate"] for row in first["by_rate"]] == [0.1, 0.05, 0.025]  # type: ignore[attr-defined]
