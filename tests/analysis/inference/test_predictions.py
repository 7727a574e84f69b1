"""Brier scores of predictions, by hand, on the page, in its JSON and on the terminal."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.inference.predictions import brier, in_words, scored
from analysis.inference.study_verdicts import verdicts_of
from analysis.pages.console import print_summary
from analysis.pages.study_page import Summary
from analysis.report import write_report
from analysis.tables.grouping import studies_of
from benchmarks.spec.predictions import outcome_predicted, probabilities_of
from benchmarks.spec.suite import load_suite
from benchmarks.store.out import Out
from benchmarks.store.predictions import Prediction, Predictions
from benchmarks.store.trials import TrialResult

AT = "2026-01-02T03:04:05+00:00"


def made_by(**predictions: dict[str, tuple[float, float, float]]) -> Predictions:
    return Predictions(made=tuple(Prediction(by=name, made_at=AT, num_done=0, claims=one) for name, one in predictions.items()))


def test_a_score_is_the_squared_distance_between_prediction_and_outcome() -> None:
    assert brier((1.0, 0.0, 0.0), "supported") == 0.0
    assert brier((0.0, 1.0, 0.0), "supported") == 2.0
    assert brier((0.6, 0.3, 0.1), "contradicted") == pytest.approx(0.36 + 0.49 + 0.01)
    assert outcome_predicted("depends on the rate") == "inconclusive"
    assert {outcome_predicted(name) for name in ("untested", "untested (control)", "untested (too easy here)")} == {None}
    assert probabilities_of({"supported": 1e300, "contradicted": 1e300}) == (0.5, 0.5, 0.0)


@pytest.fixture
def summary(results: list[TrialResult]) -> Summary:
    """A study in which plain-degrades is supported, with the predictions of two people; one claim was predicted by one of them."""
    (study,) = studies_of("depth", load_suite("depth"), results)
    predictions = made_by(
        ana={"plain-degrades": (0.9, 0.1, 0.0), "residual-trains-no-worse-at-56": (0.0, 1.0, 0.0)},
        bo={"plain-degrades": (0.5, 0.25, 0.25)},
    )
    summary = Summary(study=study)
    return replace(summary, predictions=scored(predictions, summary.verdicts))


def test_a_class_has_a_score_each_their_mean_and_that_of_their_mean_prediction(summary: Summary) -> None:
    outcomes = {verdict.claim.id: outcome_predicted(verdict.outcome) for verdict in summary.verdicts}
    assert outcomes["plain-degrades"] == "supported" and outcomes["residual-trains-no-worse-at-56"] == "supported"
    found = summary.predictions
    assert found is not None
    bo, ana = found.people  # the best first
    assert (ana.by, ana.num_scored, ana.score) == ("ana", 2, pytest.approx((0.01 + 0.01 + 2.0) / 2))
    assert (bo.by, bo.num_scored, bo.score) == ("bo", 1, pytest.approx(0.25 + 2 * 0.0625))
    assert found.average == pytest.approx((1.01 + 0.375) / 2)
    assert found.together == pytest.approx((0.3**2 + 0.175**2 + 0.125**2 + 2.0) / 2)
    assert found.uninformed == pytest.approx(2 / 3)
    first = next(row for row in found.rows if row.claim == "plain-degrades")
    assert first.given == pytest.approx(0.7) and first.score == pytest.approx((0.02 + 0.375) / 2)
    assert in_words(found).startswith("Predictions of 2 people: mean Brier score 0.69, ") and in_words(found).endswith(
        "Best: bo, 0.38."
    )


def test_untested_claims_count_for_nobody(summary: Summary) -> None:
    study = summary.study
    few = replace(study, results=tuple(result for result in study.results if result.trial.seed < 2))
    found = scored(made_by(ana={"plain-degrades": (1.0, 0.0, 0.0)}), verdicts_of(few, ()))
    assert found is not None and found.average is None and found.together is None and not found.scores
    assert in_words(found) == "Predictions: no claim that was predicted is tested yet."
    assert scored(None, summary.verdicts) is None


@pytest.mark.usefixtures("no_figures")
def test_predictions_stand_beside_verdicts_on_the_page_in_json_and_on_the_terminal(
    summary: Summary, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = Out(tmp_path)
    page = write_report(out, summary).page
    for name, bold in (("index.html", "<b>70%</b>"), ("summary.md", "| 70% |")):
        text = page.with_name(name).read_text()
        assert "Predictions before the run" in text and bold in text and "2026-01-02 03:04" in text
    values = json.loads(page.with_name("predictions-scored.json").read_text())
    assert [one["by"] for one in values["people"]] == ["bo", "ana"] and values["uninformed"] == pytest.approx(2 / 3)
    assert values["claims"][0]["predictions"] == {"ana": [0.9, 0.1, 0.0], "bo": [0.5, 0.25, 0.25]}
    print_summary(summary, page)
    line = next(line for line in capsys.readouterr().out.splitlines() if "predicted 70%" in line)
    assert "supported" in line and line.endswith("A plain network of 56 layers has higher training error than one of 20 layers.")
    write_report(out, replace(summary, predictions=None))
    assert "Predictions before" not in page.read_text() and not page.with_name("predictions-scored.json").exists()
