"""Reports are made from records alone: complete or partial, escaped, self-contained, and shown by a real browser."""

import csv
import json
import math
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pandas as pd
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from typer.testing import CliRunner

from analysis import report
from analysis.check import objections
from analysis.figures import test_error_by_epoch
from analysis.figures._axes import error_axis, single_points
from analysis.inference import study_verdicts
from analysis.inference.rates import judge_at_rates
from analysis.inference.verdicts import judge
from analysis.pages import survey_page
from analysis.pages.study_page import Summary
from analysis.report import make_reports
from analysis.tables.grouping import studies_of
from analysis.tables.published import published_effect, published_figures
from benchmarks.spec.contrasts import Compare
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import load_suite
from benchmarks.store.environment import Environment
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

ROOT = Path(__file__).parents[2]
TIMINGS = ROOT / "results" / "reference" / "timings"
Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]
DEPTH = load_suite("depth")
TRAIN = {"plain8": 1.0, "plain20": 2.0, "plain32": 10.0, "plain56": 60.0}
TEST = {8: 5.0, 20: 4.0, 32: 3.5, 56: 3.0}  # by depth; the deep plain networks' is that of training


@pytest.fixture
def results(make_result: Make) -> list[TrialResult]:
    return whole_study(make_result)


@pytest.fixture(scope="module")
def whole(write: Write, make_result: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a whole study with its figures; it is only read."""
    (page,) = make_reports(write(tmp_path_factory.mktemp("whole"), whole_study(make_result)), "depth")
    return page


def whole_study(make_result: Make) -> list[TrialResult]:
    """A whole study of made-up numbers, as all claims have it: depth hurts the plain networks only, and five seeds differ a little."""
    facts = replace(make_result("plain8", 0).data, num_train=50_000, num_test=10_000)  # of which an error is hardly rounded
    return [
        make_result(
            label,
            seed,
            train=TRAIN.get(label, 0.5) + 0.1 * seed,
            test=max(TEST[arm.architecture.depth], TRAIN[label] if TRAIN.get(label, 0) > 5 else 0) + 0.1 * seed * (seed % 2),
            data=facts,
        )
        for label, arm in DEPTH.arms.items()
        for seed in range(5)
    ]


def expected(outcome: str, *arms: str) -> dict[str, str]:
    """This outcome for the claims about any of these arms; all others are supported."""
    return {claim.id: outcome if claim.test.contrast.keys() & {*arms} else "supported" for claim in DEPTH.claims}


def outcomes(page: Path) -> dict[str, str]:
    return {row["claim"]: row["outcome"] for row in json.loads(page.with_name("verdicts.json").read_text())}


def test_a_whole_study_makes_a_whole_report(whole: Path) -> None:
    assert whole.parents[1].name == "depth" and (whole.parents[2] / "trials").is_dir()
    names = {"index.html", "summary.md", "verdicts.json", "trials.csv"}
    figures = {f"{name}.{ending}" for name in ("error_by_depth", "training_curves") for ending in ("svg", "png")}
    assert {path.name for path in whole.parent.iterdir()} == names | figures
    assert outcomes(whole) == expected("supported")
    assert "Partial" not in whole.read_text()
    rows = list(csv.DictReader(whole.with_name("trials.csv").read_text().splitlines()))
    assert len(rows) == 40
    assert {row["macs"] for row in rows} == {"2000"}


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
    is_plain20 = [result.trial.arm.label == "plain20" for result in results]
    late = [replace(result, finished_at="2099-01-01T00:00:00Z") for result in results]
    mixed = [old if is_old else new for old, new, is_old in zip(early, late, is_plain20, strict=True)]
    (page,) = make_reports(write(tmp_path, mixed), "depth")
    html, summary = page.read_text(), page.with_name("summary.md").read_text()
    tiers = re.findall(r'<p class="tier">([^<]+)</p>', html)
    is_older = ["plain20" in claim.test.contrast for claim in DEPTH.claims]
    num_older, num_others = is_older.count(True), is_older.count(False)
    assert sorted(tiers) == ["toy setting"] * num_others + ["toy setting, exploratory"] * num_older and num_older != num_others
    words = f"{num_others} supported; exploratory: {num_older} supported."
    assert words in html and words in summary
    assert (summary.count("| toy, exploratory |"), summary.count("| toy |")) == (num_older, num_others)
    assert html.count("Exploratory: declared on 2026-11-2") == html.count(", after the first run.") == num_older
    overview = (tmp_path / "index.html").read_text()
    assert overview.count("<td>toy, exploratory</td>") == num_older and "Exploratory: <span" in overview


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
    assert words in "\n".join(page.with_name("summary.md").read_text().splitlines()[:4])
    assert outcomes(page) == expected("untested", "plain56", "resnet56")


@pytest.mark.usefixtures("no_figures")
def test_seeds_that_are_complete_are_judged(write: Write, results: list[TrialResult], tmp_path: Path) -> None:
    some = [result for result in results if result.trial.seed < 4 or result.trial.architecture.depth < 56]
    (page,) = make_reports(write(tmp_path, some), "depth")
    rows = json.loads(page.with_name("verdicts.json").read_text())
    of_56 = [claim.test.contrast.keys() & {"plain56", "resnet56"} for claim in DEPTH.claims]
    assert [(row["outcome"], row["effect"]["n"]) for row in rows] == [("supported", 4 if deep else 5) for deep in of_56]


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
    assert "<td>4 of 5</td><td>20 [1, 72]</td><td>4/5</td>" in page.read_text()


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
    assert "<script>" not in page.read_text() and "<img src=x" not in page.read_text()
    assert "<script>" not in page.with_name("summary.md").read_text().replace("\\<", "")


@pytest.mark.usefixtures("no_figures")
def test_each_data_set_and_recipe_has_a_report_of_its_own(
    write: Write, results: list[TrialResult], make_result: Make, tmp_path: Path
) -> None:
    others = [
        make_result(arm, seed, recipe=Recipe(epochs=2, batch_size=64)) for arm in load_suite("depth").arms for seed in range(3)
    ]
    pages = make_reports(write(tmp_path, results + others), "depth")
    assert len({page.parent for page in pages}) == 2


def test_a_store_without_the_suite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no results of suite depth: run it first with --out"):
        make_reports(tmp_path, "depth")


@pytest.mark.usefixtures("no_figures")
def test_the_command_line_prints_the_pages_and_refuses_what_is_not_there(
    write: Write, results: list[TrialResult], tmp_path: Path
) -> None:

    app = typer.Typer()
    app.command()(report.main)
    write(tmp_path, results)
    done = CliRunner().invoke(app, [str(tmp_path), "--suite", "depth"])
    assert done.exit_code == 0
    assert Path(done.stdout.strip()).name == "index.html"
    done = CliRunner().invoke(app, [str(tmp_path), "--suite", "dept"])
    assert done.exit_code == 2
    assert "did you mean depth" in done.stderr


@pytest.mark.usefixtures("no_figures")
def test_all_makes_a_page_for_each_suite_and_survey_that_the_folder_holds_and_the_overview_once(
    write: Write, make_result: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two perceptrons are arms of `perceptron`, too, which was not run."""
    out = write(tmp_path, [make_result(arm, 0) for arm in load_suite("lectures").arms.values()])
    (session,) = (path for path in TIMINGS.glob("*.json") if '"survey": "throughput"' in path.read_text())
    (out / "timings").mkdir()
    (out / "timings" / session.name).symlink_to(session)
    made: list[str] = []
    for of, make in ((report, report.write_overview), (study_verdicts, judge_at_rates), (survey_page, judge)):
        monkeypatch.setattr(of, make.__name__, lambda *given, make=make: made.append(make.__name__) or make(*given))
    pages = make_reports(out, "all")
    assert [page.parent.parent.name for page in pages] == ["lectures", "throughput"]
    lectures = load_suite("lectures")
    num_families = len(lectures.families("tiny")) + bool(lectures.of_retired_claims.claims)
    assert made == [*["judge_at_rates"] * num_families, "judge", "write_overview"]  # the overview has the verdicts of the pages
    assert (out / "index.html").read_text().count("<section>") == len(pages)


@pytest.mark.usefixtures("no_figures")
def test_all_reports_on_arms_that_suites_share_where_there_is_nothing_else(
    write: Write, make_result: Make, tmp_path: Path
) -> None:
    others = load_suite("perceptron").arms.values()
    shared = next(arm for arm in load_suite("lectures").arms.values() if arm in others)
    pages = make_reports(write(tmp_path, [make_result(shared, 0)]), "all")
    assert [page.parent.parent.name for page in pages] == ["lectures", "perceptron"]


def test_all_refuses_a_folder_that_holds_nothing_and_says_what_could_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no results of any suite: run it first with --out"):
        make_reports(tmp_path, "all")
    (tmp_path / "trials").mkdir()
    (tmp_path / "trials" / "torn.json").write_text("{")
    with pytest.raises(ValueError, match=r"holds no results of any suite; .*torn.json: not a record"):
        make_reports(tmp_path, "all")
    assert [path.name for path in tmp_path.iterdir()] == ["trials"]
    with pytest.raises(ValueError, match=r"unknown suite 'al'; did you mean all\?"):
        make_reports(tmp_path, "al")


def test_reports_need_no_torch() -> None:
    program = "import sys, analysis.report, analysis.pages.study_page, analysis.figures.error_by_depth; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60, cwd=ROOT)


def test_published_figures_have_their_source_and_make_the_published_effects() -> None:
    suite = load_suite("depth")
    figures = published_figures(suite.arms)
    assert all(figure.arxiv and figure.locator for figure in figures)
    assert {figure.recipe for figure in figures if figure.paper == "He et al. 2015"} == {"he2015"}
    effects = {claim.id: published_effect(figures, claim.metric, claim.test.contrast) for claim in suite.claims}
    degrades = effects["plain-degrades"]
    assert degrades is not None and (degrades.dataset, degrades.recipe) == ("CIFAR-10", "he2015")
    assert degrades.value == pytest.approx(5.9 - 1.4)
    assert effects["shallow-shortcuts-do-little"] is None  # He et al. have no networks of 8 layers
    for number, value in (
        ("gap-grows-with-depth", (13.26 - 6.97) - (9.68 - 8.75)),
        ("residual-tests-better", 13.26 - 6.97),
        ("residual-gains-from-depth-56", 8.75 - 6.97),
        ("plain-is-comparable-when-shallow", 9.68 - 8.75),
    ):
        effect = effects[number]
        assert effect is not None and effect.value == pytest.approx(value), number


BROWSER = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here; .ci/run installs one")
@pytest.mark.parametrize("width", [1280, 390])
def test_a_browser_shows_every_figure_without_a_word_in_its_console(whole: Path, width: int) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 900})
        said: list[str] = []
        requested: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: requested.append(request.url))
        page.goto(whole.as_uri())
        sizes = page.eval_on_selector_all(
            "figure img", "images => images.map(i => [i.complete, i.naturalWidth, i.naturalHeight])"
        )
        page_width = page.evaluate("document.documentElement.scrollWidth")
        outcome_words = page.eval_on_selector_all(".outcome", "found => found.map(e => e.textContent.trim())")
        browser.close()
    assert said == []
    assert {url for url in requested if not url.startswith("data:")} == {whole.as_uri()}
    assert len(sizes) == len(load_suite("depth").figures)
    assert all(complete and columns > 100 and rows > 100 for complete, columns, rows in sizes)
    assert page_width <= width  # nothing sticks out of a telephone's screen
    assert [words.partition(":")[0] for words in outcome_words] == ["supported"] * len(DEPTH.claims)


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
    assert "<td>13.26%</td><td>he2015</td><td>60.08 [59.92, 60.24] (0 of 5 train)</td>" in page.read_text()


