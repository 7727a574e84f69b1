"""Reports are made from records alone: complete or partial, escaped, self-contained, and shown by a real browser."""

import csv
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from typer.testing import CliRunner

from analysis import report
from analysis.frames import confusions
from analysis.probes import ProbeArrays, function_map
from analysis.published import published_effect, published_figures
from analysis.report import make_reports
from analysis.studies import studies_of
from benchmarks.claims import METRICS
from benchmarks.data import Images
from benchmarks.machine import Environment
from benchmarks.probe import Cell, Findings, ProbeResult, ProbeStore
from benchmarks.recipe import Recipe
from benchmarks.records import Store, TrialResult
from benchmarks.suite import Suite, load_suite, probes_of, suite_names
from benchmarks.timings import NetworkTiming, TimingPlan, TimingResult, TimingStore, Workload
from benchmarks.truth import write_labels, write_sheet

ROOT = Path(__file__).parents[2]
Make = Callable[..., TrialResult]
ERRORS = {"plain8": 1.0, "plain20": 2.0, "plain32": 10.0, "plain56": 60.0}


@pytest.fixture
def results(make_result: Make) -> list[TrialResult]:
    """A whole study of made-up numbers: depth hurts the plain networks, and five seeds differ a little."""
    return [
        make_result(arm, seed, train=ERRORS.get(arm, 0.5) + 0.1 * seed, test=ERRORS.get(arm, 1.5) + 0.1 * seed * (seed % 2))
        for arm in load_suite("depth").arms
        for seed in range(5)
    ]


def write(out: Path, results: list[TrialResult]) -> Path:
    store = Store(folder=out / "trials")
    store.prepare()
    for result in results:
        store.write(result)
    return out


def outcomes(page: Path) -> dict[str, str]:
    return {row["claim"]: row["outcome"] for row in json.loads(page.with_name("verdicts.json").read_text())}


def test_a_whole_study_makes_a_whole_report(results: list[TrialResult], tmp_path: Path) -> None:
    (page,) = make_reports(write(tmp_path, results), "depth")
    assert page.parent.parent == tmp_path / "depth"
    names = {"index.html", "summary.md", "verdicts.json", "trials.csv"}
    figures = {f"{name}.{ending}" for name in ("error_by_depth", "training_curves") for ending in ("svg", "png")}
    assert {path.name for path in page.parent.iterdir()} == names | figures
    assert set(outcomes(page).values()) == {"supported"}
    assert "Partial" not in page.read_text()
    rows = list(csv.DictReader(page.with_name("trials.csv").read_text().splitlines()))
    assert len(rows) == 40
    assert {row["macs"] for row in rows} == {"2000"}


def write_timing(out: Path, suite: Suite, result: TrialResult, others_share: float = 0.0) -> None:
    """A made-up session of a suite's networks: each is 10% slower than the one before."""
    architectures = dict.fromkeys(arm.architecture for arm in suite.arms.values())
    recipe = result.trial.recipe
    workloads = tuple(Workload(architecture=one, task=result.data.task(recipe)) for one in architectures)
    plan = TimingPlan(workloads=workloads, steps=("train", "infer"), batch_size=recipe.batch_size, precision="fp32")
    networks = tuple(
        NetworkTiming(
            workload=workload,
            cost=result.cost,
            train_step_seconds=tuple(0.01 * 1.1**number * (1 + turn / 1000) for turn in range(10)),
            infer_step_seconds=tuple(0.003 * 1.1**number * (1 + turn / 1000) for turn in range(10)),
            train_memory_bytes=10**8,
        )
        for number, workload in enumerate(workloads)
    )
    timing = TimingResult(plan=plan, networks=networks, others_share=others_share, environment=result.environment)
    TimingStore(folder=out / "timings").write(timing)


