"""A run whose trials are on no page says so: seeds beyond the plan, or optional arms, that other suites share."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import typer
from typer.testing import CliRunner

from analysis.report import report_on
from analysis.tables.plans import trials_not_shown
from benchmarks import run
from benchmarks.cli.flags import Request
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.request import resolve
from benchmarks.spec.probe import Findings
from benchmarks.store.environment import Environment
from benchmarks.store.out import Out
from benchmarks.store.probes import ProbeResult
from benchmarks.store.trials import TrialResult

APP = typer.Typer(add_completion=False)
APP.command()(run.main)
SHARED = ("plain20", "resnet20", "plain56", "resnet56")


@pytest.mark.usefixtures("no_figures")
@pytest.mark.parametrize(("arms", "is_told"), [(SHARED, True), (("plain8", *SHARED), False)])
def test_seeds_that_the_page_leaves_out_are_named(
    make_result: Callable[..., TrialResult], out: Out, arms: tuple[str, ...], is_told: bool
) -> None:
    for seeds in ("3", "5"):
        _, (study,) = resolve(Request(suite="depth", arms=arms, rates="recipe", device="cpu", out=out.folder, seeds=seeds))
        assert isinstance(study, StudyPlan)
        out.plans.write(study.declared)
        for trial in study.trials:
            out.trials.write(replace(make_result("plain8", 0, test=2.0), trial=trial, data=study.images.facts))
    flags = ["--suite", "depth", "--rates", "recipe", "--seeds", "5", "--device", "cpu", "--out", str(out.folder)]
    said = CliRunner().invoke(APP, [*flags, *(flag for arm in arms for flag in ("--arms", arm))])
    words = "depth: 2 seeds not shown (3, 4): the plan does not declare them"
    assert said.exit_code == 0 and (words in said.stderr) == is_told


@pytest.mark.usefixtures("no_figures")
def test_an_optional_arm_that_the_page_leaves_out_is_named_until_its_claim_has_its_probe(
    make_result: Callable[..., TrialResult], environment: Environment, out: Out
) -> None:
    asked = Request(suite="branch", arms=("resnet20", "preresnet110"), rates="recipe", device="cpu", out=out.folder, seeds="3")
    _, (study,) = resolve(asked)
    assert isinstance(study, StudyPlan)
    out.plans.write(study.declared)
    for trial in study.trials:
        out.trials.write(replace(make_result("plain8", 0, test=2.0), trial=trial, data=study.images.facts))
    summary, _ = report_on(out, "branch", study.trials[0], study.declared)
    assert trials_not_shown(summary.study, study.trials).startswith("not shown: preresnet110, because no optional claim")
    slopes = {0: -0.47, 1: -0.46, 2: -0.45}
    for trial in study.trials:
        if "preresnet110" in trial.name:
            findings = Findings(values={"branch_share_slope": slopes[trial.seed]})
            measured = {"trial": trial, "findings": findings, "environment": environment}
            out.probes.write(ProbeResult(probe="block_starts", status="ok", seconds=1.0, **measured))
    summary, _ = report_on(out, "branch", study.trials[0], study.declared)
    assert trials_not_shown(summary.study, study.trials) == ""
    outcomes = {verdict.claim.id: verdict.outcome for verdict in summary.verdicts}
    assert outcomes["batch-norm-shrinks-the-branch"] == "supported" and "one-convolution-is-worse" in outcomes
