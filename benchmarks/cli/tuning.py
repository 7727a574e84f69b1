"""From tuning runs to the trials at each arm's own best learning rate: what is still unknown of them before, and what was chosen after."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from benchmarks.cli.plan import StudyPlan
from benchmarks.spec.trial import Arm, Trial
from benchmarks.spec.tuning import ArmTuning, at_chosen_rates, grid
from benchmarks.spec.words import counted
from benchmarks.store.out import Out
from benchmarks.store.tuning import arm_tuning


def tunings_of(study: StudyPlan, out: Out) -> dict[Arm, ArmTuning]:
    """Return the tuning of each arm from the records in OUT."""
    results = [result for trial in study.tuning if (result := out.trials.find(trial)) is not None]
    rate = study.recipe.learning_rate
    return {
        arm: arm_tuning((result for result in results if study.arm_of(result.trial) == arm), rate)
        for arm in dict.fromkeys(map(study.arm_of, study.tuning))
    }


def with_chosen_rates(study: StudyPlan, out: Out) -> StudyPlan:
    """Return the study with the trials of each arm at its chosen rate, those last that it did not have; arms without a choice add none."""
    chosen = {arm: tuning.chosen for arm, tuning in tunings_of(study, out).items()}
    added = at_chosen_rates(study.suite, study.trials, {arm: rate for arm, rate in chosen.items() if rate is not None})
    return replace(study, trials=tuple(dict.fromkeys((*study.trials, *added))))


def possible_trials(study: StudyPlan) -> set[Trial]:
    """Return all trials that a study may run: its own, those that tune, and those at any rate that may be chosen."""
    arms, rates = set(map(study.arm_of, study.tuning)), grid(study.recipe.learning_rate) if study.tuning else ()
    chosen = (trial for rate in rates for trial in at_chosen_rates(study.suite, study.trials, dict.fromkeys(arms, rate)))
    return {*study.trials, *study.tuning, *chosen}


def trials_after_tuning(study: StudyPlan, out: Out) -> list[Trial]:
    """Return the trials at the chosen rates that are not done; of an arm without a choice, those at the rate that costs most."""
    after: list[Trial] = []
    for arm, tuning in tunings_of(study, out).items():
        rates = [found.rate for found in tuning.rates] if tuning.chosen is None else [tuning.chosen]
        added = [set(at_chosen_rates(study.suite, study.trials, {arm: rate})) - set(study.trials) for rate in rates]
        missing = [list(trials - out.with_result(trials)) for trials in added]
        most = max(missing, key=len)
        after += most
    return after


def choices_in_words(study: StudyPlan, out: Out) -> Iterator[str]:
    """Yield a line on the chosen rates, one on those at the edge of the grid, and one for each arm without a choice."""
    labels, found = study.suite.labels, tunings_of(study, out)
    chosen = {labels[arm]: tuning for arm, tuning in found.items() if tuning.chosen is not None}
    if chosen:
        rates = ", ".join(f"{label} {tuning.chosen:g}" for label, tuning in chosen.items())
        yield f"{study.name}: best learning rates on held-out images: {rates}"
    edges = [label for label, tuning in chosen.items() if tuning.is_at_edge]
    if edges:
        yield f"{study.name}: at the grid's edge, so that a better rate may lie beyond it: {', '.join(edges)}"
    for arm, tuning in found.items():
        if tuning.chosen is None:
            num_planned = sum(study.arm_of(trial) == arm for trial in study.tuning)
            yield f"{study.name}: no rate chosen for {labels[arm]}: {tuning.num_runs} of {num_planned} tuning runs have a result"


def tuning_in_words(tuning: dict[str, Any], device: str, jobs: int) -> str:
    """Return a line of a plan on its tuning runs, and on the trials at the chosen rates, which are known after them."""
    return (
        f"Before: {counted(tuning['trials'], 'tuning run')}, {tuning['done']} of them done; the rest takes about "
        f"{_time(tuning['seconds_left'])}, {jobs} at once on {device}. After: at most {counted(tuning['more_trials'], 'more trial')} "
        f"at the chosen rates, about {_time(tuning['more_seconds'])}."
    )


def _time(seconds: float) -> timedelta:
    return timedelta(seconds=round(seconds))
