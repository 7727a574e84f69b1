"""Make a frame with a row per trial and epoch, exactly as recorded."""

from collections.abc import Iterable
from dataclasses import asdict

import pandas as pd

from benchmarks.spec.suite import Suite
from benchmarks.spec.trial import control_label
from benchmarks.store.trials import TrialResult

NUMBERS = ("train_loss", "test_loss")  # None if they are not finite


def epochs_frame(suite: Suite, results: Iterable[TrialResult]) -> pd.DataFrame:
    """Return a row per trial and epoch, in the order of the suite's arms, controls last, and of rates, the highest first, and seeds.

    Errors in % and losses, running ones on the training set; seconds of training and of evaluation. A diverged trial ends early, and a
    trial without a result has no row.
    """
    order = list(suite.arms)
    rows: list[dict[str, object]] = []
    ordered = sorted(
        results,
        key=lambda result: (
            result.trial.control,
            order.index(suite.label_of(result.trial)),
            -result.trial.recipe.learning_rate,
            result.trial.seed,
        ),
    )
    for result in ordered:
        trial = result.trial
        arm = suite.label_of(trial)
        place = {
            "arm": control_label(arm, trial.control) if trial.control else arm,
            "family": trial.architecture.family,
            "depth": trial.architecture.depth,
            "control": trial.control,
            "seed": trial.seed,
            "learning_rate": trial.recipe.learning_rate,
        }
        rows += [place | asdict(epoch) | {"key": trial.key} for epoch in result.history]
    frame = pd.DataFrame(rows)
    return frame.assign(**{name: frame[name].astype(float) for name in NUMBERS if name in frame})
