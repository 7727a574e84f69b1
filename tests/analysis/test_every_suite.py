"""The report of every suite, with its timing, its probes and its mistakes, from made-up records."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from analysis.figures import load_figure
from analysis.figures._palette import INK, MIST, SILVER, SLATE, WHITE
from analysis.inference.verdict_json import verdicts_json
from analysis.pages.study_page import Summary
from analysis.report import make_reports
from analysis.tables.frames import confusions
from analysis.tables.grouping import studies_of
from benchmarks.spec.images import Images
from benchmarks.spec.metrics import METRICS
from benchmarks.spec.probe import Cell, Findings
from benchmarks.spec.suite import Suite, load_suite, probes_of, suite_names
from benchmarks.spec.timing import TimingPlan, Workload
from benchmarks.spec.trial import Trial
from benchmarks.store.mistakes import write_sheet
from benchmarks.store.out import Out
from benchmarks.store.probes import ProbeResult
from benchmarks.store.timings import NetworkTiming, TimingResult
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]


def outcomes(page: Path) -> dict[str, str]:
    return {row["claim"]: row["outcome"] for row in json.loads(page.with_name("verdicts.json").read_text())}


def holds_a_picture(page: Path, figure: str) -> bool:
    """Whether the panels of a figure in a page hold more than axes: something in a colour that is neither ink nor a grey."""
    (panels,) = re.findall(f'<div class="panels" data-figure="{figure}">.*?</div>', page.read_text(), re.DOTALL)
    return "<image" in panels or bool(set(re.findall(r"#[0-9a-f]{6}", panels)) - {INK, SLATE, SILVER, MIST, WHITE})


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


FAST = {"depth", "norm", "lesions"}  # the others are among the slow tests


@pytest.mark.parametrize("name", [pytest.param(name, marks=[] if name in FAST else [pytest.mark.slow]) for name in suite_names()])
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
    figures = {f"{figure}.png" for figure in suite.figures}
    assert figures <= {path.name for path in page.parent.iterdir()}
    assert all(holds_a_picture(page, figure) for figure in suite.figures)
    assert len(outcomes(page)) == len(suite.claims) > 0
    absent = {claim.id for claim in suite.claims if not claim.is_judged_on("tiny", tiny.classes)}  # they are about other classes
    assert {claim for claim, outcome in outcomes(page).items() if outcome == "untested"} == absent
    assert all(arm in page.read_text() for arm in suite.arms)


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
    guesses = tuple(tiny.test.labels_N.tolist())
    made = [make_result(arm, seed, test=float(seed), predictions=guesses) for arm in suite.arms.values() for seed in range(2)]
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
    Out(tmp_path).prepare()
    Out(tmp_path).labels.write(tiny)
    write_timing(tmp_path, suite, made[0])
    sessions, _ = Out(tmp_path).timings.read_all()
    (study,) = studies_of(name, suite, made, sessions, probes=answers)
    study = replace(study, labels=dict.fromkeys(range(2), guesses))
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
        None in (value for answer in answers for values in answer.findings.arrays.values() for value in values)
    )
