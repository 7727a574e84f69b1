"""Every run plans two controls of its suite's reference arm, after the arms of each seed, and shows them as what they are."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from benchmarks import run
from benchmarks.cli.flags import Request
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.progress import Display
from benchmarks.cli.request import resolve
from benchmarks.executors.carry_out import carry_out
from benchmarks.executors.events import Event, Finished, Job, WorkItem
from benchmarks.spec.claims import Claim
from benchmarks.spec.images import Images
from benchmarks.spec.rates import arms_at_every_rate
from benchmarks.spec.suite import load_suite, probes_of, suite_names
from benchmarks.spec.trial import CONTROLS, Arm, Trial
from benchmarks.store.environment import Checkout
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

app = typer.Typer()
app.command()(run.main)


def planned(suite: str = "depth", **changes: object) -> StudyPlan:
    _, (study,) = resolve(Request(suite=suite, device="cpu", out=Path("nowhere"), **changes))  # type: ignore[arg-type]
    assert isinstance(study, StudyPlan)
    return study


def described(trial: Trial) -> tuple[int, float, Arm, str]:
    return trial.seed, trial.recipe.learning_rate, trial.arm, trial.control


def test_both_controls_of_the_reference_follow_the_arms_of_their_seed_at_the_recipes_rate() -> None:
    study = planned(seeds="2")
    arms, reference = list(study.suite.arms.values()), study.suite.arms["resnet20"]
    compared = arms_at_every_rate(study.suite, "digits") & set(arms)
    per_seed = len(study.trials) // 2
    for seed in range(2):
        trials = study.trials[seed * per_seed : (seed + 1) * per_seed]
        assert {trial.seed for trial in trials} == {seed}
        *others, twin, half_wrong = map(described, trials)
        assert [control for *_, control in others] == [""] * (len(arms) + 2 * len(compared))
        assert [twin, half_wrong] == [(seed, 0.1, reference, "twin"), (seed, 0.1, reference, "half-wrong")]
    splits = [(trial.seed, trial.split) for trial in planned(seeds="2", dataset="digits-splits").trials]
    assert len(set(splits)) == 2  # controls share the split of their seed


def test_controls_run_after_the_arms_of_their_seed_at_every_rate(out: Out) -> None:
    study = planned(seeds="2")
    begun: list[Trial] = []

    def execute(items: Iterator[WorkItem | None], job: Job) -> Iterator[Event]:
        begun.extend(item.trial for item in takewhile(lambda item: item is not None, items) if item)  # none is left
        yield from ()

    carry_out(
        study.trials,
        Job(images=study.images, device="cpu", checkout=Checkout(commit=None, is_dirty=None)),
        out,
        execute,
        lambda event: None,
    )
    assert set(begun) == set(study.trials)
    places = [(trial.seed, bool(trial.control)) for trial in begun]
    assert places == sorted(places)
    arms = [trial for trial in begun if not trial.control and trial.seed == 0]
    rates = [trial.recipe.learning_rate for trial in arms]
    assert rates == sorted(rates, reverse=True) and arms[0].architecture.depth == 56


def test_controls_change_no_other_trial() -> None:
    study = planned(seeds="2")
    without = replace(load_suite("depth"), reference="")
    arms_only = [trial for trial in study.trials if not trial.control]
    assert len({trial.key for trial in study.trials}) == len(study.trials) == len(arms_only) + 4
    assert without.arms == study.suite.arms and all("control" not in trial.name for trial in arms_only)


def test_a_run_without_the_reference_arm_has_no_controls() -> None:
    assert not any(trial.control for trial in planned(arms=("plain*",), seeds="1").trials)
    assert sum(bool(trial.control) for trial in planned(arms=("resnet20", "plain20"), seeds="3").trials) == 6
    assert not any(trial.control for trial in planned("shortcut", arms=("*110*",), seeds="1").trials)


@pytest.mark.parametrize("name", suite_names())
def test_every_suite_names_the_reference_that_its_claims_compare_with(name: str) -> None:
    suite = load_suite(name)
    evidence: list[Claim] = [claim for claim in suite.claims if claim.kind == "evidence"]
    if not evidence:  # what holds by construction needs no control
        assert suite.reference == ""
        return
    assert suite.reference in suite.arms and suite.arms[suite.reference].train_fraction == 1
    assert any(suite.reference in claim.test.contrast for claim in evidence)
    kept = suite.with_optional([arm for label, arm in suite.optional.items()])
    assert kept.reference in ("", suite.reference)


@pytest.mark.parametrize("name", suite_names())
def test_a_run_of_optional_arms_only_keeps_what_is_about_them(name: str) -> None:
    """A retired claim about them may have been replaced by one about others, and a probe may be of others only."""
    suite = load_suite(name)
    kept = suite.with_optional(suite.optional.values()) if suite.optional else suite
    arms = suite.optional or suite.arms
    assert kept.arms.keys() == arms.keys() and all(claim.test.contrast.keys() <= arms.keys() for claim in kept.claims)
    assert kept.retired == tuple(claim for claim in suite.retired if claim.test.contrast.keys() <= arms.keys())
    assert {arm for use in kept.probes for arm in use.arms} == {arm for use in suite.probes for arm in use.arms} & arms.keys()


def test_a_reference_that_is_no_arm_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown reference arm 'resnet21'; did you mean"):
        replace(load_suite("depth"), reference="resnet21")


def test_a_dry_run_lists_controls_apart(tmp_path: Path) -> None:
    asked = [
        "--suite",
        "depth",
        "--arms",
        "*20",
        "--seeds",
        "3",
        "--rates",
        "recipe",
        "--dry-run",
        "--out",
        str(tmp_path / "out"),
    ]
    (plan,) = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    assert {row["arm"]: row["trials"] for row in plan["arms"]} == {
        "plain20": 3,
        "resnet20": 3,
        "resnet20, twin (control)": 3,
        "resnet20, half-wrong (control)": 3,
    }
    assert plan["trials"] == 12
    shown = CliRunner().invoke(app, asked, env={"COLUMNS": "160"}).stdout
    assert "resnet20, twin (control)" in shown and "12 trials, 0 of them done" in shown


def test_progress_says_that_a_trial_is_a_control(tiny: Images, make_result: Callable[..., TrialResult]) -> None:
    result = make_result("resnet20", 0, train=1.0, test=2.5)
    text = io.StringIO()
    trials = [replace(result.trial, control=control) for control in CONTROLS]
    with Display(2, trials, len(tiny.train.labels_N), Console(file=text, width=200)) as shown:
        for trial in trials:
            shown.show(Finished(result=replace(result, trial=trial)))
    assert text.getvalue().splitlines() == [
        f"{number}/2 resnet20, {control} (control) seed 0: training error 1.00%, test error 2.50%, 1.1 s"
        for number, control in enumerate(CONTROLS, start=1)
    ]


def test_controls_are_not_probed() -> None:
    study = planned("function_class", seeds="1", rates="recipe")
    probed = {trial for trial, _ in probes_of(study.suite, study.trials)}
    assert probed == {trial for trial in study.trials if not trial.control} and len(probed) == len(study.trials) - 2
