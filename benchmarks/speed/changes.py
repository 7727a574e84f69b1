"""Decide how the time of each job has changed, how certain that is, and how to report it.

The module does not measure, so that decisions and wording can be tested on made-up numbers.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import mean, variance
from typing import Any, Literal

from scipy.stats import t

from benchmarks.store.environment import Environment

LEVEL = 0.01  # significance level of the whole gate, before confirmation
DOUBT = 0.05  # significance level at which a single job becomes suspicious
LEAST_ERROR = 1e-12  # standard error of a logarithm; anything smaller is rounding
LEAST_FACTOR = 1.05  # a smaller slowdown is never suspicious, however certain
Verdict = Literal["SLOWER", "suspicious", "ok"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Factor by which a job takes longer than before, with the one-sided p of "no slower".

    `high` is the upper end of the factor's one-sided 95% interval; it is infinite if either side has a single process, which shows no spread.
    """

    name: str
    factor: float
    high: float
    p: float
    limit: float

    def is_slower(self, num_compared: int) -> bool:
        """Return whether both the test and the group's limit find a slowdown."""
        return self.p < LEVEL / num_compared and self.factor > self.limit

    def verdict(self, num_compared: int, again: "Change | None" = None) -> Verdict:
        """Return SLOWER if a second measurement confirms a slowdown, ok if the data rule out the limit and show no likely slowdown.

        Everything between is suspicious: a likely slowdown below the limit, an uncertain or unconfirmed one above it, or too much noise.
        """
        if self.is_slower(num_compared) and again is not None and again.is_slower(num_compared):
            return "SLOWER"
        is_likely = self.p < DOUBT and self.factor > LEAST_FACTOR
        return "suspicious" if is_likely or not self.high <= self.limit else "ok"


def change_of(name: str, before: Sequence[float], after: Sequence[float], limit: float) -> Change:
    """Compare two measurements (one ratio per process) by a one-sided Welch test on their logarithms."""
    old, new = ([math.log(ratio) for ratio in ratios] for ratios in (before, after))
    difference = mean(new) - mean(old)
    if min(len(old), len(new)) < 2:
        return Change(name=name, factor=math.exp(difference), high=math.inf, p=1.0, limit=limit)
    parts = [(variance(logs) / len(logs), len(logs) - 1) for logs in (new, old)]
    error = math.sqrt(sum(part for part, _ in parts))
    if error < LEAST_ERROR:
        p, high = float(difference <= 0), difference
    else:
        freedom = 1 / sum((part / error**2) ** 2 / degrees for part, degrees in parts)  # Welch 1947
        p, high = float(t.sf(difference / error, freedom)), difference + float(t.ppf(1 - DOUBT, freedom)) * error
    return Change(name=name, factor=math.exp(difference), high=math.exp(high), p=p, limit=limit)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """Result of the gate: changes, repeated measurements, jobs that no longer exist, milliseconds before and now, and both machines."""

    changes: tuple[Change, ...]
    again: tuple[Change, ...]
    gone: tuple[str, ...]
    milliseconds: Mapping[str, float]
    milliseconds_before: Mapping[str, float]
    here: Environment
    baseline: Environment

    def verdicts(self) -> dict[str, Verdict]:
        """Return the verdict of each measured job."""
        repeated = {change.name: change for change in self.again}
        return {change.name: change.verdict(len(self.changes), repeated.get(change.name)) for change in self.changes}

    @property
    def exit_code(self) -> int:
        """1 if a job is slower or no longer exists, else 0; a suspicious job does not fail the gate."""
        return int("SLOWER" in self.verdicts().values() or bool(self.gone))


def in_words(answer: Answer) -> str:
    """Describe the machine, each job in one line, and how to measure suspicious jobs again."""
    here, verdicts = answer.here, answer.verdicts()
    commits = f"commit {_commit(here)}, the baseline's {_commit(answer.baseline)}"
    lines = [f"{here.processor}, {here.num_cores} cores, torch {here.versions.get('torch', 'unknown')}; {commits}"]
    if answer.again:
        lines.append(f"measured again: {', '.join(change.name for change in answer.again)}")
    for change in answer.changes:
        times = f"{_time(answer.milliseconds_before.get(change.name))} to {_time(answer.milliseconds.get(change.name))}"
        factor = f"\N{MULTIPLICATION SIGN}{change.factor:.2f}"
        bound = f"at most \N{MULTIPLICATION SIGN}{change.high:.2f}, limit {change.limit}"
        lines.append(f"{verdicts[change.name]:10} {factor}, p {change.p:.2g} ({bound}, {times})  {change.name}")
    lines += [f"GONE   {name}: in the baseline but no longer in this code" for name in answer.gone]
    suspicious = [name for name, verdict in verdicts.items() if verdict == "suspicious"]
    if suspicious:
        lines.append(
            f"{len(suspicious)} suspicious: neither clearly slower nor clearly ok; measure more with --processes 8 --only '{suspicious[0]}'"
        )
    return "\n".join(lines)


def as_values(answer: Answer) -> dict[str, Any]:
    """Return the answer as plain values for JSON; an infinite bound becomes null."""
    verdicts = answer.verdicts()
    repeated = {change.name: change for change in answer.again}
    return {
        "exit_code": answer.exit_code,
        "work": [
            {
                **_values(change),
                "verdict": verdicts[change.name],
                "milliseconds": answer.milliseconds.get(change.name),
                "milliseconds_before": answer.milliseconds_before.get(change.name),
                "again": _values(repeated[change.name]) if change.name in repeated else None,
            }
            for change in answer.changes
        ],
        "gone": list(answer.gone),
        "environment": asdict(answer.here),
        "baseline_environment": asdict(answer.baseline),
    }


def _values(change: Change) -> dict[str, Any]:
    return asdict(change) | {"high": change.high if math.isfinite(change.high) else None}


def _commit(environment: Environment) -> str:
    return (environment.commit or "unknown")[:12] + (" with changes" if environment.is_dirty else "")


def _time(milliseconds: float | None) -> str:
    return "unknown" if milliseconds is None else f"{milliseconds:.3g} ms"
