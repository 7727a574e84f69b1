"""Compare a trial's record with a re-run: which values differ, from which epoch on, by how much, and on which machines.

A comparison names no cause, only the values and the conditions that differ.
"""

from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import Any, Literal

from benchmarks.cli.progress import outcome_line
from benchmarks.store.trials import Epoch, Final, TrialResult

Outcome = Literal["same", "differs", "differs elsewhere"]
EXIT_CODES: dict[Outcome, int] = {"same": 0, "differs": 1, "differs elsewhere": 3}
METRICS = {
    "train_loss": "training loss",
    "train_error_pct": "training error",
    "test_loss": "test loss",
    "test_error_pct": "test error",
}
COUNTING_OR_LOADING = frozenset({"fvcore", "scikit-learn"})  # irrelevant: a checksum verifies the images that are loaded
UNKNOWN = "unknown"
Value = float | str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A value that differs: its place ("epoch 3", "at the end"), its metric, and its value in the record and in the re-run."""

    where: str
    metric: str
    recorded: Value
    again: Value

    def in_words(self) -> str:
        """Return the difference as one line; a loss that is not finite has no value."""
        unit = "%" if self.metric.endswith("_pct") else ""
        before, after = (_spell(value, unit) for value in (self.recorded, self.again))
        change = ""
        if isinstance(self.recorded, float) and isinstance(self.again, float):
            points = " points" if unit else ""
            change = f" ({self.again - self.recorded:+.3g}{points})"
        return f"{self.where}: {METRICS.get(self.metric, self.metric)} {before} recorded, {after} in the re-run{change}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """A condition in which the two runs differ; `is_relevant` if results may depend on it."""

    name: str
    recorded: str
    again: str
    is_relevant: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """A record and the result of re-running its trial."""

    recorded: TrialResult
    again: TrialResult

    @property
    def outcome(self) -> Outcome:
        """Outcome: same, different under equal conditions, or different on another machine or with other versions."""
        if self.recorded.reproducible == self.again.reproducible:
            return "same"
        return "differs elsewhere" if any(condition.is_relevant for condition in self.conditions) else "differs"

    @property
    def differences(self) -> list[Difference]:
        """All values that differ, in the order of time."""
        old, new = self.recorded, self.again
        differing = _compare("status", {"status": old.status}, {"status": new.status})
        for number, (before, after) in enumerate(zip_longest(old.history, new.history), start=1):
            differing += _compare(f"epoch {number}", _values(before), _values(after))
        return differing + _compare("at the end", _values(old.final), _values(new.final))

    @property
    def epochs(self) -> list[int]:
        """Numbers of the epochs that differ."""
        pairs = enumerate(zip_longest(self.recorded.history, self.again.history), start=1)
        return [number for number, (before, after) in pairs if _values(before) != _values(after)]

    @property
    def num_predictions(self) -> tuple[int, int]:
        """Number of predictions of the test set that differ, and number of all."""
        pairs = list(zip_longest(self.recorded.predictions, self.again.predictions))
        return sum(before != after for before, after in pairs), len(pairs)

    @property
    def conditions(self) -> list[Condition]:
        """Conditions (machine, software, modes) in which the two runs differ."""
        old, new = _conditions(self.recorded), _conditions(self.again)
        return [
            Condition(name=name, recorded=old.get(name, "none"), again=new.get(name, "none"), is_relevant=_is_relevant(name))
            for name in old | new
            if old.get(name) != new.get(name)
        ]


def in_words(comparison: Comparison) -> str:
    """Return a text with both results, the outcome, the values that differ and the conditions that differ."""
    lines = [f"recorded:  {outcome_line(comparison.recorded)}", f"re-run:    {outcome_line(comparison.again)}"]
    if comparison.outcome == "same":
        lines.append("the same to the last bit")
    else:
        lines += [_verdict(comparison), *_describe_differences(comparison)]
    if comparison.conditions:
        lines.append("conditions that differ:")
    lines += [
        f"  {condition.name}: {condition.recorded} recorded, {condition.again} in the re-run"
        for condition in comparison.conditions
    ]
    return "\n".join(lines)


def as_values(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as plain values, for JSON."""
    differing, total = comparison.num_predictions
    return {
        "trial": comparison.recorded.trial.key,
        "name": comparison.recorded.trial.name,
        "outcome": comparison.outcome,
        "exit_code": EXIT_CODES[comparison.outcome],
        **{
            word: {"status": one.status, "detail": one.detail, "final": None if one.final is None else asdict(one.final)}
            | {"environment": asdict(one.environment)}
            for word, one in (("recorded", comparison.recorded), ("again", comparison.again))
        },
        "first_differing_epoch": min(comparison.epochs, default=None),
        "differing_epochs": len(comparison.epochs),
        "differences": [asdict(one) for one in comparison.differences],
        "differing_predictions": differing,
        "predictions": total,
        "conditions": [asdict(one) for one in comparison.conditions],
    }


def _verdict(comparison: Comparison) -> str:
    if comparison.outcome == "differs":
        return "DIFFERS on the same machine: processor, device, threads and versions of torch and numpy are equal (exit code 1)"
    names = ", ".join(condition.name for condition in comparison.conditions if condition.is_relevant)
    return f"differs elsewhere: the record was made on another machine or with other software: {names} (exit code 3)"


def _describe_differences(comparison: Comparison) -> list[str]:
    """Return lines on the first epoch that differs, the final values and the predictions."""
    differences, epochs = comparison.differences, comparison.epochs
    first = f"epoch {epochs[0]}" if epochs else None
    shown = [difference for difference in differences if difference.where in ("status", first, "at the end")]
    lines = [f"  {difference.in_words()}" for difference in shown]
    if epochs:
        total = max(len(comparison.recorded.history), len(comparison.again.history))
        lines.insert(0, f"  epochs: {len(epochs)} of {total} differ, the first is epoch {epochs[0]}")
    differing, total = comparison.num_predictions
    return [*lines, f"  predictions: {differing} of {total} differ"]


def _compare(where: str, old: dict[str, Value], new: dict[str, Value]) -> list[Difference]:
    return [
        Difference(where=where, metric=metric, recorded=old.get(metric), again=new.get(metric))
        for metric in old | new
        if old.get(metric) != new.get(metric)
    ]


def _values(measured: Epoch | Final | None) -> dict[str, Value]:
    """Return the metrics of an epoch or of the end of a trial, without times."""
    return {} if measured is None else {name: getattr(measured, name) for name in METRICS}


def _spell(value: Value, unit: str) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else f"{value:.9g}{unit}"


def _conditions(result: TrialResult) -> dict[str, str]:
    """Return the machine, the software and the modes of a run, by name."""
    machine = result.environment
    return {
        "processor": machine.processor,
        "instructions": machine.instructions or UNKNOWN,
        "cores": str(machine.num_cores),
        "device": machine.device,
        "GPU": str(machine.gpu),
        "threads": str(machine.num_threads),
        "system": machine.system,
        "Python": machine.python,
        **machine.versions,
        "CUDA graph": str(result.uses_graph),
        "compiled": str(result.is_compiled),
        "commit": (machine.commit or UNKNOWN)[:12],
        "dirty": str(machine.is_dirty),
    }


def _is_relevant(name: str) -> bool:
    """Return whether results may depend on a condition; this project's own code must not change them."""
    return name not in {"cores", "commit", "dirty"} | COUNTING_OR_LOADING
