"""A run of several suites: each is reported on once, and the page over all of them is made once, at its end."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from analysis import report
from analysis.inference import study_verdicts
from analysis.inference.rates import judge_at_rates
from benchmarks.cli.execute import run_all
from benchmarks.cli.flags import Request
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.request import resolve
from benchmarks.spec.suite import load_suite
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

SUITES = ("depth", "ordering", "shortcut")
REQUEST = Request(seeds="1", device="cpu", out=Path("nowhere"))


@pytest.mark.slow
@pytest.mark.usefixtures("no_figures")
def test_a_run_of_several_suites_makes_each_summary_once_for_its_report_and_once_for_the_overview(
    make_result: Callable[..., TrialResult], out: Out, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolved = [resolve(replace(REQUEST, suite=name)) for name in SUITES]
    context, asked = resolved[0][0], [one for _, plans in resolved for one in plans]
    for study in asked:
        assert isinstance(study, StudyPlan)
        for trial in study.trials:  # nothing is left to train
            out.trials.write(replace(make_result("plain8", 0), trial=trial, data=study.images.facts))
    made: list[str] = []
    for of, make in ((report, report.write_overview), (study_verdicts, judge_at_rates)):
        monkeypatch.setattr(of, make.__name__, lambda *given, make=make: made.append(make.__name__) or make(*given))
    answers = run_all(asked, context, out, shown="nothing")
    assert [Path(answer["report"]).parts[-3] for answer in answers] == [*SUITES]
    assert all(len(load_suite(name).families("digits")) == 1 and load_suite(name).of_retired_claims.claims for name in SUITES)
    on_pages = ["judge_at_rates"] * 2 * len(SUITES)  # the claims in use, and those that are retired
    assert made == [*on_pages, "write_overview", *["judge_at_rates"] * len(SUITES)]  # the overview shows no retired one
    assert (tmp_path / "index.html").read_text().count('<li class="question') == len(SUITES)
