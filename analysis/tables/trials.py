"""Make a frame with a row per trial, including the values of its probes and what is read from their rows."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from analysis.tables.confused import confused_share
from analysis.tables.readings import TRIAL_READINGS, readings_of
from benchmarks.spec.metrics import METRICS, metric_name, metric_of
from benchmarks.spec.suite import Suite
from benchmarks.spec.trial import Trial
from benchmarks.store.probes import ProbeResult
from benchmarks.store.trials import TrialResult

METRIC_COLUMNS = ("train_error_pct", "test_error_pct", "train_loss")
MORE_NUMBERS = ("failed", "optimism_gap", "lowest_train_loss", "test_loss", *TRIAL_READINGS)
NO_LABELS: Mapping[int, Sequence[int]] = MappingProxyType({})


def trials_frame(
    suite: Suite,
    results: Iterable[TrialResult],
    probes: Iterable[ProbeResult],
    labels: Mapping[int, Sequence[int]] = NO_LABELS,
) -> pd.DataFrame:
    """Return a row per trial, in the order of the suite's arms and of the seeds; the values of a user's probe are columns "my_probe:value".

    The `labels` of the test images, by seed, are needed for columns such as "confused:cat/dog", one for each pair of classes that a claim names.
    """
    order = list(suite.arms)
    probed: dict[Trial, dict[str, float | None]] = {}
    for probe in probes:
        values = {metric_name(probe.probe, name): value for name, value in probe.findings.values.items()}
        probed.setdefault(probe.trial, {}).update({**readings_of(probe), **values})
    metrics = dict.fromkeys(probe_metrics(suite) + [name for values in probed.values() for name in values if ":" in name])
    rows = [
        _row(suite, result) | metrics | probed.get(result.trial, {}) | _shares(suite, result, labels.get(result.trial.seed, ()))
        for result in results
    ]
    rows.sort(key=lambda row: (order.index(str(row["arm"])), row["seed"]))
    frame = pd.DataFrame(rows)
    numbers = [name for name in (*METRIC_COLUMNS, *MORE_NUMBERS, *metrics) if name in frame]
    return frame.assign(**{name: frame[name].astype(float) for name in numbers})


def probe_metrics(suite: Suite) -> list[str]:
    """Return the metrics that a suite's probes measure: those of this project's, and those of users' that a claim is about, or pairs of classes."""
    probes = {use.probe for use in suite.probes}
    claimed = [metric for claim in suite.claims for metric in claim.metrics if metric not in METRICS]
    return [metric for metric, measure in METRICS.items() if measure.probe in probes] + claimed


def _shares(suite: Suite, result: TrialResult, labels: Sequence[int]) -> dict[str, float | None]:
    """Return the shares of the test errors of a trial that confuse the pairs of classes that claims name."""
    measures = {metric: metric_of(metric) for claim in suite.claims for metric in claim.metrics}
    return {
        metric: confused_share(result, labels, measure.confused)
        for metric, measure in measures.items()
        if measure.confused is not None
    }


def _row(suite: Suite, result: TrialResult) -> dict[str, object]:
    """Return the row of a trial without the values of its probes; whether it trains, by the line of the suite's recipe."""
    trial, final, cost, trains = result.trial, result.final, result.cost, result.trains_under(suite.base or result.trial.recipe)
    return {
        "arm": suite.label_of(trial),
        "family": trial.architecture.family,
        "depth": trial.architecture.depth,
        "train_fraction": trial.train_fraction,
        "control": trial.control,
        "seed": trial.seed,
        "learning_rate": trial.recipe.learning_rate,
        "status": result.status,
        "trains": trains,
        "failed": None if trains is None else float(not trains),
        "train_error_pct": final.train_error_pct if final else None,
        "test_error_pct": final.test_error_pct if final else None,
        "optimism_gap": _optimism_gap(result),
        "train_loss": final.train_loss if final else None,
        "lowest_train_loss": min((epoch.train_loss for epoch in result.history if epoch.train_loss is not None), default=None),
        "test_loss": final.test_loss if final else None,
        **{metric: read(result) for metric, read in TRIAL_READINGS.items()},
        "epochs": len(result.history),
        "train_seconds": sum(epoch.train_seconds for epoch in result.history),
        "eval_seconds": sum(epoch.eval_seconds for epoch in result.history),
        "params": cost.params if cost else None,
        "macs": cost.exact("macs") if cost else None,
        "activations": cost.exact("activations") if cost else None,
        "counted_by": cost.counted_by if cost else None,
        "key": trial.key,
        "processor": result.environment.processor,
        "device": result.environment.gpu or result.environment.device,
        "commit": result.environment.commit,
        "is_dirty": result.environment.is_dirty,
        "detail": result.detail,
    }


def _optimism_gap(result: TrialResult) -> float | None:
    """Compute the best test error of any epoch minus the last, in points: the gain of reporting the best test epoch."""
    errors = [epoch.test_error_pct for epoch in result.history]
    return min(errors) - errors[-1] if errors else None
