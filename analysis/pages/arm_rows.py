"""Make rows of a study's arms for its page, its figures and the terminal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.pages.formats import count, interval, runs_that_train
from analysis.pages.page import Table
from analysis.statistics.failures import Runs
from analysis.statistics.means import Estimate, Spread, spread
from analysis.tables.frames import estimates_by_arm, of_one_kind, runs_by_arm
from analysis.tables.studies import Study
from analysis.tables.timings import fraction_of_peak
from resnet_variants.registry import name_of


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmRow:
    """Row of an arm: cost, errors over runs of one kind, number of ok trials and of runs that train, and times.

    `is_lower_bound` is about `macs` and `activations`.
    """

    arm: str
    family: str
    depth: int
    num_ok: int
    num_trials: int
    runs: Runs | None
    params: int | None
    macs: int | None
    activations: int | None
    is_lower_bound: bool
    train: Estimate | None
    test: Estimate | None
    loss: Estimate | None
    optimism_gap: float | None
    train_seconds: float | None
    train_step: Spread | None
    infer_step: Spread | None
    train_memory: int | None
    train_share: float | None


def arm_rows(study: Study) -> Iterable[ArmRow]:
    """Yield a row for each arm that has a trial."""
    estimates, runs = estimates_by_arm(study), runs_by_arm(study)
    for label, arm in study.suite.arms.items():
        rows = study.trials[study.trials["arm"] == label]
        if rows.empty:
            continue
        ran = of_one_kind(rows)
        timing = study.timings_by_arm.get(label)
        cost = next((result.cost for result in study.results_of([arm]) if result.cost), None)
        yield ArmRow(
            arm=label,
            family=str(rows["family"].iloc[0]),
            depth=arm.architecture.depth,
            num_ok=int((rows["status"] == "ok").sum()),
            num_trials=len(rows),
            runs=runs.get(label),
            params=cost.params if cost else None,
            macs=cost.macs if cost else None,
            activations=cost.activations if cost else None,
            is_lower_bound=cost is not None and cost.is_lower_bound,
            train=estimates[label]["train_error_pct"] if label in estimates else None,
            test=estimates[label]["test_error_pct"] if label in estimates else None,
            loss=estimates[label].get("train_loss") if label in estimates else None,
            optimism_gap=float(ran["optimism_gap"].mean()) if ran["optimism_gap"].notna().any() else None,
            train_seconds=float(ran["train_seconds"].median()) if len(ran) else None,
            train_step=spread(timing.train_step_seconds) if timing else None,
            infer_step=spread(timing.infer_step_seconds) if timing else None,
            train_memory=timing.train_memory_bytes if timing else None,
            train_share=fraction_of_peak("train", timing, study.timing) if timing and study.timing else None,
        )


def arms_frame(study: Study, arms: Iterable[ArmRow]) -> pd.DataFrame:
    """Return a row per arm and metric: mean, interval (the mean itself for one seed), step time, and share of the images."""
    rows = []
    for arm in arms:
        for metric, mean in (("train_error_pct", arm.train), ("test_error_pct", arm.test), ("train_loss", arm.loss)):
            if mean is not None:
                low, high = (mean.value if bound is None else bound for bound in (mean.low, mean.high))
                step_ms = 1000 * arm.train_step.median if arm.train_step else None
                spec = study.suite.arms[arm.arm]
                more = [step_ms, spec.train_fraction, name_of(spec.architecture)]
                rows.append([arm.arm, arm.family, arm.depth, metric, mean.value, low, high, *more])
    columns = ["arm", "family", "depth", "metric", "value", "low", "high", "train_step_ms", "train_fraction", "network"]
    return pd.DataFrame(rows, columns=columns)


def arms_table(arms: Sequence[ArmRow]) -> Table:
    """Return the table of arms that a run prints."""
    rows = [
        (
            arm.arm,
            count(arm.params),
            count(arm.macs, arm.is_lower_bound),
            interval(arm.train),
            interval(arm.test),
            runs_that_train(arm.runs),
            f"{arm.num_ok}/{arm.num_trials}",
        )
        for arm in arms
    ]
    return ("arm", "parameters", "MACs", "training error, %", "test error, %", "train", "ok"), rows
