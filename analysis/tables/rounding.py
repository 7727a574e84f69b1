"""Compute the coarseness of errors: they count whole images, so equal errors over seeds do not prove a deviation of 0."""

import math

from analysis.tables.studies import Study
from benchmarks.spec.metrics import metric_of

STEP_VARIANCE = 1 / 12  # variance of a uniform distribution of width 1


def least_deviations(study: Study, metric: str) -> dict[str, float]:
    """Compute by arm the least standard deviation over seeds of a metric, in its unit; 0 if it does not count images.

    The share of errors that confuse two classes counts images among the errors of a run, of which there are fewer.
    """
    measure = metric_of(metric)
    if measure.confused is not None:
        errors = study.trials.groupby("arm")["test_error_pct"].mean() / 100 * study.results[0].data.num_test
        return {str(arm): math.sqrt(STEP_VARIANCE) / max(number, 1.0) for arm, number in errors.dropna().items()}
    trials = {study.suite.label_of(result.trial): result.trial for result in study.results}
    facts = study.results[0].data
    deviations = {}
    for label in study.suite.arms:
        if label in trials:
            num_images = facts.num_test if measure.counts == "test" else trials[label].num_images(facts.num_train)
            deviations[label] = 100 / num_images * math.sqrt(measure.num_errors * STEP_VARIANCE) if measure.counts else 0.0
    return deviations


def image_pct(study: Study, metric: str) -> float:
    """Return what one image is worth in a metric that counts images, in points, on the smallest set of images; 0 for other metrics."""
    counts, facts = metric_of(metric).counts, study.results[0].data
    if counts is None:
        return 0.0
    return 100 / (
        facts.num_test if counts == "test" else min(result.trial.num_images(facts.num_train) for result in study.results)
    )