def made_up(probe: str, result: TrialResult) -> Findings:
    """What a probe might have found, a little other for every seed."""
    seed, images, classes = result.trial.seed, result.data.num_test, len(result.data.classes)
    values = {metric: 0.5 + 0.01 * seed for metric, measure in METRICS.items() if measure.probe == probe}
    layers = [
        {"layer": layer, "position": layer / 4, "test_error_pct": 9.0 - layer, "deviation": 0.5 + seed / 10} for layer in range(5)
    ]
    rows: dict[str, list[dict[str, Cell]]] = {
        "perturbation": [{"gamma": gamma, "change": gamma, "test_error_pct": 9 * gamma} for gamma in (0.0, 1e-3, 1.0)],
        "growing": [
            {"blocks": blocks, "gamma": gamma, "epoch": epoch, "train_loss": 0.1 + epoch + blocks}
            for blocks, gamma in ((0, None), (1, 0.0), (3, 1.0))
            for epoch in range(3)
        ],
        "gradients": [
            {"kind": kind, "layer": place, "position": place / 4, "distance": place / 4, "value": 1 / place}
            for kind in ("norm", "correlation")
            for place in range(1, 5)
        ],
        "responses": [dict(row) for row in layers],
        "separation": [dict(row) for row in layers],
        "lesions": [
            {"kind": kind, "block": block, "test_error_pct": 3.0 * block}
            for kind in ("whole", "removed", "swapped")
            for block in range(1, 4)
        ],
    }
    ramp = np.linspace(0.1, 1, images * classes) + seed / 10 + 0.01 * result.trial.architecture.depth
    arrays = {
        "probabilities": {"probabilities": tuple(ramp.tolist())},
        "regression": {name: tuple(np.linspace(-1, 1, 11).tolist()) for name in ("x", "learned", "true")},
        "surface": {"losses": tuple(np.linspace(0.1, 9, 169).tolist())},
        "separation": {f"layer {layer}": tuple(ramp[: 2 * images].tolist()) for layer in (0, 4)},
    }
    return Findings(values=values, rows=tuple(rows.get(probe, [])), arrays=arrays.get(probe, {}))


def write_probes(out: Path, suite: Suite, results: list[TrialResult]) -> None:
    """A made-up answer to everything that a suite asks."""
    by_trial = {result.trial: result for result in results}
    for trial, probe in probes_of(suite, list(by_trial)):
        findings = made_up(probe, by_trial[trial])
        environment = by_trial[trial].environment
        answer = ProbeResult(trial=trial, probe=probe, status="ok", findings=findings, seconds=1.0, environment=environment)
        ProbeStore(folder=out / "probes").write(answer)


@pytest.mark.parametrize("name", suite_names())
def test_every_suite_makes_a_report_with_all_its_figures(name: str, make_result: Make, tiny: Images, tmp_path: Path) -> None:
    suite = load_suite(name)
    guesses = tuple(tiny.test.labels_N.tolist())
    made = [
        make_result(arm, seed, train=number + seed / 10, test=number + seed / 5, predictions=guesses)
        for number, arm in enumerate(suite.arms.values())
        for seed in range(3)
    ]
    out = write(tmp_path, made)
    write_timing(out, suite, made[0])
    write_probes(out, suite, made)
    write_labels(out, tiny)
    (page,) = make_reports(out, name)
    figures = {f"{figure}.{ending}" for figure in suite.figures for ending in ("svg", "png")}
    assert figures <= {path.name for path in page.parent.iterdir()}
    assert all(page.with_name(figure).stat().st_size > 5000 for figure in figures)
    assert len(outcomes(page)) == len(suite.claims) > 0
    assert "untested" not in outcomes(page).values()
    assert all(arm in page.read_text() for arm in suite.arms)


def test_the_verdicts_have_the_promised_form(results: list[TrialResult], tmp_path: Path) -> None:
    (page,) = make_reports(write(tmp_path, results), "depth")
    rows = json.loads(page.with_name("verdicts.json").read_text())
    for row, claim in zip(rows, load_suite("depth").claims, strict=True):
        assert list(row) == ["claim", "outcome", "effect", "statement", "source", "unit"]
        assert list(row["effect"]) == ["value", "low", "high", "n"]
        assert (row["claim"], row["statement"], row["source"]) == (claim.id, claim.statement, claim.source)
        assert row["effect"]["n"] == 5
    assert rows[3]["effect"]["value"] == pytest.approx(58.5)


def test_the_same_records_give_the_same_files(results: list[TrialResult], tmp_path: Path) -> None:
    (first,) = make_reports(write(tmp_path / "a", results), "depth")
    (second,) = make_reports(write(tmp_path / "b", results), "depth")
    for path in first.parent.iterdir():
        assert path.read_bytes() == (second.parent / path.name).read_bytes(), path.name


def test_a_partial_study_says_so_in_its_first_lines(results: list[TrialResult], tmp_path: Path) -> None:
    some = [result for result in results if result.trial.seed < 2 or result.trial.architecture.depth < 56][:-1]
    (page,) = make_reports(write(tmp_path, some), "depth")
    words = f"Partial: {len(some)} of 40 trials are there; missing: resnet56 with seed 1, plain56 with seed 2"
    assert words in page.read_text()
    assert words in "\n".join(page.with_name("summary.md").read_text().splitlines()[:4])
    assert set(outcomes(page).values()) == {"untested"}


