"""Train until the claims are decided: the arms of open claims, look after look."""

import math
import time
from collections.abc import Callable, Sequence

from rich.console import Console

from benchmarks.cli.plan import StudyPlan
from benchmarks.spec.trial import Trial


def train_until_decided(
    study: StudyPlan,
    next_trials: Callable[[], Sequence[Trial]],
    train: Callable[[Sequence[Trial]], None],
    console: Console,
    deadline: float,
) -> tuple[Trial, ...]:
    """Train what `next_trials` names, until it names nothing more to try; return these trials.

    It names the missing trials of the next look, judged by the records. No seed begins after the deadline, in seconds of the monotonic clock.
    """
    tried: dict[Trial, None] = {}
    while wanted := [trial for trial in next_trials() if trial not in tried]:
        arms = dict.fromkeys(study.name_of(trial) for trial in wanted)
        seeds = sorted({trial.seed for trial in wanted})
        words = f"{study.name}: claims are open; to a look at {seeds[-1] - study.seeds.start + 1} seeds: {', '.join(arms)}"
        console.print(words, highlight=False, soft_wrap=True)
        groups = [seeds] if math.isinf(deadline) else [[seed] for seed in seeds]
        for group in groups:
            if time.monotonic() > deadline:
                console.print(f"{study.name}: the hours are over; run the same command to continue", highlight=False)
                return tuple(tried)
            trials = [trial for trial in wanted if trial.seed in group]
            train(trials)
            tried |= dict.fromkeys(trials)
    return tuple(tried)
