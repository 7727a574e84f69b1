"""Estimate how long a run takes, before its first trial and while it runs: from its records, and from timed training steps as --dry-run does.

Steps are timed only where somebody waits at a terminal and the trials run on this machine's processors. Elsewhere the estimate is from
what is known already: records of the same arms, and the timings of the last day.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console

from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.workers import Context, num_at_once
from benchmarks.executors.ray_cluster import Cluster
from benchmarks.spec.trial import Arm, Trial
from benchmarks.store.out import Out
from benchmarks.training.counts import Counts
from benchmarks.training.estimate import StepTimes, seconds_by_arm

PRIOR_SHARE = 0.1  # of the work: for so much of it the estimate counts as much as what was measured


def seconds_of_arms(
    study: StudyPlan, pending: Collection[Trial], context: Context, out: Out, console: Console
) -> Mapping[Arm, float]:
    """Return the seconds that a trial of each arm takes in one worker; empty if that is unknown, as on a cluster."""
    if isinstance(context.workers, Cluster) or not pending:
        return {}
    may_time = console.is_terminal and context.device == "cpu"
    done = out.with_result(set(study.trials) - set(pending))
    results = filter(None, map(out.trials.find, done))
    try:
        with (
            Counts() as counts,
            StepTimes(context.device, counts, only_known=not may_time) as steps,
            console.status("estimating the time"),
        ):
            return seconds_by_arm(pending, results, study.images, steps, study.arm_of)
    except ValueError:  # unknown, or a network that does not train: its trials say why
        return {}


def seconds_in_all(seconds: Sequence[float], context: Context) -> float:
    """Return how long trials take that run at once; no trial is divided."""
    return max(sum(seconds) / num_at_once(context.workers), max(seconds, default=0.0))


def in_words(seconds: float) -> str:
    """Return a duration as a person says it, such as "about 2 min"."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    return f"about {seconds / 60:.0f} min" if seconds < 90 * 60 else f"about {seconds / 3600:.1f} h"


@dataclass(kw_only=True)
class TimeLeft:
    """Seconds left of a run: the estimate at first, corrected more and more by how fast the run is.

    `num_seconds` is the estimate of the whole run; `now` is a monotonic clock.
    """

    num_seconds: float
    now: Callable[[], float] = time.monotonic
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.now()

    def after(self, share: float) -> float:
        """Return the seconds left when this share of the work is done."""
        estimated = (share + PRIOR_SHARE) * self.num_seconds
        measured = self.now() - self.began + PRIOR_SHARE * self.num_seconds
        return (1 - share) * self.num_seconds * measured / estimated if share > 0 else self.num_seconds
