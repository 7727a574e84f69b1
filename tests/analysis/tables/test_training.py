"""Which runs train, and means that are never over both kinds of runs."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.pages.study_page import Summary
from analysis.tables.frames import of_one_kind, runs_by_arm
from analysis.tables.grouping import studies_of
from benchmarks.spec.failure import failure_line_pct
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.suite import load_suite
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
DIGITS, OTHERS = tuple("0123456789"), tuple("abcdefghij")


def test_the_failure_line_follows_from_recipe_and_classes() -> None:
    quick = RECIPES["quick"]
    assert [failure_line_pct(recipe, DIGITS) for recipe in (quick, replace(quick, learning_rate=0.025))] == [20.0, 20.0]
    assert failure_line_pct(quick, OTHERS) == pytest.approx(45.0) == failure_line_pct(replace(quick, epochs=30), DIGITS)
    for name in ("he2015", "he2016", "wrn", "resnext"):
        assert failure_line_pct(RECIPES[name], OTHERS) == 20.0
        assert failure_line_pct(RECIPES[name], tuple(map(str, range(100)))) == pytest.approx(49.5)
    for name in ("short", "lecture"):
        assert failure_line_pct(RECIPES[name], DIGITS) == pytest.approx(45.0)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.floats(0, 5), st.floats(80, 90)), min_size=2, max_size=6))
def test_no_mean_lies_between_runs_that_train_and_runs_that_fail(make_result: Make, errors: list[float]) -> None:
    made = [make_result("plain20", seed, train=error, test=error) for seed, error in enumerate(errors)]
    (study,) = studies_of("depth", load_suite("depth"), made)
    (row,) = Summary(study=study).arms
    assert row.runs == (sum(error < 50 for error in errors), len(errors)) == runs_by_arm(study)["plain20"]
    assert row.test is not None and (row.test.value <= 5 if row.runs.trained else row.test.value >= 80)
    assert len(set(of_one_kind(study.trials)["trains"])) == 1


def test_a_diverged_run_fails_whatever_its_error(make_result: Make) -> None:
    made = [make_result("plain20", 0, 1.0, 1.0), make_result("plain20", 1, 1.0, 1.0, status="diverged")]
    made.append(make_result("plain20", 2, status="oom", final=None, cost=None, history=()))
    (study,) = studies_of("depth", load_suite("depth"), made)
    assert runs_by_arm(study) == {"plain20": (1, 2)}  # one that ran out of memory is no run
    assert study.trials["trains"].tolist() == [True, False, None]
