"""Hand out trials: which are done, which another run holds a lease on, and which are tried again."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack

from benchmarks.executors.events import Attempt, Event, Job, Lost, Note, not_measured
from benchmarks.spec.trial import Trial
from benchmarks.store.out import Out


def is_done(trial: Trial, out: Out, job: Job) -> bool:
    """Whether a trial has what a job wants of it."""
    return bool(out.with_result([trial])) and (not job.keeps_weights or out.weights(trial).exists())


class Queue:
    """Trials on their way: each is claimed before it is given out, and given out again where its worker is lost."""

    def __init__(self, trials: Iterable[Trial], job: Job, out: Out) -> None:
        self.waiting = deque(trials)
        self.before = {trial: found for trial in self.waiting if (found := out.trials.find(trial)) is not None}
        self.job, self.out = job, out
        self.under_way: dict[Trial, ExitStack] = {}
        self.num_lost: Counter[Trial] = Counter()

    def __iter__(self) -> Iterator[Attempt | None]:
        """Trials to run; None while all that is left is claimed by other runs, or may come back."""
        num_passed = 0
        while self.waiting or self.under_way:
            if num_passed >= len(self.waiting):
                num_passed = 0
                yield None
                continue
            trial = self.waiting.popleft()
            if trial in self.under_way or self._lease(trial):
                num_passed = 0
                yield Attempt(trial=trial, checkpoint=self.out.checkpoints.find(trial))
            elif not self._is_ended(trial):
                self.waiting.append(trial)
                num_passed += 1

    def _is_ended(self, trial: Trial) -> bool:
        """Whether the trial is done, or another run has tried it since this one began, and failed as we would."""
        found = self.out.trials.find(trial)
        tried = found is not None and not found.has_result and found != self.before.get(trial)
        return tried or is_done(trial, self.out, self.job)

    def _lease(self, trial: Trial) -> bool:
        """Whether the trial is ours to run; it is not where another run has done it meanwhile."""
        lease = ExitStack()
        if not lease.enter_context(self.out.trials.lease(trial)) or self._is_ended(trial):
            lease.close()
            return False
        self.under_way[trial] = lease
        return True

    def lost(self, event: Lost) -> Event:
        """What becomes of a trial whose worker is gone: it is tried again, from its last checkpoint, or has failed."""
        assert isinstance(event.item, Attempt)
        trial = event.item.trial
        self.num_lost[trial] += 1
        number, limit = self.num_lost[trial], self.job.num_retries
        if number > limit:
            return not_measured(event.item, self.job, event.status, event.detail)
        self.waiting.appendleft(trial)
        return Note(words=f"{trial.arm.label} seed {trial.seed}: {event.detail}; it is tried again ({number} of {limit})")

    def ended(self, trial: Trial) -> None:
        """A trial has its result."""
        self.under_way.pop(trial).close()

    def close(self) -> None:
        """Leave what is under way to other runs."""
        while self.under_way:
            self.under_way.popitem()[1].close()