def test_seeds_that_are_complete_are_judged(results: list[TrialResult], tmp_path: Path) -> None:
    some = [result for result in results if result.trial.seed < 4 or result.trial.architecture.depth < 56]
    (page,) = make_reports(write(tmp_path, some), "depth")
    rows = json.loads(page.with_name("verdicts.json").read_text())
    assert {(row["outcome"], row["effect"]["n"]) for row in rows} == {("supported", 4)}


def test_one_arm_alone_makes_a_report(results: list[TrialResult], tmp_path: Path) -> None:
    (page,) = make_reports(write(tmp_path, results[:1]), "depth")
    assert "Partial: 1 of 8 trials" in page.read_text()


def test_a_diverged_trial_counts_with_its_error_and_is_named(
    results: list[TrialResult], make_result: Make, tmp_path: Path
) -> None:
    results[-1] = make_result("resnet56", 4, 90.0, 90.0, status="diverged", detail="the training loss was not finite in epoch 1")
    (page,) = make_reports(write(tmp_path, results), "depth")
    assert (
        "Diverged: resnet56 with seed 4: the training loss was not finite in epoch 1. It counts with the error it had."
        in page.read_text()
    )
    assert outcomes(page)["residual-does-not-degrade"] == "inconclusive"
    assert "<td>4/5</td>" in page.read_text()


def test_a_failed_trial_leaves_its_claims_untested(results: list[TrialResult], make_result: Make, tmp_path: Path) -> None:
    results[-1] = make_result("resnet56", 4, status="oom", detail="out of memory", final=None, cost=None, history=())
    (page,) = make_reports(write(tmp_path, results), "depth")
    assert outcomes(page) == {
        "plain-degrades": "supported",
        "residual-does-not-degrade": "untested",
        "gap-grows-with-depth": "untested",
        "residual-tests-better": "untested",
    }
    assert "Not measured: resnet56 with seed 4 (oom): out of memory." in page.read_text()


def test_an_unreadable_record_is_named(results: list[TrialResult], tmp_path: Path) -> None:
    out = write(tmp_path, results)
    path = Store(folder=out / "trials").path(results[0].trial)
    path.write_text("torn")
    (page,) = make_reports(out, "depth")
    assert path.name in page.read_text() and "Unreadable, and left out" in page.read_text()


def test_nothing_in_a_record_can_break_the_page(results: list[TrialResult], make_result: Make, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script> | a\nb <img src=x onerror=alert(1)>"
    results[-1] = make_result("resnet56", 4, 90.0, 90.0, status="diverged", detail=evil)
    (page,) = make_reports(write(tmp_path, results), "depth")
    assert "<script>" not in page.read_text() and "<img src=x" not in page.read_text()
    assert "<script>" not in page.with_name("summary.md").read_text().replace("\\<", "")


def test_each_data_set_and_recipe_has_a_report_of_its_own(results: list[TrialResult], make_result: Make, tmp_path: Path) -> None:
    others = [
        make_result(arm, seed, recipe=Recipe(epochs=2, batch_size=64)) for arm in load_suite("depth").arms for seed in range(3)
    ]
    pages = make_reports(write(tmp_path, results + others), "depth")
    assert len({page.parent for page in pages}) == 2


def test_a_store_without_the_suite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no results of suite depth: run it first with --out"):
        make_reports(tmp_path, "depth")


def test_the_command_line_prints_the_pages_and_refuses_what_is_not_there(results: list[TrialResult], tmp_path: Path) -> None:
    import typer

    app = typer.Typer()
    app.command()(report.main)
    write(tmp_path, results)
    done = CliRunner().invoke(app, [str(tmp_path), "--suite", "depth"])
    assert done.exit_code == 0
    assert Path(done.stdout.strip()).name == "index.html"
    done = CliRunner().invoke(app, [str(tmp_path), "--suite", "dept"])
    assert done.exit_code == 2
    assert "did you mean depth" in done.stderr


def test_reports_need_no_torch() -> None:
    program = "import sys, analysis.report, analysis.summary, analysis.figures.error_by_depth; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60, cwd=ROOT)


def test_published_figures_have_their_source_and_make_the_published_effects() -> None:
    suite = load_suite("depth")
    figures = published_figures(suite.arms)
    assert all(figure.arxiv and figure.locator for figure in figures)
    assert {figure.recipe for figure in figures if figure.paper == "He et al. 2015"} == {"he2015"}
    effects = [published_effect(figures, claim.metric, claim.test.contrast) for claim in suite.claims]
    assert effects[0] is not None and (effects[0].dataset, effects[0].recipe) == ("CIFAR-10", "he2015")
    assert effects[0].value == pytest.approx(5.9 - 1.4)
    assert effects[1] is None  # He et al. give no training errors of residual networks of these depths
    assert effects[2].value == pytest.approx((13.26 - 6.97) - (9.68 - 8.75))
    assert effects[3].value == pytest.approx(13.26 - 6.97)


BROWSER = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here; .ci/run installs one")
@pytest.mark.parametrize("width", [1280, 390])
def test_a_browser_shows_every_figure_without_a_word_in_its_console(
    results: list[TrialResult], tmp_path: Path, width: int
) -> None:
    from playwright.sync_api import sync_playwright

    (page_path,) = make_reports(write(tmp_path, results), "depth")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 900})
        said: list[str] = []
        requested: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: requested.append(request.url))
        page.goto(page_path.as_uri())
        sizes = page.eval_on_selector_all(
            "figure img", "images => images.map(i => [i.complete, i.naturalWidth, i.naturalHeight])"
        )
        page_width = page.evaluate("document.documentElement.scrollWidth")
        outcome_words = page.eval_on_selector_all(".outcome", "found => found.map(e => e.textContent.trim())")
        browser.close()
    assert said == []
    assert {url for url in requested if not url.startswith("data:")} == {page_path.as_uri()}
    assert len(sizes) == len(load_suite("depth").figures)
    assert all(complete and columns > 100 and rows > 100 for complete, columns, rows in sizes)
    assert page_width <= width  # nothing sticks out of a telephone's screen
    assert outcome_words == ["supported"] * 4


