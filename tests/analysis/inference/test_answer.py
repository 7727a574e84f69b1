"""The answer of a suite is one sentence with its numbers, which follow from the verdict of its main claim, whatever the outcome."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.inference.answer import answer_of, is_yes_or_no
from analysis.inference.effect_words import interval_in_words
from analysis.inference.effects import Evidence
from analysis.inference.pair_words import arms_in_words
from analysis.inference.rates import judge_at_rates
from analysis.inference.verdicts import judge
from analysis.report import make_reports
from analysis.tables.arm_words import noun_phrase
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import About, Less
from benchmarks.spec.metrics import METRICS, SHARES
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
    ("metric", "values", "interval"),
    [
        ("test_error_pct", (1.0, 2.0, 12.0), "0.0% and 20%"),
        ("test_error_pct", (70.0, 95.0, 99.0), "49% and 100%"),
        ("harmful_lesion_share", (0.1, 0.2, 0.9), "exactly 0 and 1"),
        ("separation_gain", (1.0, 2.0, 12.0), "10 below zero and 20"),
    ],
)
def test_an_interval_of_a_share_ends_where_shares_end(metric: str, values: tuple[float, ...], interval: str) -> None:
    claim = Claim("It is half.", About(arm="resnet56", target=50.0), margin=100.0, metric=metric, id="half")
    found = Evidence(
        effects={seed: value - 50.0 for seed, value in enumerate(values)}, values={"resnet56": dict(enumerate(values))}
    )
    (verdict,) = judge([claim], {"half": found})
    assert interval_in_words(verdict, " and ") == interval and METRICS.keys() >= SHARES


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


@pytest.mark.parametrize(
    ("first", "second", "place", "words"),
    [
        ("plain56", "resnet56", "at 56 layers", "the plain network/the residual one"),
        ("resnet56", "resnet20", "", "the residual network of 56 layers/that of 20 layers"),
        ("resnet20:norm=none", "resnet20", "at 20 layers", "the residual network without norms/the unmodified one"),
        ("preresnet56", "preresnet56:branch_gain=skipinit", "at 56 layers", "the pre-activation network/that with SkipInit"),
        ("mlp_7x512", "resmlp_7x512", "", "the perceptron with 7 hidden layers of 512 units/the residual one"),
        (
            "plain56 (length=x3)",
            "resnet56 (length=x3)",
            "at 56 layers, trained 3 times as long,",
            "the plain network/the residual one",
        ),
        ("lecture_resnet34", "vgg16_bn", "", "ResNet-34/VGG-16"),
        (
            "resnet29bn:width=32,width_per_group=33",
            "resnext29_32x2d:width=32",
            "at 29 layers and width 32",
            "the bottleneck network with a single path of width 33/that with 32 groups of width 2",
        ),
        (
            "./mine.py:my_net@ab12cd",
            "resnet8 on 25%",
            "",
            "my net (ab12cd)/the residual network of 8 layers on 25% of the images",
        ),
    ],
)
def test_the_arms_of_an_answer_are_named_by_what_distinguishes_them(first: str, second: str, place: str, words: str) -> None:
    assert arms_in_words((first, second)) == (place, dict(zip((first, second), words.split("/"), strict=True)))


def test_no_arm_of_any_suite_is_a_raw_name_in_a_sentence() -> None:
    suites = [load_suite(name) for name in suite_names()]
    names = {name for suite in suites for name in (*suite.arms, *suite.optional)}
    names |= {name for survey in survey_names() for name in load_survey(survey).networks}
    raw = {name for name in names if re.search(r"[_:=]|with with|\d[a-z]?bn\b", noun_phrase(name))}
    assert len(names) > 150 and not raw


def test_a_value_of_one_arm_is_next_to_the_stated_one_which_is_named_once() -> None:
    claim = Claim("About 8%.", About(arm="resnet56", target=8.0), margin=2.0, id="about")
    errors = {0: 9.0, 1: 15.0, 2: 21.0}
    (verdict,) = judge(
        [claim], {"about": Evidence(effects={seed: value - 8.0 for seed, value in errors.items()}, values={"resnet56": errors})}
    )
    answer = answer_of(QUESTION, verdict)
    assert answer.startswith(
        "Inconclusive: test error of the residual network of 56 layers is 15%, where 8.0% is stated; from 3 seeds "
    )
    assert answer.count("8.0%") == 1 and "asks" not in answer


def test_an_identity_that_holds_to_rounding_is_within_its_margin() -> None:
    claim = Claim("It is 0.", About(arm="resnet56", target=0.0), margin=1e-6, id="zero", metric="forms_change", is_identity=True)
    (verdict,) = judge(
        [claim], {"zero": Evidence(effects=dict.fromkeys(range(3), 3e-16), values={"resnet56": dict.fromkeys(range(3), 3e-16)})}
    )
    assert answer_of("Which?", verdict) == "Supported: it is 0 (3e\u221216 in 3 networks, within 1e\u221206 of the claimed 0)."
