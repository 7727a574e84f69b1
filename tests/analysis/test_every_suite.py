"""The report of every suite, with its timing, its probes and its mistakes, from made-up records."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import numpy as np
import pytest

from analysis.figures import load_figure
from analysis.inference.verdict_json import verdicts_json
from analysis.inference.wording import in_words
from analysis.pages.study_page import Summary
from analysis.report import make_reports
from analysis.tables.frames import confusions, history_frame
from analysis.tables.grouping import studies_of
from analysis.tables.probes import ProbeArrays, function_map, probe_arrays, probe_frame
from benchmarks.spec.images import Images
from benchmarks.spec.metrics import METRICS
from benchmarks.spec.probe import Cell, Findings, ProbeUse
from benchmarks.spec.suite import Suite, arms, load_suite, probes_of, suite_names
from benchmarks.spec.timing import TimingPlan, Workload
from benchmarks.spec.trial import Trial
from benchmarks.store.mistakes import write_sheet
from benchmarks.store.out import Out
from benchmarks.store.probes import ProbeResult
from benchmarks.store.timings import NetworkTiming, TimingResult
from benchmarks.store.trials import TrialResult
from resnet_variants import parse

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]


def outcomes(page: Path) -> dict[str, str]:
    return {row["claim"]: row["outcome"] for row in json.loads(page.with_name("verdicts.json").read_text())}


def holds_a_picture(path: Path) -> bool:
    """Whether any axes of a figure hold more than themselves: a line, points, an image, or patches beyond background and frame."""
    axes = [group for group in ElementTree.parse(path).iter() if group.get("id", "").startswith("axes_")]
    children = [[child.get("id", "").rpartition("_")[0] for child in group] for group in axes]
    return any(set(ids) - {"patch", "text", "legend", "matplotlib.axis"} or ids.count("patch") > 6 for ids in children)


def write_timing(out: Path, suite: Suite, result: TrialResult, others_share: float = 0.0) -> None:
    """Three made-up sessions of a suite's networks: each network is 10% slower than the one before."""
    architectures = dict.fromkeys(arm.architecture for arm in suite.arms.values())
    recipe = result.trial.recipe
    workloads = tuple(
        Workload(architecture=one, task=result.data.task(recipe), batch_size=recipe.batch_size, steps=("train", "infer"))
        for one in architectures
    )
    plan = TimingPlan(workloads=workloads, precision="fp32")
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
    for hour in (1, 3, 5):
        Out(out).timings.write(replace(timing, finished_at=f"2026-01-01T{hour:02}:00:00Z"))


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
        "separation": [{"layer": layer, "position": layer / 27, "test_error_pct": 40.0 - layer} for layer in range(28)],
        "many_lesions": [
            {"kind": kind, "number": number, "draw": draw, "test_error_pct": 5.0 * number + draw}
            for kind in ("removed", "swapped")
            for number in range(4)
            for draw in range(2)
        ],
        "curvature": [{"plane": plane, "corner": 1, "loss": 2.0, "ratio": 0.1 * plane + 0.1} for plane in range(3)],
        "lesions": [
            {"kind": kind, "block": block, "test_error_pct": 3.0 * block}
            for kind in ("whole", "removed", "swapped")
            for block in range(1, 4)
            if kind != "whole" or block == 1
        ],
    }
    ramp = np.linspace(0.1, 1, images * classes) + seed / 10 + 0.01 * result.trial.architecture.depth
    arrays = {
        "probabilities": {"probabilities": tuple(ramp.tolist())},
        "regression": {name: tuple(np.linspace(-1, 1, 11).tolist()) for name in ("x", "learned", "true")},
        "loss_surface": {"losses": tuple(np.linspace(0.1, 9, 169).tolist())},
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
        Out(out).probes.write(answer)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name == "function_class" else []) for name in suite_names()]
)
def test_every_suite_makes_a_report_with_all_its_figures(
    write: Write, name: str, make_result: Make, tiny: Images, tmp_path: Path
) -> None:
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
    Out(out).labels.write(tiny)
    (page,) = make_reports(out, name)
    figures = {f"{figure}.{ending}" for figure in suite.figures for ending in ("svg", "png")}
    assert figures <= {path.name for path in page.parent.iterdir()}
    assert all(holds_a_picture(page.with_name(f"{figure}.svg")) for figure in suite.figures)
    assert len(outcomes(page)) == len(suite.claims) > 0
    assert "untested" not in outcomes(page).values()
    assert all(arm in page.read_text() for arm in suite.arms)