def test_one_page_over_all_suites_links_each_report(
    write: Write, results: list[TrialResult], make_result: Make, tmp_path: Path
) -> None:
    suite = load_suite("width")
    more = [make_result(arm, seed, train=1.0 + seed, test=2.0 + seed) for arm in suite.arms.values() for seed in range(3)]
    out = write(tmp_path, results + more)
    (depth,) = make_reports(out, "depth")
    assert "Is a deep and thin" not in (out / "index.html").read_text()  # it has no report yet
    (width,) = make_reports(out, "width")
    text = (out / "index.html").read_text()
    for page, name in ((depth, "depth"), (width, "width")):
        assert f'href="{name}/{page.parent.name}/index.html"' in text
        assert all(claim.statement in text for claim in load_suite(name).claims)
        for source in re.findall(r'src="([^"]*)"', text):
            assert (out / unquote(source)).exists()
    counted = Counter(outcome for page in (depth, width) for outcome in outcomes(page).values())
    for outcome, number in counted.items():
        assert f"{number} {outcome.replace('contradicted', 'not holding here')}" in text


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


@pytest.mark.usefixtures("no_figures")
def test_seeds_that_another_suite_ran_for_itself_are_none_of_a_study(
    write: Write, make_result: Make, results: list[TrialResult], tmp_path: Path
) -> None:
    more = [make_result(arm, seed, test=50.0) for arm in ("resnet20", "resnet56") for seed in (5, 6)]  # as `ordering` trains them
    (page,) = make_reports(write(tmp_path, [*results, *more]), "depth")
    assert "Partial" not in page.read_text()
    assert {row["effect"]["n"] for row in json.loads(page.with_name("verdicts.json").read_text())} == {5}
    begun = make_result("plain8", 5)
    (page,) = make_reports(write(tmp_path, [begun]), "depth")
    assert "Partial: 43 of 48 trials; missing: resnet8 with seed 5" in page.read_text()