def test_environment_is_in_every_report(results: list[TrialResult], environment: Environment, tmp_path: Path) -> None:
    (page,) = make_reports(write(tmp_path, results), "depth")
    for word in (environment.processor, environment.python, f"torch {environment.versions['torch']}", "commit unknown"):
        assert word in page.read_text()


def test_published_figures_stand_beside_ours(results: list[TrialResult], tmp_path: Path) -> None:
    (page,) = make_reports(write(tmp_path, results), "depth")
    row = next(
        line for line in page.with_name("summary.md").read_text().splitlines() if line.startswith("| plain56 | test_error_pct")
    )
    assert "| 13.26 | CIFAR-10 | he2015 | 60.08 [59.92, 60.24] |" in row
    assert "<td>13.26%</td><td>he2015</td><td>60.08 [59.92, 60.24]</td>" in page.read_text()


def test_one_page_over_all_suites_links_each_report(results: list[TrialResult], make_result: Make, tmp_path: Path) -> None:
    suite = load_suite("width")
    more = [make_result(arm, seed, train=1.0 + seed, test=2.0 + seed) for arm in suite.arms.values() for seed in range(3)]
    out = write(tmp_path, results + more)
    write_timing(out, suite, results[0])
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
        assert f"{number} {outcome}" in text


def test_times_stand_in_a_table_with_their_conditions(make_result: Make, tmp_path: Path) -> None:
    suite = load_suite("cardinality")
    made = [make_result(arm, seed, test=seed) for arm in suite.arms.values() for seed in range(3)]
    out = write(tmp_path, made)
    write_timing(out, suite, made[0], others_share=0.2)
    (page,) = make_reports(out, "cardinality")
    summary = page.with_name("summary.md").read_text()
    assert "| resnet29bn:width=32 | 10 [10, 10.1] |" in summary
    assert "other programs took 20.0% of it meanwhile" in summary
    assert "other programs took 20% of the machine: time them again when it is idle" in page.read_text()
    faster = next(
        row for row in json.loads(page.with_name("verdicts.json").read_text()) if row["claim"] == "32x2d-trains-as-fast"
    )
    assert faster["outcome"] == "contradicted" and faster["effect"]["n"] == 10
    assert faster["unit"] == "factor" and faster["effect"]["value"] == pytest.approx(1.1**3)
    assert "not timed" not in page.read_text()


def test_the_optimism_gap_is_the_best_epoch_less_the_last(make_result: Make, tmp_path: Path) -> None:
    first = make_result("plain8", 0, 0.0, 5.0)
    epochs = tuple(
        replace(first.history[0], epoch=number, test_error_pct=error) for number, error in ((1, 7.0), (2, 3.5), (3, 5.0))
    )
    (page,) = make_reports(write(tmp_path, [replace(first, history=epochs)]), "depth")
    (row,) = csv.DictReader(page.with_name("trials.csv").read_text().splitlines())
    assert float(row["optimism_gap"]) == -1.5
    assert "| 5.00 | \N{MINUS SIGN}1.50 | 1/1 |" in page.with_name("summary.md").read_text()