@pytest.mark.usefixtures("no_figures")
def test_a_network_without_shortcuts_that_has_no_residual_twin_is_of_neither_family(
    write: Write, make_result: Make, tmp_path: Path
) -> None:
    suite = load_suite("vgg")
    made = [make_result(arm, seed, test=10.0 + seed) for arm in suite.arms.values() for seed in range(3)]
    (page,) = make_reports(write(tmp_path, made), "vgg")
    rows = csv.DictReader(page.with_name("trials.csv").read_text().splitlines())
    assert {row["arm"]: row["family"] for row in rows} == {"lecture_resnet34": "residual", "vgg16_bn": "other"}
    (study,) = studies_of("vgg", suite, made)
    assert set(history_frame(study)["family"]) == {"residual", "other"}
    assert [parse(name).family for name in ("googlenet", "mlp_2x8", "resmlp_3x8", "plain8")] == [
        "other",
        "plain",
        "residual",
        "plain",
    ]


def test_what_probes_found_is_of_the_family_of_its_network(make_result: Make) -> None:
    """Figures of probes part networks by it: none of another kind stands beside a residual network as its plain twin."""
    families = {"vgg16_bn": "other", "googlenet": "other", "mlp_2x8": "plain", "plain8": "plain", "resnet8": "residual"}
    asked = (ProbeUse(probe="probabilities"),)
    suite = replace(load_suite("lectures"), arms=arms(*families), optional={}, claims=(), retired=(), probes=asked, reference="")
    made = [make_result(arm, 0, test=5.0) for arm in suite.arms.values()]
    findings = Findings(rows=({"layer": 1},), arrays={"probabilities": (0.25, 0.75)})
    found = [
        ProbeResult(trial=trial, probe=probe, status="ok", findings=findings, seconds=1.0, environment=made[0].environment)
        for trial, probe in probes_of(suite, [result.trial for result in made])
    ]
    (study,) = studies_of("lectures", suite, made, probes=found)
    rows = probe_frame(study, "probabilities")
    assert dict(zip(rows["arm"], rows["family"], strict=True)) == families
    assert {one.arm: one.family for one in probe_arrays(study, "probabilities")} == families


@pytest.mark.parametrize("found", [(None, None), (None, 0.5), (1, None)])
def test_what_a_probe_left_out_is_a_missing_number_to_figures(
    found: tuple[float | None, float | None], make_result: Make
) -> None:
    asked = (ProbeUse(probe="responses"),)
    suite = replace(load_suite("lectures"), arms=arms("plain8"), optional={}, claims=(), retired=(), probes=asked, reference="")
    made = make_result("plain8", 0, test=5.0)
    rows = tuple({"kind": "norm", "deviation": deviation} for deviation in found)
    answer = ProbeResult(
        trial=made.trial, probe="responses", status="ok", findings=Findings(rows=rows), seconds=1.0, environment=made.environment
    )
    (study,) = studies_of("lectures", suite, [made], probes=[answer])
    frame = probe_frame(study, "responses")
    assert frame["deviation"].dtype == np.float64 and frame["kind"].tolist() == ["norm", "norm"]
    assert frame["deviation"].isna().tolist() == [deviation is None for deviation in found]


@pytest.mark.usefixtures("no_figures")
def test_times_stand_in_a_table_with_their_conditions(write: Write, make_result: Make, tmp_path: Path) -> None:
    suite = load_suite("cardinality")
    made = [make_result(arm, seed, test=seed) for arm in suite.arms.values() for seed in range(3)]
    out = write(tmp_path, made)
    write_timing(out, suite, made[0], others_share=0.2)
    (page,) = make_reports(out, "cardinality")
    summary = page.with_name("summary.md").read_text()
    assert "| resnet29bn:width=32 | 10 [10, 10.1] |" in summary
    assert "other programs used 20.0% of it meanwhile" in summary
    assert "other programs used 20% of the machine: time them again when it is idle" in page.read_text()
    slower = next(row for row in json.loads(page.with_name("verdicts.json").read_text()) if row["claim"] == "groups-cost-time")
    assert slower["outcome"] == "supported" and slower["effect"]["n"] == 3
    assert slower["unit"] == "factor" and slower["effect"]["value"] == pytest.approx(1.1**3)
    assert "not timed" not in page.read_text()