@pytest.mark.usefixtures("no_figures")
def test_optional_arms_are_shown_where_they_were_run_for_the_suite(write: Write, make_result: Make, tmp_path: Path) -> None:
    ran = [make_result(arm, seed) for arm in load_suite("depth").arms for seed in range(3)]
    shared = [make_result("resnet110", seed) for seed in range(3)]  # an arm of `ordering`
    own = [make_result("plain110", seed) for seed in range(3)]
    for name, results, shown in (
        ("a", ran, []),
        ("b", [*ran, *shared], []),
        ("c", [*ran, *shared, *own], ["plain110", "resnet110"]),
    ):
        (page,) = make_reports(write(tmp_path / name, results), "depth")
        arms = {row["arm"] for row in csv.DictReader(page.with_name("trials.csv").read_text().splitlines())}
        assert sorted(arms - set(load_suite("depth").arms)) == shown
        assert "Partial" not in page.read_text()


@pytest.mark.usefixtures("no_figures")
def test_claims_of_optional_arms_are_judged_where_these_were_run(
    write: Write, make_result: Make, tiny: Images, tmp_path: Path
) -> None:
    suite = load_suite("shortcut")
    many = replace(tiny.facts, num_train=50_000, num_test=10_000)  # of which an error is hardly rounded
    here = [make_result(arm, seed, test=5.0 + seed / 10, data=many) for arm in suite.arms for seed in range(3)]
    at_110 = [make_result(arm, seed, test=5.0 + seed / 10, data=many) for arm in suite.optional for seed in range(3)]
    default, further = ([claim.id for claim in claims] for claims in (suite.claims, suite.optional_claims))
    for name, results, judged in (("a", here, default), ("b", at_110, further), ("c", here + at_110, [*default, *further])):
        (page,) = make_reports(write(tmp_path / name, results), "shortcut")
        verdicts = json.loads(page.with_name("verdicts.json").read_text())
        assert sorted(row["claim"] for row in verdicts) == sorted(judged)
        assert {row["outcome"] for row in verdicts} == {"contradicted", "supported"}
        assert "Partial" not in page.read_text()
        assert not [line for line in objections(tmp_path / name) if line.startswith("shortcut") and "left out" in line]
    row = next(
        line
        for line in page.with_name("summary.md").read_text().splitlines()
        if "shortcut and branch scaled by one half" in line and "110" in line
    )
    assert "+5.74" in row  # 12.35 less 6.61, He et al. 2016, table 1


