"""How coarse errors are: they count whole images, so that equal errors of few images do not show that nothing varies."""

import math

from analysis.tables.studies import Study
from benchmarks.spec.metrics import METRICS

STEP_VARIANCE = 1 / 12  # of a number that may lie anywhere in a step of width 1


def least_deviations(study: Study, metric: str) -> dict[str, float]:
    """By arm, the standard deviation over seeds that a metric has at least, in its unit; 0 where it counts no images."""
    measure = METRICS[metric]
    trials = {result.trial.arm: result.trial for result in study.results}
    facts = study.results[0].data
    found = {}
    for label, arm in study.suite.arms.items():
        if arm in trials:
            num_images = facts.num_test if measure.counts == "test" else trials[arm].num_images(facts.num_train)
            found[label] = 100 / num_images * math.sqrt(measure.num_errors * STEP_VARIANCE) if measure.counts else 0.0
    return found
