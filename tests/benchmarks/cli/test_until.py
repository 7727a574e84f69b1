"""Runs until the claims are decided: only the arms of open claims go on, and a claim that the last look would hardly decide is dropped."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from analysis.inference.stopping import next_looks
from analysis.inference.verdicts import Verdict
from analysis.inference.wording import in_words
from analysis.pages.drawing import Drawings
from analysis.pages.reports import Reports
from analysis.tables.frames import missing_trials
from benchmarks import run
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.until import train_until_decided
from benchmarks.spec.trial import HALF_WRONG, Trial
from benchmarks.store.out import Out
from benchmarks.store.trials import Final, TrialResult

APP = typer.Typer(add_completion=False)
APP.command()(run.main)
ARMS = ("plain20", "plain56", "resnet20", "resnet56")
# the claims of depth about these arms, of which one is that two networks are equal, so that it stays open until the interval is narrow
POSED = """
from dataclasses import replace

from benchmarks import Claim, Equal
from benchmarks.suites.depth import SUITE as DEPTH

KEPT = ("plain-degrades", "gap-grows-with-depth", "residual-tests-better")
EQUAL = Claim(
    id="equal-at-56",
    statement="A residual network of 56 layers has the same training error as one of 20 layers.",
    source="made for tests",
    metric="train_error_pct",
    test=Equal(reference="resnet20", other="resnet56"),
    margin=1.0,
)
SUITE = replace(DEPTH, main="", claims=(*(claim for claim in DEPTH.claims if claim.id in KEPT), EQUAL), optional_claims=(), retired=())
"""
RATES = (0.1, 0.05, 0.025)
OPEN = (0.1, -0.1, 0.05, -0.05, 0.0)  # times 10 decided at the second look, times 15 at the third, times 25 never


@pytest.fixture
def training(
    monkeypatch: pytest.MonkeyPatch, make_result: Callable[..., TrialResult], add: Callable[[str, str, str], None]
) -> dict[str, Any]:
    """A suite `posed`, and records instead of training: plain56 fails, and resnet56 differs from resnet20 by the `effects` of the seeds, in turn."""
    add("benchmarks.suites", "posed", POSED)
    made: dict[str, Any] = {"effects": OPEN, "trained": [], "limit": None}

    def carry_out(study: StudyPlan, context: object, out: Out, console: object) -> None:
        for trial in study.trials:
            if out.with_result([trial]):
                continue
            if made["limit"] is not None and len(made["trained"]) >= made["limit"]:
                raise KeyboardInterrupt
            label = trial.arm.label
            error = {"plain56": 19.0, "resnet56": 10.0 + made["effects"][trial.seed % 5]}.get(label, 10.0)
            error = error if trial.recipe.learning_rate == RATES[0] or label != "resnet56" else 10.0 + (error - 10.0) / 2
            error = 60.0 if trial.control == HALF_WRONG else error
            final = Final(train_loss=0.1, train_error_pct=error, test_loss=0.1, test_error_pct=error)
            out.trials.write(replace(make_result("plain8", 0), trial=trial, data=study.images.facts, final=final))
            made["trained"].append(trial)

    monkeypatch.setattr("benchmarks.cli.execute.train_and_probe", carry_out)
    monkeypatch.setattr("analysis.report.draw_all", lambda *_: Drawings(figures=(), left_out=()))
    monkeypatch.setattr("benchmarks.cli.answer.load_figures", lambda asked: None)
    return made


def answered(out: Path, *flags: str) -> tuple[int, str]:
    arms = [flag for arm in ARMS for flag in ("--arms", arm)]
    asked = ["--suite", "posed", *arms, "--device", "cpu", "--out", str(out), "--json", *flags]
    done = CliRunner().invoke(APP, asked, env={"COLUMNS": "200", "TERM": "dumb"})
    return done.exit_code, done.stderr


def verdicts(out: Path) -> dict[str, Verdict]:
    (study,) = Reports(Out(out).read()).studies("posed")
    return {verdict.claim.id: verdict for verdict in Reports(Out(out).read()).page(study).verdicts}


def seeds(trained: list[Trial]) -> dict[tuple[str, float], int]:
    """Number of trials by arm and rate."""
    return {
        (arm, rate): sum(trial.arm.label == arm and trial.recipe.learning_rate == rate and not trial.control for trial in trained)
        for arm in ARMS
        for rate in RATES
    }


@pytest.mark.parametrize(("scale", "number"), [(5.0, 5), (10.0, 10), (15.0, 20)])
def test_only_the_arms_of_open_claims_go_on_at_all_their_rates_to_the_look_that_decides(
    training: dict[str, Any], tmp_path: Path, scale: float, number: int
) -> None:
    training["effects"] = tuple(scale * effect for effect in OPEN)
    code, said = answered(tmp_path, "--until", "decided")
    assert code == 0, said
    expected = {arm: number if arm.startswith("resnet") else 5 for arm in ARMS}
    assert seeds(training["trained"]) == {(arm, rate): expected[arm] for arm in ARMS for rate in RATES}
    found = verdicts(tmp_path)
    assert {verdict.outcome for verdict in found.values()} == {"supported"}
    assert next_looks(found.values()) == {}
    records = Out(tmp_path).read()
    page = Reports(records).page_of("posed", *records.plans.values())
    assert page is not None and not {arm for arm, _ in missing_trials(page.study)} & set(ARMS)  # an arm at a look lacks no seed


def test_a_hopeless_claim_is_dropped_and_keeps_its_p(training: dict[str, Any], tmp_path: Path) -> None:
    training["effects"] = tuple(25 * effect for effect in OPEN)
    assert answered(tmp_path, "--until", "decided")[0] == 0
    assert set(seeds(training["trained"]).values()) == {5}
    found = verdicts(tmp_path)["equal-at-56"]
    assert (found.outcome, found.stopped_at) == ("inconclusive", 1)
    assert in_words(found).startswith("Inconclusive (stopped at look 1): ") and "look 1 of 3" in in_words(found)
    before = found.p
    assert answered(tmp_path, "--seeds", "10")[0] == 0  # a user who goes on is judged at the next look
    again = verdicts(tmp_path)["equal-at-56"]
    assert again.look is not None and again.look.number == 2 and again.p is not None and before is not None and again.p <= before
    (folder,) = tmp_path.glob("posed/*")
    row = next(row for row in json.loads((folder / "verdicts.json").read_text()) if row["claim"] == "equal-at-56")
    assert row["look"] == {"number": 2, "of": 3, "seeds": 10, "is_dropped": again.stopped_at is not None}


@pytest.mark.slow
def test_an_interrupted_run_goes_on_as_if_it_had_not_been(training: dict[str, Any], tmp_path: Path) -> None:
    training["effects"] = tuple(15.0 * effect for effect in OPEN)
    assert answered(tmp_path / "whole", "--until", "decided")[0] == 0
    whole = set(training["trained"])
    for limit in (7, 61, 90):
        training["trained"], training["limit"] = [], limit
        assert answered(tmp_path / f"parts-{limit}", "--until", "decided")[0] == 130
        training["limit"] = None
        assert answered(tmp_path / f"parts-{limit}", "--until", "decided")[0] == 0
        assert set(training["trained"]) == whole and len(training["trained"]) == len(whole)


def test_no_seed_of_a_later_look_begins_after_the_hours(training: dict[str, Any], tmp_path: Path) -> None:
    training["effects"] = tuple(10.0 * effect for effect in OPEN)
    code, said = answered(tmp_path, "--until", "decided", "--hours", "0")
    assert code == 0 and "the hours are over; run the same command to continue" in said
    assert set(seeds(training["trained"]).values()) == {5}
    assert verdicts(tmp_path)["equal-at-56"].outcome == "inconclusive"
    assert answered(tmp_path, "--until", "decided", "--hours", "1")[0] == 0
    assert seeds(training["trained"])["resnet56", 0.025] == 10


def test_a_claim_at_a_look_at_which_an_arm_is_short_is_judged_at_the_one_before(training: dict[str, Any], tmp_path: Path) -> None:
    training["effects"] = tuple(10.0 * effect for effect in OPEN)
    training["limit"] = 60 + 25  # one arm lacks a seed
    assert answered(tmp_path, "--until", "decided")[0] == 130
    found = verdicts(tmp_path)["equal-at-56"]
    assert found.outcome == "inconclusive" and {len(one.looks) for one in found.by_rate.values()} == {1}
    assert next_looks([found]) == {"equal-at-56": 10}


def test_trials_that_cannot_be_trained_are_not_tried_forever(training: dict[str, Any], tmp_path: Path) -> None:
    assert answered(tmp_path)[0] == 0
    tried: list[Trial] = []
    wanted = training["trained"][:3]
    study = type("Study", (), {"name": "depth", "seeds": range(5), "name_of": staticmethod(lambda trial: trial.label)})
    found = train_until_decided(study, lambda: wanted, tried.extend, Console(quiet=True), float("inf"))  # type: ignore[arg-type]
    assert tried == wanted == list(found)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--until", "done"], "--until must be 'decided', got 'done'"),
        (["--hours", "2"], "needs --until decided"),
        (["--until", "decided", "--hours", "-1"], "--hours must be at least 0"),
        (["--until", "decided", "--seeds", "5"], "--seeds cannot be combined with --until decided"),
        (["--until", "decided", "--shard", "1/2"], "--shard cannot be combined with --until decided"),
    ],
)
def test_flags_that_exclude_each_other_are_refused(tmp_path: Path, flags: list[str], words: str) -> None:
    code, said = answered(tmp_path, *flags)
    assert code == 2 and words in said.replace("\n", " ")
    assert list(tmp_path.iterdir()) == []