def test_claims_of_optional_arms_are_a_family_of_their_own(make_result: Make, tiny: Images) -> None:
    suite = load_suite("shortcut")
    arms = [*suite.arms.values(), *suite.optional.values()]
    (study,) = studies_of("shortcut", suite, [make_result(arm, seed, test=5.0 + seed / 10) for arm in arms for seed in range(3)])
    sizes = {verdict.claim.id: verdict.family_size for verdict in Summary(study=study).verdicts}
    assert {sizes[claim.id] for claim in suite.claims} == {len(suite.claims)}
    assert {sizes[claim.id] for claim in suite.optional_claims} == {len(suite.optional_claims)}


def test_one_epoch_is_shown_as_points() -> None:
    """A line over one epoch would be nothing at all."""
    rows = pd.DataFrame({"epoch": [1], "train_error_pct": [20.0], "test_error_pct": [30.0]})
    assert single_points(rows) == {"marker": "o"} and single_points(pd.concat([rows, rows.assign(epoch=2)])) == {}


@pytest.mark.parametrize("highest", [0.4, 1.9, 2.5, 3.4, 5.9, 30.0, 90.0])
def test_an_axis_of_errors_has_a_tick_near_its_upper_end(highest: float) -> None:
    axes = Figure().subplots()
    error_axis(axes.yaxis, [0.2, highest])
    ticks = list(axes.get_yticks())
    assert min(ticks) == 0 and max(ticks) >= min(highest, 2) / 2 and (highest <= 2 or max(ticks) > 2)


