"""The answer of a suite is one sentence with its numbers, which follow from the verdict of its main claim, whatever the outcome."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.inference.answer import answer_of, is_yes_or_no
from analysis.inference.effects import Evidence
from analysis.inference.rates import judge_at_rates
from analysis.inference.verdicts import judge
from analysis.report import make_reports
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Less
from benchmarks.spec.suite import Suite, arms, load_suite, suite_names
from benchmarks.spec.survey import load_survey, survey_names
from benchmarks.store.trials import TrialResult

CLAIM = Claim("At 56 layers plain is worse.", Less(smaller="resnet56", larger="plain56"), margin=1.0, id="worse")
QUESTION = "Does depth hurt?"
Write = Callable[[Path, list[TrialResult]], Path]


def evidence(*differences: float) -> Evidence:
    by_seed = dict(enumerate(differences))
    return Evidence(
        effects=by_seed,
        values={"plain56": {seed: 4.0 + value for seed, value in by_seed.items()}, "resnet56": dict.fromkeys(by_seed, 4.0)},
    )


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ((60.0, 61.0, 62.0), "Yes: at 56 layers test error is 65% for the plain network and 4.0% for the residual one."),
        ((-9.0, -8.9, -9.1), "No: at 56 layers test error is 5.0 points"),
        (
            (0.0, 2.0, 4.0),
            "Inconclusive: at 56 layers test error is 6.0% for the plain network and 4.0% for the residual one; from 3 seeds the difference may be "
            "anything between 2.97 lower and 6.97 higher, and the claim asks for more than 1 point.",
        ),
        ((60.0,), "Untested (1 complete seed; a verdict needs 3): at 56 layers plain is worse."),
    ],
)
def test_each_outcome_has_its_sentence(differences: tuple[float, ...], expected: str) -> None:
    (verdict,) = judge([CLAIM], {"worse": evidence(*differences)})
    assert answer_of(QUESTION, verdict).startswith(expected.partition(" 5.0 points")[0])
    assert answer_of("Why is it so?", verdict).split(":")[0].split(" (")[0] in (
        "Supported",
        "Contradicted",
        "Inconclusive",
        "Untested",
    )


def test_an_answer_at_several_rates_names_the_one_of_its_values() -> None:
    found = {0.1: {"worse": evidence(60.0, 60.1, 59.9)}, 0.05: {"worse": evidence(9.0, 9.1, 8.9)}}
    (verdict,) = judge_at_rates([CLAIM], found)
    assert answer_of(QUESTION, verdict) == (
        "Yes at both learning rates: at 56 layers test error is 13% for the plain network and 4.0% for the residual one (at 0.05, "
        "where the claim is weakest)."
    )


def test_an_answer_that_depends_on_the_rate_says_on_which() -> None:
    found = {0.1: {"worse": evidence(9.0, 9.1, 8.9)}, 0.05: {"worse": evidence(-9.0, -9.1, -8.9)}}
    (verdict,) = judge_at_rates([CLAIM], found)
    assert answer_of(QUESTION, verdict) == (
        "It depends on the learning rate: at 56 layers plain is worse: at 0.1 supported (9.00 points higher test error), "
        "at 0.05 contradicted (9.00 points lower test error)."
    )


def test_every_suite_and_survey_names_one_of_its_claims() -> None:
    for suite in (*map(load_suite, suite_names()), *map(load_survey, survey_names())):
        assert suite.main in {claim.id for claim in suite.claims}
    assert Suite(question="?", arms=arms("resnet56", "plain56"), claims=(CLAIM,)).main == "worse"
    with pytest.raises(ValueError, match="unknown main claim 'wors'"):
        Suite(question="?", arms=arms("resnet56", "plain56"), claims=(CLAIM,), main="wors")
    assert is_yes_or_no("At equal cost, are groups better?") and not is_yes_or_no("What do networks cost?")


@pytest.mark.usefixtures("no_figures")
def test_the_answer_changes_with_the_records_and_is_in_every_file(
    write: Write, make_result: Callable[..., TrialResult], tmp_path: Path
) -> None:
    answers = []
    for plain in (60.0, 70.0):
        made = [
            make_result(arm, seed, train=error, test=error + 0.1 * seed)
            for arm, error in (("plain56", plain), ("resnet56", 4.0))
            for seed in range(5)
        ]
        (page,) = make_reports(write(tmp_path / f"{plain:g}", made), "depth")
        rows: list[dict[str, Any]] = json.loads(page.with_name("verdicts.json").read_text())
        (main,) = [row for row in rows if row["is_main"]]
        answer = f"Yes: at 56 layers test error is {main['means']['plain56']:.0f}% (none of 5 runs trains) for the plain network"
        assert answer in page.read_text() and answer in page.with_name("summary.md").read_text()
        answers.append(answer)
    assert answers[0] != answers[1]
