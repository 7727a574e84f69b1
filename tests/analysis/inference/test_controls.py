"""Controls: a twin must not differ, half-wrong labels must hurt; where one fails, a study's evidence is untested, and nothing else changes."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from analysis.inference.controls import TWIN_LEVEL, Control, controls_of
from analysis.inference.verdict_json import verdicts_json
from analysis.pages.objections import objections
from analysis.pages.study_page import Summary
from analysis.report import make_reports
from analysis.tables.grouping import studies_of
from analysis.tables.studies import Study
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.suite import Suite, load_suite
from benchmarks.spec.trial import HALF_WRONG, TWIN
from benchmarks.store.plans import DeclaredPlan
from benchmarks.store.trials import TrialResult, TrialStore

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]
REFERENCE = Path(__file__).parents[3] / "results" / "reference"
DEPTH = load_suite("depth")
# what a failed control leaves of the claims of depth on the digits
WITHHELD = {
    claim.id: "untested (too easy here)" if DEPTH.dataset in claim.too_easy_on else "untested (control)" for claim in DEPTH.claims
}


@pytest.fixture(scope="module")
def recorded() -> list[TrialResult]:
    """Of the recorded study `depth` on the digits: 8 arms, 5 seeds, the recipe's rate, no controls."""
    store = TrialStore(folder=REFERENCE / "trials")
    paths = [path for arm in DEPTH.arms for path in sorted(store.folder.glob(f"{arm}-digits-splits-s[0-4]-*.json"))]
    results = [result for path in paths if (result := store.read(path)).trial.arm in DEPTH.arms.values()]  # on all images
    results = [result for result in results if result.trial.recipe == RECIPES["quick"] and not result.trial.control]
    assert len(results) == 40
    return results


def of_arm(results: Sequence[TrialResult], arm: str) -> list[TrialResult]:
    return [result for result in results if result.trial.arm == DEPTH.arms[arm]]


def with_error(result: TrialResult, test: float) -> TrialResult:
    assert result.final
    return replace(result, final=replace(result.final, test_error_pct=test))


def copies(results: Sequence[TrialResult], control: str, errors: Sequence[float]) -> list[TrialResult]:
    """Records of a control of resnet20 with these test errors, for its first seeds."""
    arm = of_arm(results, "resnet20")
    made = [replace(result, trial=replace(result.trial, control=control)) for result in arm]
    return [with_error(result, error) for result, error in zip(made, errors, strict=False)]


def errors_of(results: Sequence[TrialResult], arm: str) -> list[float]:
    return [result.final.test_error_pct for result in of_arm(results, arm) if result.final]


def study_of(results: Sequence[TrialResult], suite: Suite = DEPTH) -> Study:
    (study,) = studies_of("depth", suite, results)
    return study


def judged(results: Sequence[TrialResult], looks: tuple[int, ...] = ()) -> dict[str, Control]:
    study = study_of(results, DEPTH)
    plan = DeclaredPlan(
        suite="depth",
        dataset=study.dataset,
        recipe=study.recipe,
        rates=(study.recipe.learning_rate,),
        looks=looks,
        seeds=(0, 19),
        arms={},
        claims={},
        family=(),
        declared_at="2026-11-27T00:00:00+00:00",
    )
    return {control.control: control for control in controls_of(replace(study, plan=plan) if looks else study)}


def outcomes_of(summary: Summary) -> dict[str, str]:
    return {verdict.claim.id: verdict.outcome for verdict in summary.verdicts}


def outcomes(found: Mapping[str, Control]) -> dict[str, str]:
    return {name: control.outcome for name, control in found.items()}


def honest(results: Sequence[TrialResult]) -> list[TrialResult]:
    """Controls as they should be: the twin's errors are the reference's of other seeds, and half-wrong labels cost 13 points or more."""
    errors = errors_of(results, "resnet20")
    return [
        *copies(results, TWIN, errors[1:] + errors[:1]),
        *copies(results, HALF_WRONG, [error + 13 + 7 * seed for seed, error in enumerate(errors)]),
    ]


def test_a_twin_like_the_reference_and_labels_that_hurt_change_no_verdict(recorded: list[TrialResult]) -> None:
    assert outcomes(judged([*recorded, *honest(recorded)])) == {TWIN: "passed", HALF_WRONG: "passed"}
    without, controlled = (Summary(study=study_of([*recorded, *more])) for more in ([], honest(recorded)))
    assert [verdict.outcome for verdict in controlled.verdicts] == [verdict.outcome for verdict in without.verdicts]
    assert [verdict.p for verdict in controlled.verdicts] == [verdict.p for verdict in without.verdicts]
    assert controlled.arms == without.arms and controlled.table == without.table
    assert controlled.study.results == without.study.results  # what figures draw
    assert controlled.groups[0].outcomes == without.groups[0].outcomes and controlled.run_sets == without.run_sets