@given(lowest=st.floats(5, 100), ratio=st.floats(1, 20))
def test_an_axis_of_large_errors_begins_at_the_lowest_and_has_ticks_among_them(lowest: float, ratio: float) -> None:
    highest = min(100.0, lowest * ratio)
    axes = Figure().subplots()
    error_axis(axes.yaxis, [highest, math.nan, lowest])
    start, end = axes.get_ylim()
    assert lowest / 1.1 < start < lowest <= highest <= end <= 100
    assert len([tick for tick in axes.get_yticks() if start <= tick <= end]) >= 2


def test_an_arm_has_one_colour_at_all_depths_also_where_others_are_missing() -> None:
    arms = [("resnet20", 20), ("resnet20:ordering=bn-after", 20), ("resnet20:ordering=relu-only", 20), ("preresnet20", 20)]
    arms += [("resnet56:ordering=relu-only", 56), ("preresnet56", 56), ("resnet56:width=20", 56)]
    rows = [{"arm": arm, "depth": depth, "epoch": epoch, "test_error_pct": 9.0} for arm, depth in arms for epoch in (1, 2)]
    data: Any = SimpleNamespace(trials=pd.DataFrame(rows), history=pd.DataFrame(rows), label="made up", named=str)
    lines = [line for axes in test_error_by_epoch.draw(data).axes for line in axes.lines]
    styles = {str(line.get_label()): (str(line.get_color()), line.get_linestyle()) for line in lines}
    for name in ("preresnet{}", "resnet{}:ordering=relu-only"):
        assert styles[name.format(20)] == styles[name.format(56)]
    assert len(set(styles.values())) == len(arms) - 2
