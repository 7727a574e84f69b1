"""A run whose trials are on no page says so: seeds beyond the plan of arms that other suites share."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import typer
from typer.testing import CliRunner

from benchmarks import run
from benchmarks.cli.flags import Request
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.request import resolve
from benchmarks.store.out import Out
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
