"""Hand out trials: skip finished trials and those that other runs have leased, and retry those whose worker was lost."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack

from benchmarks.executors.events import Attempt, Event, Job, Lost, Note, not_measured
from benchmarks.spec.trial import Trial
from benchmarks.store.out import Out


def is_done(trial: Trial, out: Out, job: Job) -> bool:
    """Return whether a trial has its result, and its weights if the job keeps those."""
    return bool(out.with_result([trial])) and (trial.key not in job.weights_of or out.weights(trial).exists())


class Queue:
    """Trials to run: each is leased before it is handed out, and handed out again if its worker is lost."""

    def __init__(self, trials: Iterable[Trial], job: Job, out: Out) -> None:
        self.waiting = deque(trials)
        self.before = {trial: found for trial in self.waiting if (found := out.trials.find(trial)) is not None}
        self.job, self.out = job, out
        self.under_way: dict[Trial, ExitStack] = {}
        self.num_lost: Counter[Trial] = Counter()

    def __iter__(self) -> Iterator[Attempt | None]:
        """Yield trials to run; None while no trial can start, because other runs hold leases or running trials may be retried."""
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
        """Return whether the trial is done, or has failed in another run since this one began."""
        result = self.out.trials.find(trial)
        has_failed = result is not None and not result.has_result and result != self.before.get(trial)
        return has_failed or is_done(trial, self.out, self.job)

    def _lease(self, trial: Trial) -> bool:
        """Lease the trial; return False if another run has leased it, or has done it meanwhile."""
        lease = ExitStack()
        if not lease.enter_context(self.out.trials.lease(trial)) or self._is_ended(trial):
            lease.close()
            return False
        self.under_way[trial] = lease
        return True

    def lost(self, event: Lost) -> Event:
        """Return the event for a trial whose worker is lost: a note that it is retried from its last checkpoint, or its failure."""
        assert isinstance(event.item, Attempt)
        trial = event.item.trial
        self.num_lost[trial] += 1
        number, limit = self.num_lost[trial], self.job.num_retries
        if number > limit:
            return not_measured(event.item, self.job, event.status, event.detail)
        self.waiting.appendleft(trial)
        return Note(trial=trial, words=f"{event.detail}; retry {number} of {limit}")

    def ended(self, trial: Trial) -> None:
        """Release the lease of a trial that has its result."""
        self.under_way.pop(trial).close()

    def close(self) -> None:
        """Release the leases of all running trials to other runs."""
        while self.under_way:
            self.under_way.popitem()[1].close()
