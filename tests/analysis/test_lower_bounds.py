"""A count that is a lower bound is shown as one, and nothing rests on it: no verdict, no ratio, no budget, no point of a figure."""

import csv
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.pages.console import print_summary
from analysis.pages.objections import objections
from analysis.pages.sessions import sessions_of
from analysis.report import make_reports
from analysis.tables.sessions import Sessions, equal_costs
from benchmarks.spec.cost import Cost
from benchmarks.spec.suite import load_suite
from benchmarks.spec.survey import load_survey
from benchmarks.store.environment import Environment
from benchmarks.store.out import Out
from benchmarks.store.timings import NetworkTiming, TimingResult
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]
EXACT = Cost(params=1000, macs=2_000_000, activations=30_000)
BOUND = replace(EXACT, counted_by="torch, at least (there is no formula for aten::x)")

CELLS = re.compile("<td[^>]*>at least 2 M</td><td[^>]*>at least 30 k</td>")


def study(make_result: Make, suite: str, bound: str, environment: Environment) -> list[TrialResult]:
    """Three seeds of every arm, one arm's cost a lower bound."""
    known = replace(environment, commit="0123abc", is_dirty=False)
    return [
        make_result(arm, seed, train=10.0 + seed, test=20.0 + seed, environment=known, cost=BOUND if label == bound else EXACT)
        for label, arm in load_suite(suite).arms.items()
        for seed in range(3)
    ]


@pytest.mark.usefixtures("no_figures")
def test_no_verdict_rests_on_a_lower_bound_and_the_page_says_at_least(
    make_result: Make, write: Write, environment: Environment, tmp_path: Path
) -> None:
    (page,) = make_reports(write(tmp_path, study(make_result, "vgg", "vgg16_bn", environment)), "vgg")
    verdicts = {row["claim"]: row for row in json.loads(page.with_name("verdicts.json").read_text())}
    assert verdicts["resnet34-takes-fewer-macs"]["outcome"] == "untested"
    assert "number of multiply-adds of VGG-16 (only a lower bound is known)" in page.read_text()
    assert {row["outcome"] for row in verdicts.values()} - {"untested"}  # others are judged
    row = next(line for line in page.with_name("summary.md").read_text().splitlines() if line.startswith("| vgg16_bn | 1"))
    assert row.startswith("| vgg16_bn | 1 k | at least 2 M | at least 30 k |")
    assert CELLS.search(page.read_text())
    assert "activations of vgg16_bn (2,000,000 and 30,000) are lower bounds, counted by torch, at least" in page.read_text()
    rows = csv.DictReader(page.with_name("trials.csv").read_text().splitlines())
    assert {row["macs"] for row in rows if row["arm"] == "vgg16_bn"} == {""}


def test_a_lower_bound_is_read_back_from_its_record_as_one(make_result: Make, tmp_path: Path) -> None:
    out = Out(tmp_path)
    out.prepare()
    out.trials.write(make_result("resnet8", 0, cost=BOUND))
    (found,), unreadable = out.trials.read_all()
    assert found.cost == BOUND and found.cost.is_lower_bound and not list(unreadable)
    assert found.cost.exact("params") == 1000 and found.cost.exact("macs") is None


def test_a_referee_objects_to_a_budget_with_a_lower_bound(
    make_result: Make, write: Write, environment: Environment, tmp_path: Path
) -> None:
    budget = next(budget for budget in load_suite("width").budgets if budget.on == "macs")
    results = study(make_result, "width", budget.arms[1], environment)
    words = f"budget: of the macs of {budget.arms[1]} only a lower bound is known, which cannot be compared"
    assert any(words in line for line in objections(write(tmp_path, results)))


def test_networks_of_equal_cost_are_compared_by_exact_counts_alone() -> None:
    budget = load_suite("width").budgets[0]
    first, second = budget.arms[:2]
    found = equal_costs([budget], {first: EXACT, second: BOUND}, Sessions())
    assert found["quantity"].tolist() == ["params"]
    assert equal_costs([budget], {first: EXACT, second: EXACT}, Sessions())["quantity"].tolist() == [
        "macs",
        "params",
        "activations",
    ]


def timed(environment: Environment, bound: str) -> TimingResult:
    """A session of the throughput survey, one network's cost a lower bound."""
    survey = load_survey("throughput")
    plan = survey.plan("throughput", list(survey.networks), "cpu")
    label_of = {network: label for label, network in survey.networks.items()}
    networks = tuple(
        NetworkTiming(
            workload=workload,
            cost=BOUND if label_of[workload.architecture] == bound else EXACT,
            infer_step_seconds=tuple(0.1 + turn / 1000 for turn in range(plan.num_rounds)),
            train_step_seconds=tuple(0.3 + turn / 1000 for turn in range(plan.num_rounds)) if "train" in workload.steps else (),
        )
        for workload in plan.workloads
    )
    return TimingResult(plan=plan, networks=networks, twin=None, ceilings=None, others_share=0.01, environment=environment)


def test_a_survey_shows_a_lower_bound_as_one_and_makes_no_rate_of_it(
    environment: Environment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    label = list(load_survey("throughput").networks)[1]
    session = timed(environment, label)
    Out(tmp_path).timings.write(session)
    (page,) = make_reports(tmp_path, "throughput")
    assert f"activations of {label} (2,000,000 and 30,000) are lower bounds" in page.read_text()
    assert f">{label}</th>" in page.read_text() and CELLS.search(page.read_text())
    rows = [row for row in csv.DictReader(page.with_name("networks.csv").read_text().splitlines()) if row["model"] == label]
    assert rows and {row[name] for row in rows for name in ("gmacs", "macts", "macs_per_byte", "infer_gmacs_per_sec")} == {""}
    assert all(row["infer_samples_per_sec"] for row in rows)
    assert page.with_name("time_by_macs.png").exists()
    (summary,) = sessions_of("throughput", [session])
    print_summary(summary, page)
    assert "are lower bounds, counted by torch, at least" in capsys.readouterr().out
    claims = [
        claim for claim in load_survey("throughput").claims if claim.measure.over == "counts" and label in claim.test.contrast
    ]
    assert all(verdict.outcome == "untested" for verdict in summary.verdicts if verdict.claim in claims)
