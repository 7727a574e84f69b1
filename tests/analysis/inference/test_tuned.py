"""Each arm at its own best rate: a verdict apart, from records alone, that changes no headline and no total."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.inference.tuned import Tuned, judge_tuned, with_tuned
from analysis.inference.verdict_json import verdicts_json
from analysis.inference.verdicts import judge
from analysis.pages.objections import objections
from analysis.pages.study_page import Summary
from analysis.report import make_reports
from analysis.tables.grouping import studies_of
from benchmarks.spec.rates import arms_at_every_rate
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.suite import load_suite
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
MakeTuning = Callable[..., list[TrialResult]]
Write = Callable[[Path, list[TrialResult]], Path]
DEPTH = load_suite("depth")
COMPARED = [label for label, arm in DEPTH.arms.items() if arm in arms_at_every_rate(DEPTH, "digits")]
RECIPE = Recipe(epochs=1, batch_size=64)
RATES, SEEDS = (0.1, 0.05, 0.025), 5
BEST = {"plain8": 0.05, "plain20": 0.2, "plain56": 0.0125, "resnet8": 0.05, "resnet20": 0.05, "resnet56": 0.2}
AT_EDGE = {"plain20", "plain56", "resnet56"}
ERRORS = {"plain20": 4.0, "plain56": 30.0, "resnet20": 3.0, "resnet56": 3.0}


def at(rate: float, recipe: Recipe = RECIPE) -> Recipe:
    return replace(recipe, learning_rate=rate)


@pytest.fixture
def headline(make_result: Make) -> list[TrialResult]:
    """A study at three rates, whose errors grow with the rate."""
    return [
        make_result(label, seed, *[ERRORS.get(label, 5.0) + 10 * rate + 0.1 * seed] * 2, recipe=at(rate))
        for rate in RATES
        for label in (DEPTH.arms if rate == 0.1 else COMPARED)
        for seed in range(SEEDS)
    ]


@pytest.fixture
def tuning(make_tuning: MakeTuning) -> list[TrialResult]:
    return [result for label, best in BEST.items() for result in make_tuning(DEPTH.arms[label], RECIPE, best)]


@pytest.fixture
def tuned_trials(make_result: Make) -> list[TrialResult]:
    """The trials at chosen rates that the study does not have: the deep plain network is better there than the shallow one."""
    return [
        make_result(label, seed, *[2.0 + 0.1 * seed * (seed % 2) + 10 * (label == "plain20")] * 2, recipe=at(BEST[label]))
        for label in COMPARED
        if BEST[label] not in RATES
        for seed in range(SEEDS)
    ]


def summary_of(results: list[TrialResult], suite: str = "depth") -> Summary:
    (study,) = studies_of(suite, load_suite(suite), results)
    return Summary(study=study)


def tuned_of(results: list[TrialResult]) -> Tuned:
    tuned = summary_of(results).tuned
    assert tuned is not None
    return tuned


def test_each_arm_has_its_own_best_rate_and_the_effect_is_of_trials_there(
    headline: list[TrialResult], tuning: list[TrialResult], tuned_trials: list[TrialResult]
) -> None:
    tuned = tuned_of([*headline, *tuning, *tuned_trials])
    assert tuned.chosen == BEST
    errors = {
        (result.trial.arm.label, result.trial.recipe.learning_rate, result.trial.seed): result.final.test_error_pct
        for result in [*headline, *tuned_trials]
        if result.final
    }
    for verdict in (one for one in tuned.verdicts if one.claim.metric.endswith("error_pct")):
        contrast = verdict.claim.test.contrast  # training and test errors are the same here
        by_hand = {seed: sum(weight * errors[arm, BEST[arm], seed] for arm, weight in contrast.items()) for seed in range(SEEDS)}
        assert dict(verdict.evidence.effects) == pytest.approx(by_hand)
    words = tuned.in_words(tuned.verdicts[0])
    assert words.startswith("Each at its own best rate (plain56 0.0125, plain20 0.2): Contradicted: ")
    assert list(tuned.warnings) == [
        "At the edge of the grid, so that a better rate may lie beyond it: plain20, plain56, resnet56."
    ]


def test_its_family_is_the_suites_claims_and_holm_is_over_them_alone(
    headline: list[TrialResult], tuning: list[TrialResult], tuned_trials: list[TrialResult]
) -> None:
    tuned = tuned_of([*headline, *tuning, *tuned_trials])
    assert [verdict.claim for verdict in tuned.verdicts] == list(DEPTH.claims)
    assert {verdict.family_size for verdict in tuned.verdicts} == {len(DEPTH.claims)}
    again = judge(DEPTH.claims, {verdict.claim.id: verdict.evidence for verdict in tuned.verdicts})
    assert [(verdict.outcome, verdict.p) for verdict in again] == [(verdict.outcome, verdict.p) for verdict in tuned.verdicts]


@pytest.mark.parametrize("rates", [RATES, (0.1,)])
def test_tuning_changes_no_headline_total_table_or_figure(
    rates: tuple[float, ...],
    headline: list[TrialResult],
    tuning: list[TrialResult],
    tuned_trials: list[TrialResult],
    make_result: Make,
) -> None:
    """Also where the study has the recipe's rate only, and an arm was trained at a rate of the suite because it chose that."""
    own = [result for result in headline if result.trial.recipe.learning_rate in rates]
    at_best = [result for result in headline if result.trial.arm.label == "resnet20" and result.trial.recipe == at(0.05)]
    more = [*tuning, *tuned_trials, *(result for result in at_best if result not in own)]
    before, after = summary_of(own), summary_of([*own, *more])
    assert after.verdicts == before.verdicts and after.groups == before.groups and after.run_sets == before.run_sets
    assert after.frame.equals(before.frame) and after.rates_note == before.rates_note and after.warnings == before.warnings
    assert after.study.by_rate.keys() == before.study.by_rate.keys() and after.study.label == before.study.label
    assert before.tuned is None and after.tuned is not None
    assert next(verdict for verdict in after.tuned.verdicts if verdict.claim.id == "plain-degrades").outcome == "contradicted"
    assert next(verdict for verdict in after.verdicts if verdict.claim.id == "plain-degrades").outcome == "supported"