def test_times_of_the_trials_machine_come_before_anothers(write: Write, make_result: Make, tmp_path: Path) -> None:
    """Whichever file's name comes first."""
    suite = load_suite("cardinality")
    here, there = (replace(make_result("resnet20", 0).environment, gpu=None, processor=name) for name in ("Here", "There"))
    made = [make_result(arm, seed, environment=here) for arm in suite.arms.values() for seed in range(3)]
    out = write(tmp_path, made)
    for number, machine in enumerate((there, here, there)):
        write_timing(out, suite, replace(made[0], environment=replace(machine, num_threads=1 + number)))
    sessions, _ = Out(out).timings.read_all()
    assert len(sessions) == 9
    for order in (sessions, sessions[::-1]):
        (study,) = studies_of("cardinality", suite, made, order)
        assert study.timing is not None and study.timing.environment.processor == "Here"
        assert len(study.timings) == 3 and {one.environment.processor for one in study.timings} == {"Here"}


def test_a_mean_over_epochs_is_over_all_seeds_to_the_end(make_result: Make) -> None:
    """A run that diverged keeps its last errors, and does not fall out of the mean."""
    whole, lost = make_result("plain20", 0, test=50.0), make_result("plain20", 1, test=90.0)
    (first,), (last,) = whole.history, lost.history
    long = replace(whole, history=tuple(replace(first, epoch=number) for number in (1, 2, 3)))
    for status, expected in (("diverged", [70.0, 70.0, 70.0]), ("ok", [70.0, 50.0, 50.0])):
        (study,) = studies_of("depth", load_suite("depth"), [long, replace(lost, status=status, history=(last,))])
        assert history_frame(study).groupby("epoch")["test_error_pct"].mean().tolist() == expected


def test_a_seed_without_a_number_leaves_the_claims_on_it_untested(make_result: Make) -> None:
    """It must not fall out of the mean: it is the seed that went worst."""
    suite = load_suite("function_map")
    lost_arm = suite.arms["plain56"]
    made = [make_result(arm, seed, test=80 if arm == lost_arm else seed) for arm in suite.arms.values() for seed in range(3)]
    place = next(place for place, one in enumerate(made) if one.trial.arm == lost_arm)
    assert made[place].final is not None
    made[place] = replace(made[place], status="diverged", detail="no number", final=replace(made[place].final, train_loss=None))
    (study,) = studies_of("function_map", suite, made)
    summary = Summary(study=study)
    assert next(row.loss for row in summary.arms if row.arm == "plain56") is None  # no mean over the others
    verdicts = {verdict.claim.id: verdict for verdict in summary.verdicts}
    assert verdicts["residual-does-not-stray"].outcome != "untested"
    words = in_words(verdicts["plain-strays-with-depth"])
    assert words == "Untested: not measured: training loss of plain56 with seed 0 (no number)."


def test_a_run_that_fails_without_a_number_is_a_failure_where_others_train(make_result: Make) -> None:
    suite = load_suite("function_map")
    made = [make_result(arm, seed, test=seed) for arm in suite.arms.values() for seed in range(3)]
    place = next(place for place, one in enumerate(made) if one.trial.arm == suite.arms["plain56"])
    assert made[place].final is not None
    made[place] = replace(made[place], status="diverged", detail="no number", final=replace(made[place].final, train_loss=None))
    (study,) = studies_of("function_map", suite, made)
    (verdict,) = [verdict for verdict in Summary(study=study).verdicts if verdict.claim.id == "plain-strays-with-depth"]
    assert verdict.evidence.runs["plain56"] == (2, 3) and verdict.effect is not None and verdict.effect.n == 2
    assert "In the 2 seeds in which all arms train, too few to test, training loss" in in_words(verdict)


def test_mistakes_are_counted_and_shown_where_a_suite_asks_for_them(
    write: Write, make_result: Make, tiny: Images, tmp_path: Path
) -> None:
    suite = load_suite("lectures")
    right = tiny.test.labels_N
    guesses = tuple(np.where(right == 2, 0, right).tolist())  # every third class is taken for the first
    made = [make_result(arm, seed, test=33.0, predictions=guesses) for arm in suite.arms.values() for seed in range(3)]
    out = write(tmp_path, made)
    Out(out).labels.write(tiny)
    for result in made:
        write_sheet(Out(out).sheet(result.trial), result, tiny)
    (page,) = make_reports(out, "lectures")
    assert page.read_text().count('class="sheet" src="data:image/png;base64,') == len(suite.arms)
    (study,) = studies_of("lectures", suite, made)
    counts = confusions(study, dict.fromkeys(range(3), tuple(right.tolist())))
    assert list(counts) == list(suite.arms)
    expected = [[3 * int(((right == truth) & (np.array(guesses) == guess)).sum()) for guess in range(3)] for truth in range(3)]
    assert all(found.tolist() == expected for found in counts.values())
    assert confusions(study, {}) == {} == confusions(study, {0: (1, 2)})


