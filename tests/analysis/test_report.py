"""A report of a study is made from records alone: complete or partial, escaped, and the same every time."""

import csv
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from analysis.report import main, make_reports
from benchmarks.spec.contrasts import Compare
from benchmarks.spec.suite import load_suite
from benchmarks.store.environment import Environment
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]
DEPTH = load_suite("depth")
PNG_LINK = r'href="[^"]+[.]png"'


def outcomes(page: Path) -> dict[str, str]:
    return {row["claim"]: row["outcome"] for row in json.loads(page.with_name("verdicts.json").read_text())}


def expected(outcome: str, *arms: str) -> dict[str, str]:
    """This outcome for the claims about any of these arms; all others are supported."""
    return {claim.id: outcome if claim.test.contrast.keys() & {*arms} else "supported" for claim in DEPTH.claims}


def test_a_whole_study_makes_a_whole_report(whole: Path) -> None:
    assert whole.parents[1].name == "depth" and (whole.parents[2] / "trials").is_dir()
    names = {"index.html", "summary.md", "verdicts.json", "trials.csv"}
    figures = {f"{name}.png" for name in ("error_by_depth", "training_curves")}
    assert {path.name for path in whole.parent.iterdir()} == names | figures
    assert outcomes(whole) == expected("supported")
    assert "Partial" not in whole.read_text()
    rows = list(csv.DictReader(whole.with_name("trials.csv").read_text().splitlines()))
    assert len(rows) == 40
    assert {row["macs"] for row in rows} == {"2000"}


def test_without_png_files_each_figure_is_there_once_in_its_page(
    whole: Path, write: Write, results: list[TrialResult], tmp_path: Path
) -> None:
    (page,) = make_reports(write(tmp_path, results), "depth")
    assert re.findall(PNG_LINK, page.read_text())
    app = typer.Typer()
    app.command()(main)
    done = CliRunner().invoke(app, [str(tmp_path), "--suite", "depth", "--no-png"])  # and what an earlier report wrote goes
    text = page.read_text()
    assert done.exit_code == 0 and "analysis.report OUT --suite depth --no-png" in text
    assert not [*page.parent.glob("*.png")] and not re.findall(PNG_LINK, text)
    assert text.count("<svg") == whole.read_text().count("<svg")


@pytest.mark.usefixtures("no_figures")
def test_the_verdicts_have_the_promised_form(write: Write, results: list[TrialResult], tmp_path: Path) -> None:
    (page,) = make_reports(write(tmp_path, results), "depth")
    rows = json.loads(page.with_name("verdicts.json").read_text())
    for row, claim in zip(rows, DEPTH.claims, strict=True):
        is_three_way = isinstance(claim.test, Compare)
        assert list(row) == [
            "claim",
            "outcome",
            "effect",
            "statement",
            "source",
            "unit",
            "kind",
            "tier",
            "declared_at",
            "is_exploratory",
            "runs_that_train",
            "controls",
            "look",
            "learning_rate",
            "by_rate",
            "metric",
            "contrast",
            "test",
            "says",
            "stated_figure",
            "margin",
            *(["finding"] if is_three_way else []),
            "effect_in_favour",
            "zone",
            "p",
            "p_corrected",
            "num_tested",
            "seeds_needed",
            "seeds_needed_range",
            "least_effect_found",
            "published_effect",
            "suite",
            "is_main",
            "means",
            "effect_in_words",
            "interval_in_words",
            "dataset",
            "checksum",
            "recipe",
            "seeds",
            "commits",
            "tuned",
        ]
        assert list(row["effect"]) == ["value", "low", "high", "confidence", "n"]
        assert (row["claim"], row["statement"], row["source"]) == (claim.id, claim.statement, claim.source)
        assert row["effect"]["n"] == 5
    assert len({"finding" in row for row in rows}) == 2
    better = next(row for row in rows if row["claim"] == "residual-tests-better")
    assert better["effect"]["value"] == pytest.approx(57.0)