def test_a_rate_that_every_arm_chose_beyond_the_suites_is_no_rate_of_the_headline(
    headline: list[TrialResult], make_tuning: MakeTuning, make_result: Make
) -> None:
    more = [result for label in COMPARED for result in make_tuning(DEPTH.arms[label], RECIPE, 0.2)]
    more += [make_result(label, seed, 50.0 - seed, 50.0, recipe=at(0.2)) for label in COMPARED for seed in range(SEEDS)]
    before, after = summary_of(headline), summary_of([*headline, *more])
    assert after.verdicts == before.verdicts and list(after.study.by_rate) == list(RATES)
    # without tuning runs a study of its own rates has all that ran
    assert set(summary_of([*headline, *more[-len(COMPARED) * SEEDS :]]).study.by_rate) == {*RATES, 0.2}


def test_a_tuned_arm_at_a_named_recipes_rate_does_not_move_the_study_there(make_result: Make, make_tuning: MakeTuning) -> None:
    """`--set learning_rate=0.2 --rates recipe --tune`, where one arm chooses 0.1, which makes its recipe `quick`."""
    quick = RECIPES["quick"]
    results = [make_result(label, seed, recipe=at(0.2, quick)) for label in DEPTH.arms for seed in range(3)]
    results += [result for label in COMPARED for result in make_tuning(DEPTH.arms[label], at(0.2, quick), 0.2)]
    before = summary_of(results)
    results = [result for result in results if not (result.trial.holdout and result.trial.arm.label == "plain20")]
    results += make_tuning(DEPTH.arms["plain20"], at(0.2, quick), 0.1)
    results += [make_result("plain20", seed, recipe=quick) for seed in range(3)]
    after = summary_of(results)
    assert after.study.recipe == at(0.2, quick) == before.study.recipe and list(after.study.by_rate) == [0.2]
    assert after.tuned is not None and after.tuned.chosen == dict.fromkeys(COMPARED, 0.2) | {"plain20": 0.1}


def test_a_suite_that_shares_an_arm_keeps_its_own_rates(
    make_result: Make, tuning: list[TrialResult], tuned_trials: list[TrialResult]
) -> None:
    own = [make_result(label, seed, 1.0, 1.0, recipe=RECIPE) for label in load_suite("ordering").arms for seed in range(3)]
    before, after = summary_of(own, "ordering"), summary_of([*own, *tuning, *tuned_trials], "ordering")
    assert after.verdicts == before.verdicts and after.frame.equals(before.frame) and after.tuned is None


def test_an_arm_without_a_choice_or_without_its_trials_leaves_its_claims_untested(
    headline: list[TrialResult], tuning: list[TrialResult], tuned_trials: list[TrialResult]
) -> None:
    lost = [
        replace(result, status="oom", final=None, cost=None, history=())
        if (result.trial.arm.label, result.trial.recipe.learning_rate, result.trial.seed) == ("resnet20", 0.1, 1001)
        else result
        for result in tuning
    ]
    tuned = tuned_of([*headline, *lost, *tuned_trials])
    outcomes = {verdict.claim.id: verdict.outcome for verdict in tuned.verdicts}
    assert outcomes["residual-trains-no-worse-at-56"] == "untested" != outcomes["plain-degrades"]
    words = next(
        map(tuned.in_words, (verdict for verdict in tuned.verdicts if verdict.claim.id == "residual-trains-no-worse-at-56"))
    )
    assert words.endswith("Untested: not measured: resnet20 (its tuning is incomplete).")
    assert "No rate chosen, because tuning runs lack a result: resnet20 (14 of 15)." in list(tuned.warnings)
    assert {verdict.family_size for verdict in tuned.verdicts} == {len(DEPTH.claims)}

    tuned = tuned_of([*headline, *tuning])
    assert "plain56 (not trained at its rate, 0.0125), plain20 (not trained at its rate, 0.2)" in tuned.in_words(
        tuned.verdicts[0]
    )


