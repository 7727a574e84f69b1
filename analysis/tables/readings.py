"""Compute metrics from records that hold more than their values: from the rows of a probe, and from the history of a trial.

They are read again at every report and are in no record, so that a new one costs no run.
"""

from collections.abc import Callable, Mapping
from math import isfinite, log10, nan

from benchmarks.spec.probe import Cell
from benchmarks.store.probes import ProbeResult
from benchmarks.store.trials import TrialResult
from resnet_variants.architecture import Architecture

HARMFUL_POINTS = 1.0  # rise of the test error, in points
DECIMALS = 3  # of a rise: errors are recorded as floats, a rise of 5 of 500 images as 0.9999999
REACHED_PCT = 10.0  # training error; He et al. 2015 (1512.03385), section 4.1, says "faster convergence" and no number
Row = Mapping[str, Cell]


def readings_of(result: ProbeResult) -> dict[str, float | None]:
    """Return the metrics that follow from the rows of a probe's record; none if it has no rows, as if it failed."""
    readings = ROW_READINGS.get(result.probe, {}) if result.findings.rows else {}
    values = {metric: read(result) for metric, read in readings.items()}
    return {metric: value if value is not None and isfinite(value) else None for metric, value in values.items()}


def harmful_lesion_share(result: ProbeResult) -> float | None:
    """Return the share of removed blocks, each on its own, with a rise of the test error of at least 1 point."""
    (before,), errors = (_by_kind(result, kind) for kind in ("whole", "removed"))
    rises = [error - before for error in errors]
    if not rises or not all(map(isfinite, rises)):
        return None
    return sum(round(rise, DECIMALS) >= HARMFUL_POINTS for rise in rises) / len(rises)


def _by_kind(result: ProbeResult, kind: str) -> list[float]:
    return [_number(row, "test_error_pct") for row in result.findings.rows if row["kind"] == kind]


def correlation_at(distance: float) -> Callable[[ProbeResult], float | None]:
    """Return a reading: the mean cosine between gradients at images this far apart."""

    def read(result: ProbeResult) -> float | None:
        rows = [row for row in result.findings.rows if row["kind"] == "correlation" and row["distance"] == distance]
        return _number(rows[0], "value") if rows else None

    return read


def gradient_norm_log_ratio(result: ProbeResult) -> float | None:
    """Return log10 of the first convolution's gradient norm over the last one's: below 0 if gradients vanish; None if one is 0 or not finite."""
    norms = [_number(row, "value") for row in result.findings.rows if row["kind"] == "norm"]
    first, last = norms[0], norms[-1]
    return log10(first) - log10(last) if first > 0 and last > 0 else None


def stage_gain(stage: int) -> Callable[[ProbeResult], float | None]:
    """Return a reading: the linear-probe error at the start of a stage minus that at its end, in points, on features of one width.

    Stages count from 1. The first starts after the stem, where that is as wide as its blocks, and every other one after its first block, which
    changes the width. None if the network has no such stage, or the stage has nothing in between.
    """

    def read(result: ProbeResult) -> float | None:
        architecture = result.trial.architecture
        blocks = architecture.blocks_per_stage if isinstance(architecture, Architecture) else ()
        if stage > len(blocks):
            return None
        errors = [_number(row, "test_error_pct") for row in result.findings.rows]
        before = sum(blocks[: stage - 1])
        keeps_width = stage == 1 and architecture.block == "basic" and architecture.stem_width is None  # type: ignore[union-attr]
        first, last = before + (not keeps_width), before + blocks[stage - 1]
        return errors[first] - errors[last] if first < last else None

    return read


def _number(row: Row, column: str) -> float:
    """Return a number of a row, or NaN for one that was not finite."""
    value = row[column]
    return nan if value is None else float(value)


ROW_READINGS: dict[str, dict[str, Callable[[ProbeResult], float | None]]] = {
    "lesions": {"harmful_lesion_share": harmful_lesion_share},
    "gradients": {
        "gradient_correlation_0.01": correlation_at(0.01),
        "gradient_correlation_0.03": correlation_at(0.03),
        "gradient_norm_log_ratio": gradient_norm_log_ratio,
    },
    "separation": {f"stage_{stage}_gain": stage_gain(stage) for stage in (1, 2, 3)},
}


def epochs_to_10_pct(result: TrialResult) -> float | None:
    """Return the first epoch with a running training error of at most 10%, one more than all epochs if none has; None for a diverged run.

    A run that never gets there took at least so long: the value is a lower bound.
    """
    reached = [epoch.epoch for epoch in result.history if epoch.train_error_pct <= REACHED_PCT]
    if reached:
        return reached[0]
    return len(result.history) + 1 if result.history and result.status == "ok" else None


TRIAL_READINGS: dict[str, Callable[[TrialResult], float | None]] = {
    "epochs_to_10_pct": epochs_to_10_pct,
}
