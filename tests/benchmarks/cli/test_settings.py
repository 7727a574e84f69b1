"""A suite whose question is the recipe, from the command line to its page: made-up records in place of training."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from analysis.pages.drawing import Drawings
from analysis.pages.inventory import inventory
from analysis.pages.reports import Reports
from benchmarks import run
from benchmarks.cli.flags import Request
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.request import resolve
from benchmarks.spec.trial import HALF_WRONG
from benchmarks.store.out import Out
from benchmarks.store.trials import Final, TrialResult

APP = typer.Typer(add_completion=False)
APP.command()(run.main)
SUITE = """
from benchmarks import Claim, Less, Suite, arms, arms_with

SUITE = Suite(
    question="Does another recipe help?",
    arms={**arms("mlp_1x4", "mlp_1x8"), **arms_with("length=x3", "mlp_1x4", "mlp_1x8"), **arms_with("learning_rate=x0.1", "mlp_1x4")},
    claims=(
        Claim("Longer, the wide one is better.", Less(smaller="mlp_1x8 (length=x3)", larger="mlp_1x4 (length=x3)"), margin=1.0),
        Claim("Slower is better.", Less(smaller="mlp_1x4 (learning_rate=x0.1)", larger="mlp_1x4"), margin=1.0),
    ),
    looks=(3, 5),
    rates=(1.0,),
    reference="mlp_1x8 (length=x3)",
)
"""
ARMS = {
    "mlp_1x4": 19.0,
    "mlp_1x8": 10.0,
    "mlp_1x4 (length=x3)": 15.0,
    "mlp_1x8 (length=x3)": 5.0,
    "mlp_1x4 (learning_rate=x0.1)": 8.0,
}
Add = Callable[[str, str, str], None]


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch, make_result: Callable[..., TrialResult], add: Add) -> Counter[str]:
    """Number of trials by name that were trained, in made-up records: each arm has the error of `ARMS`, which differs a little by seed."""
    add("benchmarks.suites", "mine", SUITE)
    counted: Counter[str] = Counter()

    def carry_out(study: StudyPlan, context: object, out: Out, console: object, **_: object) -> None:
        for trial in study.trials:
            if not out.with_result([trial]):
                error = ARMS[study.arm_of(trial).label] + 0.1 * (trial.seed % 3) + 60 * (trial.control == HALF_WRONG)
                final = Final(train_loss=0.1, train_error_pct=error, test_loss=0.1, test_error_pct=error)
                facts = study.images.facts.of_trial(trial)
                out.trials.write(
                    replace(make_result("mlp_1x4", 0), trial=trial, data=facts, final=final, finished_at="2126-01-01T00:00:00Z")
                )
                counted[study.name_of(trial)] += 1

    monkeypatch.setattr("benchmarks.cli.execute.train_and_probe", carry_out)
    monkeypatch.setattr("analysis.report.draw_all", lambda *_: Drawings(figures=(), left_out=()))
    monkeypatch.setattr("benchmarks.cli.answer.load_figures", lambda asked: None)
    return counted


def asked(out: Path, *flags: str) -> tuple[int, str, str]:
    command = ["--suite", "mine", "--device", "cpu", "--out", str(out), *flags]
    done = CliRunner().invoke(APP, command, env={"COLUMNS": "200", "TERM": "dumb"})
    return done.exit_code, done.stdout, done.stderr


def test_from_the_command_to_verdicts_and_again_without_training(trained: Counter[str], tmp_path: Path) -> None:
    code, printed, said = asked(tmp_path, "--json")
    assert code == 0, said
    controls = {"mlp_1x8 (length=x3), twin (control)": 3, "mlp_1x8 (length=x3), half-wrong (control)": 3}
    assert trained == dict.fromkeys(ARMS, 3) | controls
    (answer,) = json.loads(printed)
    assert [(row["outcome"], row["effect"]["value"]) for row in answer["verdicts"]] == [
        ("supported", pytest.approx(10.0)),
        ("supported", pytest.approx(11.0)),
    ]
    page = Path(answer["report"]).read_text()
    assert (
        all(label in page for label in ARMS)
        and "differ in architecture and in the settings of the recipe that their names show" in page
    )
    plan = json.loads((tmp_path / "mine" / "digits-splits-quick" / "plan.json").read_text())
    assert plan["settings"]["mlp_1x4 (length=x3)"] == ["length=x3"] and len(plan["settings"]) == 3
    assert asked(tmp_path, "--json")[0] == 0 and trained.total() == 21
    (study,) = [study for study in inventory(tmp_path).studies if study.suite == "mine"]
    assert (study.arms, study.rates, study.incomplete, dict(study.trials)) == (tuple(ARMS), (0.1,), (), {"ok": 15})


def test_trials_of_settings_are_no_study_of_their_own_and_none_of_another_suite(trained: Counter[str], tmp_path: Path) -> None:
    assert asked(tmp_path)[0] == 0
    records = Out(tmp_path).read()
    reports = Reports(records)
    assert [study.label for study in reports.studies("mine")] == ["digits-splits-quick"]
    assert {(study.label, *study.by_rate) for name in reports.suites if name != "mine" for study in reports.studies(name)} <= {
        ("digits-splits-quick", 0.1)
    }
    without_plans = Reports(replace(records, plans={}))
    (study,) = without_plans.studies("mine")  # the same, from the arms without settings
    assert (study.label, len(study.results)) == ("digits-splits-quick", 15)


def test_arms_are_chosen_by_their_labels_and_asked_of_alone_they_lead_to_the_same_study(
    trained: Counter[str], tmp_path: Path
) -> None:
    code, printed, _ = asked(tmp_path, "--arms", "mlp_1x4 (length=x3)", "--arms", "*rate*", "--json")
    assert code == 0 and trained == {"mlp_1x4 (length=x3)": 3, "mlp_1x4 (learning_rate=x0.1)": 3}
    assert asked(tmp_path, "--json")[0] == 0
    assert trained.total() == 21 and json.loads(printed)[0]["report"] == json.loads(asked(tmp_path, "--json")[1])[0]["report"]


def test_a_trial_is_shared_with_a_run_of_the_whole_recipe(add: Add, tmp_path: Path) -> None:
    add("benchmarks.suites", "mine", SUITE)

    def trials(*settings: str) -> dict[str, set[str]]:
        _, (study,) = resolve(Request(suite="mine", settings=settings, seeds="3", device="cpu", out=tmp_path))
        assert isinstance(study, StudyPlan)
        keys: dict[str, set[str]] = {}
        for trial in study.trials:
            keys.setdefault(study.name_of(trial), set()).add(trial.key)
        return keys

    quick, long, slow = trials(), trials("epochs=30"), trials("learning_rate=0.01")
    assert quick["mlp_1x4 (length=x3)"] == long["mlp_1x4"] and quick["mlp_1x4 (learning_rate=x0.1)"] == slow["mlp_1x4"]
    assert len(set().union(*quick.values())) == 21


def test_tuning_leaves_out_an_arm_that_sets_its_rate(trained: Counter[str], tmp_path: Path) -> None:
    code, printed, said = asked(tmp_path, "--tune", "--seeds", "3", "--json")
    assert code == 0, said
    (answer,) = json.loads(printed)
    rates = [row["tuned"]["rates"] if row["tuned"] else {} for row in answer["verdicts"]]
    assert rates == [{"mlp_1x4 (length=x3)": 0.0125, "mlp_1x8 (length=x3)": 0.0125}, {"mlp_1x4": 0.0125}]
    assert trained["mlp_1x4 (length=x3)"] == trained["mlp_1x4"] == 6 and trained["mlp_1x4 (learning_rate=x0.1)"] == 3


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (
            ["--rates", "0.1,0.01"],
            "mlp_1x4 (learning_rate=x0.1) and mlp_1x4 are the same trials with recipe quick:learning_rate=0.01",
        ),
        (["--set", "epochs=1", "--set", "length=x3"], "--set length also sets epochs: leave one of them out"),
        (["--set", "learning_rate=xx"], "learning_rate 'xx' must be a factor above 0, as in learning_rate=x3"),
    ],
)
def test_what_cannot_be_told_apart_is_refused_before_anything_is_written(
    add: Add, tmp_path: Path, flags: list[str], words: str
) -> None:
    add("benchmarks.suites", "mine", SUITE)
    code, _, said = asked(tmp_path / "out", *flags)
    assert code == 2 and words in said.replace("\n", " ")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("epochs=abc", "mine.py: epochs 'abc' is not a whole number"),
        (
            "epochs=10",
            "mlp_1x4 and mlp_1x4 (epochs=10) are the same trials with recipe quick, so that the settings of one change nothing",
        ),
        ("epochs=30", "mlp_1x4 (length=x3) and mlp_1x4 (epochs=30) are the same trials with recipe quick:epochs=30"),
    ],
)
def test_a_setting_of_a_suites_file_is_refused_with_the_remedy(add: Add, tmp_path: Path, written: str, words: str) -> None:
    add(
        "benchmarks.suites",
        "mine",
        SUITE.replace('**arms_with("learning', f'**arms_with({written!r}, "mlp_1x4"), **arms_with("learning'),
    )
    code, _, said = asked(tmp_path / "out")
    assert code == 2 and words in said.replace("\n", " ")
    assert not (tmp_path / "out").exists()
