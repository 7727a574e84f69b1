"""A study's records -> tidy frames: its epochs, its estimates, its confusions, and what is missing."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.statistics import Estimate, estimate
from analysis.tables.rounding import least_deviations
from analysis.tables.studies import Study
from analysis.tables.trials import METRIC_COLUMNS
from analysis.tables.versions import is_version
from benchmarks.store.trials import HAS_RESULT, Epoch, TrialResult


def with_numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows, with NaN for None in every column that holds no text: such a column has a mean, though nothing in it may be a number."""
    texts = {name for name in rows if rows[name].map(lambda cell: isinstance(cell, str)).any()}
    return rows.assign(
        **{str(name): rows[name].astype(float) for name in rows if name not in texts and rows[name].dtype == object}
    )


def history_frame(study: Study) -> pd.DataFrame:
    """One row for each epoch of each measured trial: arm, family, depth, seed, epoch, running training error and test error.

    A trial that diverged keeps its last errors until the longest one ends, so that a mean over seeds is over all of them.
    """
    longest = max((len(result.history) for result in study.results), default=0)
    by_arm = {arm: label for label, arm in study.suite.arms.items()}
    rows = [
        {
            "arm": by_arm[result.trial.arm],
            "family": result.trial.architecture.family,
            "depth": result.trial.architecture.depth,
            "seed": result.trial.seed,
            "epoch": number,
            "train_error_pct": epoch.train_error_pct,
            "test_error_pct": epoch.test_error_pct,
        }
        for result in study.results
        for number, epoch in _until(longest, result)
    ]
    return pd.DataFrame(rows)


def _until(longest: int, result: TrialResult) -> Iterator[tuple[int, Epoch]]:
    """The epochs of a trial by their numbers; the last again and again where it diverged."""
    yield from ((epoch.epoch, epoch) for epoch in result.history)
    if result.status == "diverged" and result.history:
        yield from ((number, result.history[-1]) for number in range(len(result.history) + 1, longest + 1))


def with_result(trials: pd.DataFrame) -> pd.DataFrame:
    """The rows that have figures: ok and diverged."""
    return trials[trials["status"].isin(HAS_RESULT)]


def estimates_by_arm(study: Study) -> dict[str, dict[str, Estimate]]:
    """For each arm that has figures: training and test error over its seeds, and the loss where every seed has one."""
    least = {column: least_deviations(study, column) for column in METRIC_COLUMNS}
    return {
        str(arm): {
            column: estimate(rows[column].tolist(), least[column][str(arm)])
            for column in METRIC_COLUMNS
            if rows[column].notna().all()
        }
        for arm, rows in with_result(study.trials).groupby("arm", sort=False)
    }


def confusions(study: Study, labels: Sequence[int]) -> dict[str, NDArray[np.int64]]:
    """For each arm with predictions the counts of its test images, truth by guess, over all seeds; none without the labels."""
    by_arm = {arm: label for label, arm in study.suite.arms.items()}
    num_classes = len(study.results[0].data.classes)
    found: dict[str, NDArray[np.int64]] = {}
    for label in by_arm.values():
        for result in study.results:
            if by_arm[result.trial.arm] == label and labels and len(result.predictions) == len(labels):
                counts = found.setdefault(label, np.zeros((num_classes, num_classes), np.int64))
                np.add.at(counts, (np.asarray(labels), np.asarray(result.predictions)), 1)
    return found


def missing_trials(study: Study) -> list[tuple[str, int]]:
    """The (arm, seed) that have no record, among the suite's arms that can be trained here and the seeds that any of them has."""
    seeds = sorted({result.trial.seed for result in study.results})
    found = set(zip(study.trials["arm"], study.trials["seed"], strict=True))
    arms = [label for label, arm in study.suite.arms.items() if not is_version(label, arm)]
    return [(arm, seed) for seed in seeds for arm in arms if (arm, seed) not in found]