@pytest.mark.usefixtures("no_figures")
def test_every_verdict_shows_its_setting_and_exploratory_ones_are_apart_in_all_files(
    write: Write, results: list[TrialResult], tmp_path: Path
) -> None:
    early = [replace(result, finished_at="2026-11-20T00:00:00Z") for result in results]  # before the claims of depth
    is_old_run = [result.trial.arm.label == "resnet20" for result in results]
    late = [replace(result, finished_at="2099-01-01T00:00:00Z") for result in results]
    mixed = [old if is_old else new for old, new, is_old in zip(early, late, is_old_run, strict=True)]
    (page,) = make_reports(write(tmp_path, mixed), "depth")
    html, summary = page.read_text(), page.with_name("summary.md").read_text()
    tiers = re.findall(r'<p class="source">(Toy setting(?:, exploratory)?)\. Claimed by', html)
    is_older = ["resnet20" in claim.test.contrast for claim in DEPTH.claims]
    num_older, num_others = is_older.count(True), is_older.count(False)
    assert sorted(tiers) == ["Toy setting"] * num_others + ["Toy setting, exploratory"] * num_older and 0 < num_older < len(
        is_older
    )
    words = f"{num_others} supported; exploratory: {num_older} supported"
    assert f"({words})." in html and f"{words}." in summary
    assert (summary.count("| toy, exploratory |"), summary.count("| toy |")) == (num_older, num_others)
    assert html.count("Exploratory: declared on 2026-11-2") == html.count(", after the first run.") == num_older
    assert f"({words})." in (tmp_path / "index.html").read_text()


def test_the_same_records_give_the_same_files(whole: Path, write: Write, results: list[TrialResult], tmp_path: Path) -> None:
    (second,) = make_reports(write(tmp_path, results), "depth")
    for path in whole.parent.iterdir():
        assert path.read_bytes() == (second.parent / path.name).read_bytes(), path.name


@pytest.mark.usefixtures("no_figures")
def test_a_partial_study_says_so_in_its_first_lines(write: Write, results: list[TrialResult], tmp_path: Path) -> None:
    some = [result for result in results if result.trial.seed < 2 or result.trial.architecture.depth < 56][:-1]
    (page,) = make_reports(write(tmp_path, some), "depth")
    words = f"Partial: {len(some)} of 40 trials; missing: resnet56 with seed 1, plain56 with seed 2"
    assert words in page.read_text()
    assert words in "\n".join(page.with_name("summary.md").read_text().splitlines()[:6])
    assert outcomes(page) == expected("untested", "plain56", "resnet56")


@pytest.mark.usefixtures("no_figures")
def test_seeds_that_are_complete_are_judged(write: Write, results: list[TrialResult], tmp_path: Path) -> None:
    some = [result for result in results if result.trial.seed < 4 or result.trial.architecture.depth < 56]
    (page,) = make_reports(write(tmp_path, some), "depth")
    rows = json.loads(page.with_name("verdicts.json").read_text())
    of_56 = [claim.test.contrast.keys() & {"plain56", "resnet56"} for claim in DEPTH.claims]
    assert [row["effect"]["n"] for row in rows] == [4 if deep else 5 for deep in of_56]
    assert {row["claim"]: row["outcome"] for row in rows} == expected("supported")


@pytest.mark.usefixtures("no_figures")
def test_one_arm_alone_makes_a_report(write: Write, results: list[TrialResult], tmp_path: Path) -> None:
    (page,) = make_reports(write(tmp_path, results[:1]), "depth")
    assert "Partial: 1 of 8 trials" in page.read_text()


@pytest.mark.usefixtures("no_figures")
def test_a_diverged_trial_counts_as_a_failure_and_is_named(
    write: Write, results: list[TrialResult], make_result: Make, tmp_path: Path
) -> None:
    results[-1] = make_result("resnet56", 4, 90.0, 90.0, status="diverged", detail="the training loss was not finite in epoch 1")
    (page,) = make_reports(write(tmp_path, results), "depth")
    assert (
        "Diverged: resnet56 with seed 4: the training loss was not finite in epoch 1. It counts as a run that fails."
        in page.read_text()
    )
    assert outcomes(page)["residual-trains-no-worse-at-56"] == "inconclusive"
    assert ">4 of 5</td>" in page.read_text() and ">20 [1, 72]</td>" in page.read_text()


