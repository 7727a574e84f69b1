"""Compare times over timing sessions: a session's ratio of two times is that of their medians, and only sessions an hour or more apart count."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import get_args

import pandas as pd

from analysis.statistics.means import estimate
from analysis.tables.arm_words import noun_phrase
from benchmarks.spec.cost import Cost
from benchmarks.spec.suite import Budget
from benchmarks.spec.timing import Step
from benchmarks.store.timings import NetworkTiming, TimingResult, an_hour_apart

Timings = Mapping[str, NetworkTiming]  # by label


@dataclass(frozen=True, kw_only=True)
class Sessions:
    """Timing sessions on machines of one kind, and how to find the networks of one by their labels."""

    sessions: Sequence[TimingResult] = ()
    networks_of: Callable[[TimingResult], Timings] = lambda session: {}

    def that_time(self, labels: Iterable[str], step: Step) -> list[TimingResult]:
        """Return the sessions that count among those that timed a step of all these networks."""
        labels = list(labels)
        return an_hour_apart(
            session
            for session in self.sessions
            if labels and all(has_times(self.networks_of(session).get(label), step) for label in labels)
        )

    def contrasts(self, weights: Mapping[str, float], step: Step) -> list[float]:
        """Compute the weighted sum of the logarithms of the networks' median times, for each session that counts."""
        return [
            sum(weight * math.log(median_seconds(self.networks_of(session)[label], step)) for label, weight in weights.items())
            for session in self.that_time(weights, step)
        ]

    def failures(self, labels: Iterable[str]) -> list[str]:
        """Describe why these networks could not be timed in the last session that tried."""
        for session in reversed(self.sessions):
            networks = self.networks_of(session)
            lost = [
                f"{noun_phrase(label)} ({networks[label].detail})"
                for label in labels
                if label in networks and networks[label].detail
            ]
            if lost:
                return lost
        return []


def has_times(network: NetworkTiming | None, step: Step) -> bool:
    """Return whether a step of a network was timed."""
    return network is not None and bool(getattr(network, f"{step}_step_seconds"))


def median_seconds(network: NetworkTiming, step: Step) -> float:
    """Return the median time of a step over the rounds of a session."""
    return float(median(getattr(network, f"{step}_step_seconds")))


def twin_ratios(session: TimingResult, step: Step) -> list[tuple[NetworkTiming, float]]:
    """Return each twin of a session with the logarithm of its median time over its original's."""
    originals = {network.workload: network for network in session.networks}
    pairs = [(twin, originals[twin.workload]) for twin in session.all_twins if twin.workload in originals]
    return [
        (twin, math.log(median_seconds(twin, step) / median_seconds(original, step)))
        for twin, original in pairs
        if has_times(twin, step) and has_times(original, step)
    ]


def largest_twin_difference(sessions: Iterable[TimingResult], step: Step) -> float | None:
    """Return by how much sessions timed one network apart at most, as a fraction of the shorter time; None without a twin."""
    ratios = [abs(ratio) for session in sessions for _, ratio in twin_ratios(session, step)]
    return math.expm1(max(ratios)) if ratios else None


def equal_costs(budgets: Iterable[Budget], costs: Mapping[str, Cost], sessions: Sessions) -> pd.DataFrame:
    """Return the ratio of each arm to the first of its budget, by every count and by time, with the interval over sessions."""
    rows: list[dict[str, object]] = []
    for budget in budgets:
        present = [arm for arm in budget.arms if arm in costs]
        for arm in present[1:] if present[:1] == [budget.arms[0]] else []:
            pair = {"reference": present[0], "arm": arm}
            for quantity in ("macs", "params", "activations"):
                ours, theirs = costs[arm].exact(quantity), costs[present[0]].exact(quantity)
                if ours is None or theirs is None:
                    continue
                ratio = ours / theirs
                rows.append(pair | {"quantity": quantity, "ratio": ratio, "low": ratio, "high": ratio})
            rows += [pair | row for row in _time_ratios(arm, present[0], sessions)]
    return pd.DataFrame(rows, columns=["reference", "arm", "quantity", "ratio", "low", "high"])


def _time_ratios(arm: str, reference: str, sessions: Sessions) -> Iterator[dict[str, object]]:
    """Yield by step the ratio of one network's time to another's, with its interval over sessions if there are several."""
    for step in get_args(Step):
        logs = sessions.contrasts({arm: 1, reference: -1}, step)
        if logs:
            ratio = estimate(logs)
            ends = [ratio.value if end is None else end for end in (ratio.low, ratio.high)]
            yield {
                "quantity": f"{step}_step_seconds",
                "ratio": math.exp(ratio.value),
                "low": math.exp(ends[0]),
                "high": math.exp(ends[1]),
            }