@pytest.mark.usefixtures("no_figures")
def test_probes_that_are_missing_or_failed_are_told_and_their_claims_untested(
    write: Write, make_result: Make, tiny: Images, tmp_path: Path
) -> None:
    suite = load_suite("function_class")
    made = [make_result(arm, seed, test=float(seed)) for arm in suite.arms.values() for seed in range(3)]
    out = write(tmp_path, made)
    write_probes(out, suite, made)
    store = Out(out).probes
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


def spoilt(findings: Findings, how: str) -> Findings:
    """Findings of a network that diverged: no numbers, or huge ones, or all alike."""
    number = {"none": None, "huge": 1e30, "flat": 7.0}[how]
    kept = {"gamma", "blocks", "epoch", "layer", "position", "distance", "block"}

    def cell(name: str, found: Cell) -> Cell:
        if name in kept or isinstance(found, str):
            return found
        return 100.0 if name.endswith("_pct") and how == "huge" else number

    return Findings(
        values=dict.fromkeys(findings.values, number),
        rows=tuple({name: cell(name, found) for name, found in row.items()} for row in findings.rows),
        arrays={name: (number,) * len(values) for name, values in findings.arrays.items()},
    )


@pytest.mark.parametrize("name", [name for name in suite_names() if load_suite(name).probes])
@pytest.mark.parametrize(
    ("how", "is_spoilt"),
    [
        ("none", lambda trial: trial.architecture.depth == 20 and trial.seed == 0),
        ("none", lambda trial: True),
        ("failed", lambda trial: trial.architecture.depth != 20),
        pytest.param("huge", lambda trial: trial.architecture.family == "plain", marks=pytest.mark.slow),
        pytest.param("flat", lambda trial: True, marks=pytest.mark.slow),
    ],
)
def test_figures_and_tables_are_made_whatever_became_of_networks_and_probes(
    name: str, how: str, is_spoilt: Callable[[Trial], bool], make_result: Make, tiny: Images, tmp_path: Path
) -> None:
    suite = load_suite(name)
    made = [make_result(arm, seed, test=float(seed)) for arm in suite.arms.values() for seed in range(2)]
    for place, result in enumerate(made):
        if is_spoilt(result.trial) and how == "none":
            assert result.final is not None
            final, epochs = replace(result.final, train_loss=None, test_loss=None), result.history
            history = tuple(replace(epoch, train_loss=None, test_loss=None) for epoch in epochs)
            made[place] = replace(result, status="diverged", detail="no number", final=final, history=history)
    answers = []
    for trial, probe in probes_of(suite, [result.trial for result in made]):
        by_trial = {result.trial: result for result in made}
        findings = made_up(probe, by_trial[trial])
        status: Literal["ok", "failed"] = "failed" if is_spoilt(trial) and how == "failed" else "ok"
        if is_spoilt(trial):
            findings = Findings() if how == "failed" else spoilt(findings, how)
        answers.append(
            ProbeResult(trial=trial, probe=probe, status=status, findings=findings, seconds=1.0, environment=made[0].environment)
        )
    Out(tmp_path).labels.write(tiny)
    (study,) = studies_of(name, suite, made, probes=answers)
    summary = Summary(study=study)
    data, key = summary.figure_data(Out(tmp_path))
    assert key == ()
    for figure in suite.figures:
        kind = load_figure(figure)
        if kind.is_possible(data):
            kind.draw(data).draw_without_rendering()
        else:
            assert any(is_spoilt(result.trial) for result in made), figure
    assert len(verdicts_json(summary.verdicts)) == len(suite.claims)
    assert any("Not finite, and left out of figures: values of " in line for line in summary.warnings) == (
        how == "none" and any(answer.findings.arrays for answer in answers)
    )


def test_a_network_whose_probabilities_are_no_numbers_is_not_on_the_map() -> None:
    points = np.random.default_rng(0).random((4, 6))
    points[1, 2] = np.nan
    found = [
        ProbeArrays(arm=f"a{number}", family="plain", depth=8, seed=0, arrays={"probabilities": row})
        for number, row in enumerate(points)
    ]
    drawn = function_map(found, (0, 1, 1))
    assert drawn is not None and drawn.networks["arm"].tolist() == ["a0", "a2", "a3"]
    assert function_map(found[:3], (0, 1, 1)) is None


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