@pytest.mark.usefixtures("no_figures")
def test_a_failed_trial_leaves_its_claims_untested(
    write: Write, results: list[TrialResult], make_result: Make, tmp_path: Path
) -> None:
    results[-1] = make_result("resnet56", 4, status="oom", detail="out of memory", final=None, cost=None, history=())
    (page,) = make_reports(write(tmp_path, results), "depth")
    assert outcomes(page) == expected("untested", "resnet56")
    assert "Not measured: resnet56 with seed 4 (oom): out of memory." in page.read_text()
    results[-1] = make_result(
        "resnet56", 4, status="failed", detail="IndexError: Target 9 is out of bounds.", final=None, cost=None
    )
    (page,) = make_reports(write(tmp_path, results), "depth")
    assert "(failed): IndexError: Target 9 is out of bounds.<" in page.read_text() and "bounds.." not in page.read_text()


@pytest.mark.usefixtures("no_figures")
def test_an_unreadable_record_is_named(write: Write, results: list[TrialResult], tmp_path: Path) -> None:
    out = write(tmp_path, results)
    path = Out(out).trials.path(results[0].trial)
    path.write_text("torn")
    (page,) = make_reports(out, "depth")
    assert path.name in page.read_text() and "Unreadable, and left out" in page.read_text()


@pytest.mark.usefixtures("no_figures")
def test_nothing_in_a_record_can_break_the_page(
    write: Write, results: list[TrialResult], make_result: Make, tmp_path: Path
) -> None:
    evil = "<script>alert(1)</script> | a\nb <img src=x onerror=alert(1)>"
    results[-1] = make_result("resnet56", 4, 90.0, 90.0, status="diverged", detail=evil)
    (page,) = make_reports(write(tmp_path, results), "depth")
    assert page.read_text().count("<script") == 1 and "<img src=x" not in page.read_text()
    assert "<script>" not in page.with_name("summary.md").read_text().replace("\\<", "")


@pytest.mark.usefixtures("no_figures")
def test_environment_is_in_every_report(
    write: Write, results: list[TrialResult], environment: Environment, tmp_path: Path
) -> None:
    (page,) = make_reports(write(tmp_path, results), "depth")
    for word in (environment.processor, environment.python, f"torch {environment.versions['torch']}", "commit unknown"):
        assert word in page.read_text()


@pytest.mark.usefixtures("no_figures")
def test_published_figures_stand_beside_ours(write: Write, results: list[TrialResult], tmp_path: Path) -> None:
    (page,) = make_reports(write(tmp_path, results), "depth")
    row = next(
        line for line in page.with_name("summary.md").read_text().splitlines() if line.startswith("| plain56 | test_error_pct")
    )
    assert "| 13.26 | CIFAR-10 | he2015 | 60.08 [59.92, 60.24] (0 of 5 train) |" in row
    text = page.read_text()
    assert '>13.26 <a class="ref" href="#source-' in text and ">60.08 [59.92, 60.24] (0 of 5 train)</td>" in text


@pytest.mark.usefixtures("no_figures")
def test_the_optimism_gap_is_the_best_epoch_less_the_last(write: Write, make_result: Make, tmp_path: Path) -> None:
    first = make_result("plain8", 0, 0.0, 5.0)
    epochs = tuple(
        replace(first.history[0], epoch=number, test_error_pct=error) for number, error in ((1, 7.0), (2, 3.5), (3, 5.0))
    )
    (page,) = make_reports(write(tmp_path, [replace(first, history=epochs)]), "depth")
    (row,) = csv.DictReader(page.with_name("trials.csv").read_text().splitlines())
    assert float(row["optimism_gap"]) == -1.5
    assert float(row["lowest_train_loss"]) == first.history[0].train_loss
    assert "| 5.00 | \N{MINUS SIGN}1.50 | 1 of 1 | 0 [0, 98] | 1/1 |" in page.with_name("summary.md").read_text()
