"""What the gate says of each piece of work: how its time has changed, how surely, and in which words.

It stands apart from measuring, so that what is decided and said can be tested on made-up numbers.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import mean, variance
from typing import Any, Literal

from scipy.stats import t

from benchmarks.store.environment import Environment

LEVEL = 0.01  # of the whole gate, before it is confirmed
DOUBT = 0.05  # of one piece of work
LEAST_ERROR = 1e-12  # of a logarithm: what is less is rounding
LEAST_FACTOR = 1.05  # what is less is no cause for suspicion, however sure
Verdict = Literal["SLOWER", "suspicious", "ok"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """By what factor a piece of work takes longer than it did, and how surely: p of no change or a faster one.

    `high` is the upper end of the factor's one-sided 95% interval; infinite where one process a side tells nothing of the spread.
    """

    name: str
    factor: float
    high: float
    p: float
    limit: float

    def is_slower(self, num_compared: int) -> bool:
        """Whether the test and the group's factor say so."""
        return self.p < LEVEL / num_compared and self.factor > self.limit

    def verdict(self, num_compared: int, again: "Change | None" = None) -> Verdict:
        """SLOWER where a second measurement confirms it; ok where the data rule out the limit and give no sign of a slowdown.

        What lies between is suspicious: a likely slowdown below the limit, one above it that is not sure or not confirmed, or noise that
        does not rule it out.
        """
        if self.is_slower(num_compared) and again is not None and again.is_slower(num_compared):
            return "SLOWER"
        is_likely = self.p < DOUBT and self.factor > LEAST_FACTOR
        return "suspicious" if is_likely or not self.high <= self.limit else "ok"


def change_of(name: str, before: Sequence[float], after: Sequence[float], limit: float) -> Change:
    """The change between two measurements, each a ratio for every process: a one-sided Welch test on their logarithms."""
    old, new = ([math.log(ratio) for ratio in ratios] for ratios in (before, after))
    difference = mean(new) - mean(old)
    if min(len(old), len(new)) < 2:
        return Change(name=name, factor=math.exp(difference), high=math.inf, p=1.0, limit=limit)
    parts = [(variance(logs) / len(logs), len(logs) - 1) for logs in (new, old)]
    error = math.sqrt(sum(part for part, _ in parts))
    if error < LEAST_ERROR:
        p, high = float(difference <= 0), difference
    else:
        freedom = 1 / sum((part / error**2) ** 2 / number for part, number in parts)  # Welch 1947
        p, high = float(t.sf(difference / error, freedom)), difference + float(t.ppf(1 - DOUBT, freedom)) * error
    return Change(name=name, factor=math.exp(difference), high=math.exp(high), p=p, limit=limit)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the gate found: changes and the repeated ones among them, work that is gone, milliseconds before and now, both machines."""

    changes: tuple[Change, ...]
    again: tuple[Change, ...]
    gone: tuple[str, ...]
    milliseconds: Mapping[str, float]
    milliseconds_before: Mapping[str, float]
    here: Environment
    baseline: Environment

    def verdicts(self) -> dict[str, Verdict]:
        """The verdict of each piece of work that was measured."""
        repeated = {change.name: change for change in self.again}
        return {change.name: change.verdict(len(self.changes), repeated.get(change.name)) for change in self.changes}

    @property
    def exit_code(self) -> int:
        """1 where work is slower or gone; what is suspicious closes nothing."""
        return int("SLOWER" in self.verdicts().values() or bool(self.gone))


def in_words(answer: Answer) -> str:
    """The machine, a line for each piece of work, and how to look closer at what is suspicious."""
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
    lines += [f"GONE   {name}: it is in the baseline and no longer in this code" for name in answer.gone]
    suspicious = [name for name, verdict in verdicts.items() if verdict == "suspicious"]
    if suspicious:
        lines.append(
            f"{len(suspicious)} suspicious: neither slower beyond doubt nor ok; measure more with --processes 8 --only '{suspicious[0]}'"
        )
    return "\n".join(lines)


def as_values(answer: Answer) -> dict[str, Any]:
    """The same as plain values, for JSON; an infinite bound is null."""
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