@pytest.mark.parametrize("gains", [[0.0] * 5, [13.0, 20.0, 0.0, 15.0, 30.0], [-1.0] * 5])
def test_a_sabotage_that_does_nothing_stops_the_suite(recorded: list[TrialResult], gains: list[float]) -> None:
    """One seed without harm is enough."""
    errors = [error + gain for error, gain in zip(errors_of(recorded, "resnet20"), gains, strict=True)]
    twin = honest(recorded)[:5]
    summary = Summary(study=study_of([*recorded, *twin, *copies(recorded, HALF_WRONG, errors)]))
    assert [control.outcome for control in summary.controls] == ["passed", "failed"]
    assert outcomes_of(summary) == WITHHELD
    assert {verdict.p for verdict in summary.verdicts} == {None} and not summary.run_sets
    assert any(
        line.startswith("Control failed: The residual network of 20 layers, half-wrong (control): failed.")
        for line in summary.warnings
    )


def test_a_twin_that_is_another_network_stops_the_suite(recorded: list[TrialResult]) -> None:
    """The twin's records are those of the plain network of 56 layers."""
    twin = copies(recorded, TWIN, errors_of(recorded, "plain56"))
    summary = Summary(study=study_of([*recorded, *twin, *honest(recorded)[5:]]))
    assert [control.outcome for control in summary.controls] == ["failed", "passed"]
    assert outcomes_of(summary) == WITHHELD


def test_a_twins_p_is_that_of_the_paired_t_test(recorded: list[TrialResult]) -> None:
    other, own = errors_of(recorded, "plain32"), errors_of(recorded, "resnet20")
    found = judged([*recorded, *copies(recorded, TWIN, other)])[TWIN]
    assert found.p == pytest.approx(stats.ttest_rel(other, own).pvalue)
    assert found.outcome == "passed" and TWIN_LEVEL < (found.p or 0) < 0.05  # a difference by chance at 5% voids no suite


def test_twenty_honest_suites_pass(make_result: Make) -> None:
    """Errors of whole images of 500, skewed from run to run; a reference run fails to train now and then, and so does a twin."""
    random, recipe = np.random.default_rng(0), Recipe(epochs=1, batch_size=64)
    data = replace(make_result("resnet20", 0).data, num_test=500)

    def runs(control: str, errors: Sequence[float]) -> list[TrialResult]:
        made = [make_result("resnet20", seed, test=error, recipe=recipe, data=data) for seed, error in enumerate(errors)]
        return [replace(result, trial=replace(result.trial, control=control)) for result in made]

    def errors(num_seeds: int) -> list[float]:
        trained = np.round(5 * random.lognormal(0.5, 0.6, num_seeds)) / 5
        return np.where(random.random(num_seeds) < 0.05, 90.0, trained).tolist()

    for _ in range(20):
        reference = errors(10)
        wrong = [error + float(random.uniform(13, 41)) for error in reference]
        found = judged([*runs("", reference), *runs(TWIN, errors(10)), *runs(HALF_WRONG, wrong)])
        assert outcomes(found) == {TWIN: "passed", HALF_WRONG: "passed"}


def test_equal_differences_of_one_image_are_no_proof_that_a_twin_differs(recorded: list[TrialResult]) -> None:
    one_image_more = [error + 0.2 for error in errors_of(recorded, "resnet20")]
    assert judged([*recorded, *copies(recorded, TWIN, one_image_more)])[TWIN].outcome == "passed"


def test_seeds_in_which_the_reference_fails_to_train_do_not_count_for_half_wrong(recorded: list[TrialResult]) -> None:
    """Its error there is at chance, and half-wrong labels cannot raise it."""
    lost = of_arm(recorded, "resnet20")[0]
    results = [with_error(result, 90.0) if result is lost else result for result in recorded]
    wrong = copies(recorded, HALF_WRONG, [30.0] * 5)
    found = judged([*results, *wrong])[HALF_WRONG]
    assert (found.outcome, found.num_seeds) == ("passed", 4)
    second = of_arm(recorded, "resnet20")[1]
    results = [with_error(result, 90.0) if result is second else result for result in results]
    assert judged([*results, *wrong])[HALF_WRONG].outcome == "too few seeds"


def test_controls_are_judged_at_the_last_complete_look(recorded: list[TrialResult]) -> None:
    """A sabotage that does nothing in the fifth seed is seen at the look at five seeds and not at that at three or four."""
    errors = errors_of(recorded, "resnet20")
    wrong = copies(recorded, HALF_WRONG, [error + 20 for error in errors[:4]] + [errors[4]])
    results = [*recorded, *wrong]
    assert judged(results)[HALF_WRONG].outcome == "failed"
    for looks, outcome, num_seeds in (((4, 5), "failed", 5), ((4, 10), "passed", 4), ((3, 10), "too few seeds", 3)):
        found = judged(results, looks)[HALF_WRONG]
        assert (found.outcome, found.num_seeds) == (outcome, num_seeds)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ([], ["controls not run: twin, half-wrong"]),
        ([0, 1, 2, 3, 4], ["controls not run: half-wrong"]),
        ([0, 1, 2, 5, 6, 7, 8], ["controls missing: twin with seed 3, twin with seed 4, half-wrong with seed 4"]),
        (
            [0, 1, 2, 3, 4, 5, 6, 7],
            [
                "controls missing: half-wrong with seed 3, half-wrong with seed 4",
                "controls with too few seeds: half-wrong (3 seeds in which resnet20 trains, and needs 4)",
            ],
        ),
    ],
)
def test_verdicts_stand_without_controls_or_with_few_seeds_of_them_and_check_objects(
    recorded: list[TrialResult], write: Write, tmp_path: Path, chosen: list[int], expected: list[str]
) -> None:
    results = [*recorded, *(honest(recorded)[number] for number in chosen)]
    verdicts = Summary(study=study_of(results)).verdicts
    assert [verdict.outcome for verdict in verdicts] == [
        verdict.outcome for verdict in Summary(study=study_of(recorded)).verdicts
    ]
    found = [line.partition(": ")[2] for line in objections(write(tmp_path, results)) if line.startswith("depth, ")]
    assert [line for line in found if "control" in line] == expected


