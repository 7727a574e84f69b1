"""Which records make which reports: of a suite or of all, with optional arms, and the page over all of them."""

import csv
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer
from typer.testing import CliRunner

from analysis import report
from analysis.inference import study_verdicts
from analysis.inference.rates import judge_at_rates
from analysis.inference.verdicts import judge
from analysis.pages import survey_page
from analysis.pages.objections import objections
from analysis.pages.study_page import Summary
from analysis.report import make_reports
from analysis.tables.grouping import studies_of
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import load_suite
from benchmarks.spec.survey import load_survey
from benchmarks.store.trials import TrialResult

ROOT = Path(__file__).parents[2]
TIMINGS = ROOT / "results" / "reference" / "timings"
Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]


def outcomes(page: Path) -> dict[str, str]:
    return {row["claim"]: row["outcome"] for row in json.loads(page.with_name("verdicts.json").read_text())}


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
    of_survey = ["judge"] * (1 + bool(load_survey("throughput").retired))
    assert made == [*["judge_at_rates"] * num_families, *of_survey, "write_overview"]  # which has the verdicts of the pages
    assert (out / "index.html").read_text().count('<li class="question') == len(pages)


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


@pytest.mark.slow
def test_reports_need_no_torch() -> None:
    program = "import sys, analysis.report, analysis.pages.study_page, analysis.figures.error_by_depth; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60, cwd=ROOT)


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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
    assert "5.74 points lower test error" in row  # 12.35 less 6.61, He et al. 2016, table 1


def test_claims_of_optional_arms_are_a_family_of_their_own(make_result: Make, tiny: Images) -> None:
    suite = load_suite("shortcut")
    arms = [*suite.arms.values(), *suite.optional.values()]
    (study,) = studies_of("shortcut", suite, [make_result(arm, seed, test=5.0 + seed / 10) for arm in arms for seed in range(3)])
    sizes = {verdict.claim.id: verdict.family_size for verdict in Summary(study=study).verdicts}
    assert {sizes[claim.id] for claim in suite.claims} == {len(suite.claims)}
    assert {sizes[claim.id] for claim in suite.optional_claims} == {len(suite.optional_claims)}
