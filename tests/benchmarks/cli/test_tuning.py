"""`--tune` from the command to the page: tuning runs, the choice, each arm at its own rate, and a verdict apart from the headline."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from analysis.pages.reports import Reports
from analysis.report import make_reports
from benchmarks.cli.flags import Request
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.request import resolve
from benchmarks.cli.tuning import choices_in_words, possible_trials, with_chosen_rates
from benchmarks.executors.events import Attempt, Finished, Job
from benchmarks.executors.worker import Workplace
from benchmarks.run import main
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import arms
from benchmarks.spec.tuning import SEEDS, grid, tuning_trials
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult
from benchmarks.store.tuning import arm_tuning, is_tuning_result

Add = Callable[[str, str, str], None]
APP = typer.Typer()
APP.command()(main)
SUITE = """
from benchmarks import Claim, Less, Suite, arms

SUITE = Suite(
    question="does width help?",
    arms=arms("mlp_1x4", "mlp_1x32", "mlp_1x8"),
    claims=(
        Claim(
            id="wide-is-better",
            statement="Wide is better.",
            source="mine",
            metric="test_error_pct",
            test=Less(smaller="mlp_1x32", larger="mlp_1x4"),
            margin=1.0,
        ),
    ),
    dataset="digits",
    recipe="quick",
    num_seeds=3,
    figures=("error_by_arm",),
)
"""
ASKED = ["--suite", "mine", "--set", "epochs=1", "--set", "batch_size=256", "--device", "cpu", "--jobs", "1"]


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(APP, [*ASKED, *map(str, arguments)], env={"COLUMNS": "200", "TERM": "dumb"})
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.slow
def test_from_the_command_to_a_verdict_apart(add: Add, tmp_path: Path) -> None:
    add("benchmarks.suites", "mine", SUITE)
    code, plain, _ = run("--out", tmp_path / "plain", "--json")
    assert code == 0
    out = tmp_path / "tuned"
    code, printed, progress = run("--out", out, "--tune")
    assert code == 0, progress
    results = Out(out).read().results
    tuning = [result for result in results if is_tuning_result(result)]
    chosen = {
        label: arm_tuning([result for result in tuning if result.trial.arm == arm], 0.1).chosen
        for label, arm in arms("mlp_1x4", "mlp_1x32").items()
    }
    assert Counter(result.trial.arm.label for result in tuning) == dict.fromkeys(chosen, 15)
    assert (
        f"mine: best learning rates on held-out images: mlp_1x4 {chosen['mlp_1x4']:g}, mlp_1x32 {chosen['mlp_1x32']:g}"
        in progress
    )
    assert f"Each at its own best rate, in none of the totals above: mlp_1x4 {chosen['mlp_1x4']:g}," in printed

    judged = [result.trial for result in results if result not in tuning]
    assert {trial.seed for trial in judged} == {0, 1, 2}
    extra = [trial for trial in judged if trial.recipe.learning_rate not in (0.1, 0.05, 0.025)]
    assert {(trial.arm.label, trial.recipe.learning_rate) for trial in extra} == {
        (label, rate) for label, rate in chosen.items() if rate in (0.2, 0.0125)
    }
    (row,) = json.loads(next(out.glob("mine/*/verdicts.json")).read_text())
    found = row.pop("tuned")
    assert found["rates"] == chosen and found["effect"]["n"] == 3 and found["outcome"] != "untested"
    errors = {
        (result.trial.arm.label, result.trial.recipe.learning_rate, result.trial.seed): result.final.test_error_pct
        for result in results
        if result not in tuning and result.final
    }
    by_hand = [errors["mlp_1x4", chosen["mlp_1x4"], seed] - errors["mlp_1x32", chosen["mlp_1x32"], seed] for seed in range(3)]
    assert found["effect"]["value"] == pytest.approx(np.mean(by_hand))

    (untuned,) = json.loads(plain)[0]["verdicts"]
    assert untuned.pop("tuned") is None and untuned == row  # the headline is that of a run without tuning
    (before,), (after,) = (Reports(Out(folder).read()).pages["mine"] for folder in (tmp_path / "plain", out))
    assert after.frame.drop(columns=["train_seconds", "eval_seconds"]).equals(
        before.frame.drop(columns=["train_seconds", "eval_seconds"])
    )
    assert [group.outcomes for group in after.groups] == [group.outcomes for group in before.groups]
    assert before.tuned is None and after.run_sets == before.run_sets
    page = next(out.glob("mine/*/index.html")).read_text()
    assert page.count("<h2>Each at its own best rate</h2>") == 1 and ">at 0.0125</th>" in page

    text = page, next(out.glob("mine/*/summary.md")).read_text()
    (again,) = make_reports(out, "mine")  # from the records alone
    assert (again.read_text(), again.with_name("summary.md").read_text()) == text
    paths = {path: path.stat().st_mtime_ns for path in (out / "trials").glob("*.json")}
    code, second, progress = run("--out", out, "--tune")
    assert code == 0 and {path: path.stat().st_mtime_ns for path in (out / "trials").glob("*.json")} == paths
    assert second == printed and "mine: 30 of 30 trials were done before" in progress


def test_the_plan_tells_of_the_tuning_runs_and_their_time(add: Add, tmp_path: Path) -> None:
    add("benchmarks.suites", "mine", SUITE)
    code, printed, _ = run("--tune", "--dry-run", "--out", tmp_path / "out")
    assert code == 0 and "21 trials, 0 of them done" in printed
    assert "Before: 30 tuning runs, 0 of them done; the rest takes about 0:00:0" in printed
    assert "After: at most 6 more trials at the chosen rates, about 0:00:0" in printed
    _, printed, _ = run("--tune", "--dry-run", "--json", "--out", tmp_path / "out")
    (plan,) = json.loads(printed)
    assert (plan["tuning"]["trials"], plan["tuning"]["done"], plan["tuning"]["more_trials"]) == (30, 0, 6)
    _, printed, _ = run("--tune", "--dry-run", "--json", "--rates", "0.2,0.1,0.05,0.025,0.0125", "--out", tmp_path / "out")
    assert json.loads(printed)[0]["tuning"]["more_trials"] == 0  # the study has every rate
    _, printed, _ = run("--dry-run", "--out", tmp_path / "out")
    assert "tuning" not in printed


def test_permuting_the_test_labels_changes_no_choice(tiny: Images, job: Job, as_a_worker: None) -> None:
    permuted = replace(tiny, test=replace(tiny.test, labels_N=np.random.default_rng(1).permutation(tiny.test.labels_N)))
    recipe = Recipe(epochs=1, batch_size=16)
    chosen: list[list[object]] = []
    for images in (tiny, permuted):
        results: dict[object, list[TrialResult]] = {}
        for trial in tuning_trials(arms("mlp_1x4", "resnet8:width=2").values(), images, recipe):
            *_, last = Workplace(replace(job, images=images)).work(Attempt(trial=trial), replace(job, images=images))
            assert isinstance(last, Finished) and last.result.has_result and is_tuning_result(last.result)
            results.setdefault(trial.arm, []).append(last.result)
        chosen.append([arm_tuning(found, recipe.learning_rate) for found in results.values()])
    assert chosen[0] == chosen[1] and all(len(tuning.rates) == len(grid(0.1)) for tuning in chosen[0])  # type: ignore[attr-defined]
    assert len(SEEDS) == 3 and tiny.identity() != permuted.identity()


@pytest.mark.slow
def test_probes_run_on_the_networks_at_chosen_rates_and_on_no_tuning_run(add: Add, tmp_path: Path) -> None:
    """Both networks are best at a rate that the suite does not have, as after one epoch the largest rate is."""
    changes = {
        "import Claim, Less": "import Claim, Less, ProbeUse",
        "test_error_pct": "response_deviation",
        "margin=1.0": "margin=0.01",
        'figures=("error_by_arm",)': 'figures=("error_by_arm",), probes=(ProbeUse(probe="responses"),)',
        '"mlp_1x4", "mlp_1x32", "mlp_1x8"': '"plain8:width=2", "resnet8:width=2"',
        'smaller="mlp_1x32", larger="mlp_1x4"': 'smaller="resnet8:width=2", larger="plain8:width=2"',
    }
    text = SUITE
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    add("benchmarks.suites", "mine", text)
    code, _, progress = run("--out", tmp_path, "--tune", "--rates", "recipe")
    assert code == 0, progress
    records = Out(tmp_path).read()
    assert not any(result.trial.holdout for result in records.probes)
    assert not [path for path in (tmp_path / "trials").glob("*holdout*") if path.suffix != ".json"]
    (row,) = json.loads(next(tmp_path.glob("mine/*/verdicts.json")).read_text())
    assert len(set(row["tuned"]["rates"].values()) - {0.1}) > 0 and row["tuned"]["effect"]["n"] == 3
    values = {
        (result.trial.arm.label, result.trial.recipe.learning_rate, result.trial.seed): result.findings.values[
            "response_deviation"
        ]
        for result in records.probes
    }
    rates = row["tuned"]["rates"]
    by_hand = [
        (values["plain8:width=2", rates["plain8:width=2"], seed] or 0)
        - (values["resnet8:width=2", rates["resnet8:width=2"], seed] or 0)
        for seed in range(3)
    ]
    assert row["tuned"]["effect"]["value"] == pytest.approx(np.mean(by_hand))
    assert [one["rate"] for one in row["by_rate"]] == [0.1]


def test_an_arm_whose_tuning_runs_lack_results_is_named_and_gets_no_rate(
    add: Add, tmp_path: Path, make_result: Callable[..., TrialResult]
) -> None:
    add("benchmarks.suites", "mine", SUITE)
    _, (study,) = resolve(Request(suite="mine", device="cpu", is_tuned=True, out=Path("nowhere")))
    assert isinstance(study, StudyPlan)
    out = Out(tmp_path)
    out.prepare()
    first, second = (study.suite.arms[label] for label in ("mlp_1x4", "mlp_1x32"))
    for trial in study.tuning:
        if trial.arm == first or trial.seed < SEEDS[-1]:
            error = 10.0 if trial.recipe.learning_rate == 0.05 else 20.0
            out.trials.write(replace(make_result("mlp_1x4", 0, test=error, data=study.images.facts.of_trial(trial)), trial=trial))
    assert list(choices_in_words(study, out)) == [
        "mine: best learning rates on held-out images: mlp_1x4 0.05",
        "mine: no rate chosen for mlp_1x32: 10 of 15 tuning runs have a result",
    ]
    assert with_chosen_rates(study, out).trials == study.trials  # half of the recipe's rate is one of the suite's
    (only,) = resolve(Request(suite="mine", device="cpu", is_tuned=True, rates="recipe", out=Path("nowhere")))[1]
    assert isinstance(only, StudyPlan)
    added = with_chosen_rates(only, out).trials[len(only.trials) :]
    assert [(trial.arm, trial.recipe.learning_rate, trial.seed) for trial in added] == [(first, 0.05, seed) for seed in range(3)]
    assert {trial.arm for trial in possible_trials(only)} == {*study.suite.arms.values()} and second != first
