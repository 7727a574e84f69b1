"""Judge a study's controls: copies of its reference arm whose outcome is known before they run.

A twin has other initial weights and nothing else, so it must not differ. A copy that was trained on half-wrong labels must be worse. Where a
control fails, differences between the study's arms need not come from their architecture.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import pandas as pd

from analysis.statistics.margins import beyond_margin, t_one_sided
from analysis.tables.frames import with_result
from analysis.tables.rounding import least_deviations
from analysis.tables.studies import Study
from benchmarks.spec.claims import FEWEST_SEEDS
from benchmarks.spec.trial import CONTROLS, HALF_WRONG, TWIN

METRIC = "test_error_pct"
TWIN_LEVEL = 0.001  # at 1%, three rates and three looks would void a suite by chance in 8% of runs
FEWEST = {TWIN: FEWEST_SEEDS, HALF_WRONG: 4}  # seeds that count
ControlOutcome = Literal["passed", "failed", "too few seeds", "not run"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Control:
    """Outcome of a control, and by seed its test error minus the reference's, in points, for the seeds that count.

    For a twin all seeds of the judged look count, for half-wrong labels those of them in which the reference trains. `p` is that of a
    twin's mean difference. `missing` are the seeds of the reference for which the control has no result.
    """

    control: str
    reference: str
    outcome: ControlOutcome
    differences: Mapping[int, float]
    p: float | None = None
    missing: tuple[int, ...] = ()

    @property
    def num_seeds(self) -> int:
        """Number of seeds that count."""
        return len(self.differences)


def controls_json(controls: Iterable[Control]) -> list[dict[str, object]]:
    """Return the controls as JSON objects: name, reference arm, outcome, number of seeds that count, and p of a twin."""
    return [
        {
            "control": control.control,
            "reference": control.reference,
            "outcome": control.outcome,
            "n": control.num_seeds,
            "p": control.p,
        }
        for control in controls
    ]


def controls_of(study: Study) -> tuple[Control, ...]:
    """Judge both controls of a study's reference arm; return none if its suite names no reference."""
    return tuple(_judge(control, study) for control in CONTROLS if study.suite.reference)


def _judge(control: str, study: Study) -> Control:
    reference, rows = study.suite.reference, study.control_trials
    own = _by_seed(study.trials[study.trials["arm"] == reference])
    copies = _by_seed(rows[rows["control"] == control])
    judged = _judged_seeds(own.index.intersection(copies.index).tolist(), study)
    seeds = [seed for seed in judged if control == TWIN or own["trains"][seed]]
    differences = {seed: float(copies[METRIC][seed] - own[METRIC][seed]) for seed in seeds}
    outcome: ControlOutcome = "passed"
    p = None
    if copies.empty:
        outcome = "not run"
    elif len(differences) < FEWEST[control]:
        outcome = "too few seeds"
    elif control == TWIN:
        p = _p_of(list(differences.values()), math.sqrt(2) * least_deviations(study, METRIC)[reference])
        outcome = "failed" if p < TWIN_LEVEL else "passed"
    elif min(differences.values()) <= 0:
        outcome = "failed"
    missing = tuple(own.index.difference(copies.index).tolist())
    return Control(control=control, reference=reference, outcome=outcome, differences=differences, p=p, missing=missing)


def _by_seed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with a result, by seed."""
    return with_result(rows).set_index("seed").sort_index()


def _judged_seeds(seeds: list[int], study: Study) -> list[int]:
    """Return the seeds of the last complete look; all seeds if no look was declared."""
    if not study.looks:
        return seeds
    complete = [look for look in study.looks if set(range(study.first_seed, study.first_seed + look)) <= set(seeds)]
    return [seed for seed in seeds if complete and seed < study.first_seed + complete[-1]]


def _p_of(differences: Sequence[float], least_deviation: float) -> float:
    """Compute the two-sided p of Student's t test that the mean difference is 0; errors count whole images."""
    return beyond_margin(differences, 0.0, partial(t_one_sided, least_deviation=least_deviation)).p
