"""Make tidy frames from a study's records: epochs, estimates, confusion matrices and missing trials."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.image_sampling import TwoLevelMean, on_other_images, two_level_mean
from analysis.statistics.failures import Runs
from analysis.statistics.means import Estimate, estimate
from analysis.tables.rounding import least_deviations
from analysis.tables.studies import Study
from analysis.tables.trials import METRIC_COLUMNS
from analysis.tables.versions import is_version
from benchmarks.store.trials import HAS_RESULT, Epoch, TrialResult


def with_numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """Convert every object column without text to floats, with NaN for None, so that it has a mean even if it is all None."""
    texts = {name for name in rows if rows[name].map(lambda cell: isinstance(cell, str)).any()}
    return rows.assign(
        **{str(name): rows[name].astype(float) for name in rows if name not in texts and rows[name].dtype == object}
    )


def history_frame(study: Study) -> pd.DataFrame:
    """Return a row per trial and epoch: arm, family, depth, seed, epoch, running training error and test error.

    Runs are of one kind per arm, as for means. The last errors of a diverged trial are repeated up to the last epoch of the longest trial,
    so that means include every seed.
    """
    kept = set(of_one_kind(study.trials)["key"])
    longest = max((len(result.history) for result in study.results), default=0)
    rows = [
        {
            "arm": study.suite.label_of(result.trial),
            "family": result.trial.architecture.family,
            "depth": result.trial.architecture.depth,
            "seed": result.trial.seed,
            "epoch": number,
            "train_error_pct": epoch.train_error_pct,
            "test_error_pct": epoch.test_error_pct,
        }
        for result in study.results
        if result.trial.key in kept
        for number, epoch in _epochs_until(longest, result)
    ]
    return pd.DataFrame(rows)


def _epochs_until(longest: int, result: TrialResult) -> Iterator[tuple[int, Epoch]]:
    """Yield the numbered epochs of a trial, and repeat the last one up to `longest` if the trial diverged."""
    yield from ((epoch.epoch, epoch) for epoch in result.history)
    if result.status == "diverged" and result.history:
        yield from ((number, result.history[-1]) for number in range(len(result.history) + 1, longest + 1))


def with_result(trials: pd.DataFrame) -> pd.DataFrame:
    """Select the trials with results: those that are ok or diverged."""
    return trials[trials["status"].isin(HAS_RESULT)]


def of_one_kind(trials: pd.DataFrame) -> pd.DataFrame:
    """Select per arm the runs that train, or all runs with results if none trains: a mean over both kinds describes no run."""
    rows = with_result(trials)
    trains = rows["trains"].astype(bool)
    return rows[trains | ~trains.groupby(rows["arm"]).transform("any").astype(bool)]


def runs_by_arm(study: Study) -> dict[str, Runs]:
    """Count by arm the runs with results, and those of them that train."""
    return {
        str(arm): Runs(int(rows["trains"].astype(bool).sum()), len(rows))
        for arm, rows in with_result(study.trials).groupby("arm", sort=False)
    }


def estimates_by_arm(study: Study) -> dict[str, dict[str, Estimate]]:
    """Estimate by arm the training error, test error and loss over runs of one kind; a metric is left out if one of them lacks it.

    The interval of a test error also holds for other test images where the split is fixed and labels and predictions were kept.
    """
    least = {column: least_deviations(study, column) for column in METRIC_COLUMNS}
    estimates = {
        str(arm): {
            column: estimate(rows[column].tolist(), least[column][str(arm)])
            for column in METRIC_COLUMNS
            if rows[column].notna().all()
        }
        for arm, rows in of_one_kind(study.trials).groupby("arm", sort=False)
    }
    for arm, found in means_over_images(study).items():
        estimates[arm]["test_error_pct"] = on_other_images(estimates[arm]["test_error_pct"], found)
    return estimates


def means_over_images(study: Study) -> dict[str, TwoLevelMean]:
    """Compute by arm the mean test error over seeds and images, in %, over runs of one kind.

    An arm is left out if it has one run, or if labels or predictions of a run are missing; so are all if each seed has its own images.
    """
    by_key = {result.trial.key: result for result in study.results}
    means = {}
    for arm, keys in of_one_kind(study.trials).groupby("arm", sort=False)["key"]:
        results = [by_key[key] for key in keys]
        pairs = [(result.predictions, study.labels.get(result.trial.seed, ())) for result in results]
        is_shared = all(result.trial.split is None for result in results)
        if is_shared and len(pairs) > 1 and all(1 < len(true) == len(predicted) for predicted, true in pairs):
            means[str(arm)] = two_level_mean(np.array([100.0 * (np.array(predicted) != true) for predicted, true in pairs]))
    return means


def confusions(study: Study, labels: Mapping[int, Sequence[int]]) -> dict[str, NDArray[np.int64]]:
    """Count by arm the test images of all seeds, true by predicted class; `labels` are by seed. Empty without labels or predictions."""
    num_classes = len(study.results[0].data.classes)
    matrices: dict[str, NDArray[np.int64]] = {}
    for label in study.suite.arms:
        for result in study.results:
            true = labels.get(result.trial.seed, ())
            if study.suite.label_of(result.trial) == label and true and len(result.predictions) == len(true):
                counts = matrices.setdefault(label, np.zeros((num_classes, num_classes), np.int64))
                np.add.at(counts, (np.asarray(true), np.asarray(result.predictions)), 1)
    return matrices


def missing_trials(study: Study) -> list[tuple[str, int]]:
    """Return each (arm, seed) without a record, for the seeds of the study and the suite's arms that can be trained here.

    An arm that has exactly the seeds of a declared look lacks none: claims about it may be decided while others need more seeds.
    """
    seeds = sorted({result.trial.seed for result in study.results})
    recorded = set(zip(study.trials["arm"], study.trials["seed"], strict=True))
    at_looks = [set(range(study.first_seed, study.first_seed + look)) for look in study.looks]
    of_arm = {label: {seed for arm, seed in recorded if arm == label} for label in study.suite.arms}
    arms = [label for label, arm in study.suite.arms.items() if not is_version(label, arm) and of_arm[label] not in at_looks]
    return [(arm, seed) for seed in seeds for arm in arms if (arm, seed) not in recorded]
