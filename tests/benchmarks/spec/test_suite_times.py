"""What the list of suites says of their trials and times is what a run plans, and what the reference took."""

from pathlib import Path

import pytest

from benchmarks.cli.flags import Request
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.request import resolve
from benchmarks.spec.suite import suite_names
from benchmarks.spec.suite_times import suite_times
from benchmarks.spec.survey import survey_names
from benchmarks.spec.trial import Arm
from benchmarks.store.out import Out

REFERENCE = Out(Path(__file__).parents[3] / "results" / "reference")


def test_every_suite_and_survey_has_its_line() -> None:
    assert list(suite_times()) == [*suite_names(), *survey_names()]


@pytest.mark.slow
@pytest.mark.parametrize("name", suite_names())
def test_trials_and_minutes_are_those_of_the_plan_and_the_reference(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # the recipe of vgg takes the precision of the processor, which has no bfloat16 where the reference was made
    monkeypatch.setattr("benchmarks.cli.plan.has_native_bf16", lambda device: False)
    _, (study,) = resolve(Request(suite=name, device="cpu", out=Path("nowhere")))
    assert isinstance(study, StudyPlan)
    fastest: dict[Arm, float] = {}
    for trial in study.trials:
        result = REFERENCE.trials.find(trial)
        if result is not None and result.has_result:
            seconds = sum(epoch.train_seconds + epoch.eval_seconds for epoch in result.history)
            fastest[study.arm_of(trial)] = min(fastest.get(study.arm_of(trial), seconds), seconds)
    minutes = sum(fastest[study.arm_of(trial)] for trial in study.trials) / 2 / 60
    found = suite_times()[name]
    assert (found.trials, found.minutes) == (len(study.trials), round(minutes, 1)), f"{name},{len(study.trials)},{minutes:.1f}"