def test_a_run_that_fails_counts_against_a_rate_before_any_error(
    headline: list[TrialResult], tuning: list[TrialResult], tuned_trials: list[TrialResult]
) -> None:
    diverged = [
        replace(result, status="diverged")
        if (result.trial.arm.label, result.trial.recipe.learning_rate, result.trial.seed) == ("resnet20", 0.05, 1000)
        else result
        for result in tuning
    ]
    assert tuned_of([*headline, *diverged, *tuned_trials]).chosen == BEST | {"resnet20": 0.025}  # as good as 0.1, and smaller


def test_a_result_with_the_seed_of_a_tuning_run_is_not_judged(
    headline: list[TrialResult], tuning: list[TrialResult], tuned_trials: list[TrialResult]
) -> None:
    every = [*headline, *tuned_trials]
    shared = [replace(result, trial=replace(result.trial, seed=1000)) for result in every if result.trial.seed == 0]
    tuned = tuned_of([*every, *shared, *tuning])
    assert {seed for verdict in tuned.verdicts for seed in verdict.evidence.effects} == set(range(SEEDS))


@pytest.mark.usefixtures("no_figures")
def test_json_and_page_show_rates_outcome_effect_interval_and_p(
    headline: list[TrialResult], tuning: list[TrialResult], tuned_trials: list[TrialResult], write: Write, tmp_path: Path
) -> None:
    every = [*headline, *tuning, *tuned_trials]
    tuned = tuned_of(every)
    (page,) = make_reports(write(tmp_path / "tuned", every), "depth")
    rows = json.loads(page.with_name("verdicts.json").read_text())
    (untuned,) = make_reports(write(tmp_path / "untuned", headline), "depth")
    others = json.loads(untuned.with_name("verdicts.json").read_text())
    for row, other, verdict in zip(rows, others, tuned.verdicts, strict=True):
        found = row.pop("tuned")
        assert other.pop("tuned") is None and row == other
        assert found["rates"] == {arm: BEST[arm] for arm in verdict.claim.test.contrast}
        assert found["at_grid_edge"] == [arm for arm in verdict.claim.test.contrast if arm in AT_EDGE]
        assert (found["outcome"], found["p"]) == (verdict.outcome, verdict.p) and found["effect"].keys() >= {
            "value",
            "low",
            "high",
        }
    text, summary = page.read_text(), page.with_name("summary.md").read_text()
    assert '<th scope="row">plain20</th><td>0.2 (edge)</td><td>5.00 (3 of 3)</td><td>10.00 (3 of 3)</td>' in text
    assert "| resnet20 | 0.05 | 15.00 (3 of 3) | 10.00 (3 of 3) | 5.00 (3 of 3) | 10.00 (3 of 3) | 15.00 (3 of 3) |" in summary
    assert "Each at its own best rate" in text and "Each at its own best rate" not in untuned.read_text()
    assert page.with_name("trials.csv").read_text() == untuned.with_name("trials.csv").read_text()
    assert (tmp_path / "tuned" / "index.html").read_text() == (tmp_path / "untuned" / "index.html").read_text()


@pytest.mark.slow
def test_check_objects_to_no_tuning_an_incomplete_one_and_a_rate_at_the_edge(
    headline: list[TrialResult],
    tuning: list[TrialResult],
    tuned_trials: list[TrialResult],
    make_tuning: MakeTuning,
    write: Write,
    tmp_path: Path,
) -> None:
    def about_tuning(name: str, results: list[TrialResult]) -> list[str]:
        return [
            line.partition(": ")[2]
            for line in objections(write(tmp_path / name, results))
            if "best rate" in line or "tuning" in line
        ]

    (label,) = [study.label for study in studies_of("depth", DEPTH, headline)]
    assert about_tuning("none", headline) == [f"depth ({label})"]
    assert about_tuning("edge", [*headline, *tuning, *tuned_trials]) == [
        "best rate at the edge of the grid: plain20, plain56, resnet56"
    ]
    fine = [result for name in COMPARED for result in make_tuning(DEPTH.arms[name], RECIPE, 0.05)]
    assert about_tuning("fine", [*headline, *fine]) == []
    assert about_tuning("short", [*headline, *fine[:-1]]) == ["tuning is incomplete: resnet56 (14 of 15)"]


def test_splits_of_each_seed_are_named_and_other_held_out_trials_tune_nothing(
    headline: list[TrialResult], tuning: list[TrialResult], tuned_trials: list[TrialResult]
) -> None:
    split = [replace(result, trial=replace(result.trial, split="0123456789abcdef")) for result in tuning]
    tuned = tuned_of([*headline, *split, *tuned_trials])
    assert any(line.startswith("Each seed divides the images for itself: images held out in tuning") for line in tuned.warnings)
    for changes in ({"seed": 3}, {"holdout": 0.3}, {"control": "twin"}):
        other = [replace(result, trial=replace(result.trial, **changes)) for result in tuning]  # type: ignore[arg-type]
        assert judge_tuned(summary_of([*headline, *other]).study) is None
    assert [row["tuned"] for row in with_tuned(verdicts_json(summary_of(headline).verdicts), None)] == [None] * len(DEPTH.claims)