def test_a_failed_control_leaves_counts_and_identities_as_they_are(make_result: Make) -> None:
    suite = load_suite("cardinality")
    made = [make_result(arm, seed, test=float(seed)) for arm in suite.arms.values() for seed in range(4)]
    own = [result for result in made if result.trial.arm == suite.arms[suite.reference]]
    wrong = [replace(result, trial=replace(result.trial, control=HALF_WRONG)) for result in own]
    before, after = (Summary(study=studies_of("cardinality", suite, results)[0]).verdicts for results in (made, [*made, *wrong]))
    assert {verdict.outcome for verdict in after if verdict.claim.kind == "evidence"} == {"untested (control)"}
    others = [(verdict, old) for verdict, old in zip(after, before, strict=True) if verdict.claim.kind != "evidence"]
    exact_or_timed = [claim for claim in suite.claims if claim.kind in ("count", "time")]
    assert len(others) == len(exact_or_timed) > 0 and all(verdict == old for verdict, old in others)


@pytest.mark.usefixtures("no_figures")
def test_a_report_names_its_controls_and_says_why_nothing_is_tested(
    recorded: list[TrialResult], write: Write, tmp_path: Path
) -> None:
    errors = errors_of(recorded, "resnet20")
    wrong = copies(recorded, HALF_WRONG, errors)
    (page,) = make_reports(write(tmp_path, [*recorded, *honest(recorded)[:5], *wrong]), "depth")
    text, summary = page.read_text(), page.with_name("summary.md").read_text()
    for document in (text, summary):
        assert "A control failed, so that no claim of evidence is tested." in document
        assert "The residual network of 20 layers, twin (control): passed." in document
        assert (
            "The residual network of 20 layers, half-wrong (control): failed." in document
            and "is higher in 0 of 5 seeds" in document
        )
    withheld = [outcome for outcome in WITHHELD.values() if outcome == "untested (control)"]
    assert text.count("</span> untested (control)</b>") == len(withheld) > 0 and "50 trials: 8 arms" in text
    rows = page.with_name("trials.csv").read_text().splitlines()
    assert len(rows) == 51 and sum('"resnet20, half-wrong (control)"' in row for row in rows) == 5
    verdicts = json.loads(page.with_name("verdicts.json").read_text())
    assert {verdict["claim"]: verdict["outcome"] for verdict in verdicts} == WITHHELD
    assert [(one["control"], one["outcome"], one["n"]) for one in verdicts[0]["controls"]] == [
        (TWIN, "passed", 5),
        (HALF_WRONG, "failed", 5),
    ]


def test_the_outcomes_at_each_rate_are_withheld_too(recorded: list[TrialResult]) -> None:
    slower = [
        replace(result, trial=replace(result.trial, recipe=replace(result.trial.recipe, learning_rate=0.05)))
        for result in recorded
    ]
    wrong = copies(recorded, HALF_WRONG, errors_of(recorded, "resnet20"))
    at_another_rate = [
        replace(result, trial=replace(result.trial, recipe=replace(result.trial.recipe, learning_rate=0.05))) for result in wrong
    ]
    summary = Summary(study=study_of([*recorded, *slower, *wrong]))
    rows = verdicts_json(summary.verdicts)
    assert {one["outcome"] for row in rows for one in row["by_rate"]} == {"untested (control)"}  # type: ignore[attr-defined]
    elsewhere = Summary(study=study_of([*recorded, *slower, *at_another_rate]))  # controls run at the recipe's rate
    assert [control.outcome for control in elsewhere.controls] == ["not run", "not run"]


def test_a_suite_without_a_reference_has_no_controls_and_check_objects(
    recorded: list[TrialResult], write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = replace(DEPTH, reference="")
    assert controls_of(study_of([*recorded, *honest(recorded)], suite)) == ()
    monkeypatch.setattr("analysis.pages.reports.load_suite", lambda name: suite if name == "depth" else load_suite(name))
    lines = [line for line in objections(write(tmp_path, list(recorded))) if line.startswith("depth, ")]
    assert any(line.endswith(": controls not run: the suite names no reference arm") for line in lines)