def test_mistakes_are_counted_and_shown_where_a_suite_asks_for_them(make_result: Make, tiny: Images, tmp_path: Path) -> None:
    suite = load_suite("lectures")
    right = tiny.test.labels_N
    guesses = tuple(np.where(right == 2, 0, right).tolist())  # every third class is taken for the first
    made = [make_result(arm, seed, test=33.0, predictions=guesses) for arm in suite.arms.values() for seed in range(3)]
    out = write(tmp_path, made)
    write_labels(out, tiny)
    for result in made:
        write_sheet(Store(folder=out / "trials").path(result.trial), result, tiny)
    (page,) = make_reports(out, "lectures")
    assert page.read_text().count('class="sheet" src="data:image/png;base64,') == len(suite.arms)
    (study,) = studies_of("lectures", suite, made)
    counts = confusions(study, tuple(right.tolist()))
    assert list(counts) == list(suite.arms)
    expected = [[3 * int(((right == truth) & (np.array(guesses) == guess)).sum()) for guess in range(3)] for truth in range(3)]
    assert all(found.tolist() == expected for found in counts.values())
    assert confusions(study, None) == {} == confusions(study, (1, 2))


def test_probes_that_are_missing_or_failed_are_told_and_their_claims_untested(
    make_result: Make, tiny: Images, tmp_path: Path
) -> None:
    suite = load_suite("function_class")
    made = [make_result(arm, seed, test=float(seed)) for arm in suite.arms.values() for seed in range(3)]
    out = write(tmp_path, made)
    write_probes(out, suite, made)
    store = ProbeStore(folder=out / "probes")
    lost = next(result.trial for result in made if result.trial.seed == 0 and result.trial.arm == suite.arms["plain20"])
    store.path(lost, "zero_block").unlink()
    broken = next(result for result in store.read_all()[0] if (result.trial, result.probe) == (lost, "perturbation"))
    store.write(replace(broken, status="failed", detail="ValueError: <b>no</b>", findings=Findings()))
    (page,) = make_reports(out, "function_class")
    text = page.read_text()
    assert (
        "Not probed: zero_block of plain20 with seed 0, perturbation of plain20 with seed 0 (ValueError: &lt;b&gt;no&lt;/b&gt;)."
        in text
    )
    found = outcomes(page)
    assert (found["a-zero-block-ends-a-plain-network"], found["a-plain-network-does-not-come-back"]) == ("untested", "untested")
    assert [name for name, outcome in found.items() if outcome == "untested"] == [
        "a-zero-block-ends-a-plain-network",
        "a-plain-network-does-not-come-back",
    ]


def test_the_map_shows_networks_around_the_truth_by_their_distance() -> None:
    labels = (0, 1, 1)
    truth = np.eye(2)[list(labels)].ravel()
    drawn = np.random.default_rng(0)
    found = [
        ProbeArrays(
            arm=f"a{number}", family="plain", depth=8, seed=number, arrays={"probabilities": truth + drawn.normal(0, 0.2, 6)}
        )
        for number in range(4)
    ]
    exact = ProbeArrays(arm="exact", family="residual", depth=8, seed=0, arrays={"probabilities": truth})
    drawn_map = function_map([*found, exact], labels)
    assert drawn_map is not None and 0 < drawn_map.kept <= 1
    places = drawn_map.networks.set_index("arm")
    assert places.loc["exact", ["x", "y", "distance"]].tolist() == pytest.approx([0, 0, 0])
    for one in found:
        assert places.loc[one.arm, "distance"] == pytest.approx(np.linalg.norm(one.arrays["probabilities"] - truth) / 3**0.5)
        on_paper = np.hypot(places.loc[one.arm, "x"], places.loc[one.arm, "y"])
        assert on_paper <= np.linalg.norm(one.arrays["probabilities"] - truth) + 1e-9  # a projection shortens
    assert function_map(found, ()) is None


def test_seeds_that_another_suite_ran_for_itself_are_none_of_a_study(
    make_result: Make, results: list[TrialResult], tmp_path: Path
) -> None:
    more = [make_result(arm, seed, test=50.0) for arm in ("resnet20", "resnet56") for seed in (5, 6)]  # as `ordering` trains them
    (page,) = make_reports(write(tmp_path, [*results, *more]), "depth")
    assert "Partial" not in page.read_text()
    assert {row["effect"]["n"] for row in json.loads(page.with_name("verdicts.json").read_text())} == {5}
    begun = make_result("plain8", 5)
    (page,) = make_reports(write(tmp_path, [begun]), "depth")
    assert "Partial: 43 of 48 trials are there; missing: resnet8 with seed 5" in page.read_text()
