"""The scheduling loop over a pool that only pretends: order, room, lateness, closing."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from benchmarks.executors import schedule
from benchmarks.executors.events import (
    Attempt,
    EpochDone,
    Event,
    Finished,
    Job,
    Lost,
    WorkerReady,
    WorkerStartError,
    WorkItem,
)
from benchmarks.executors.schedule import begun, run_items
from benchmarks.spec.probe import ProbeTask
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
Script = Sequence[Event | WorkerReady]


class FakePool:
    """Has room for `size` items; reports one event per item and poll, from its script, and waits where that has ended."""

    def __init__(self, size: int, script: Callable[[WorkItem], Script]) -> None:
        self.size, self.script = size, script
        self.running: dict[WorkItem, list[Event | WorkerReady]] = {}
        self.log: list[tuple[str, WorkItem]] = []
        self.is_closed = False

    def room(self) -> int:
        return self.size - len(self.running)

    def start(self, item: WorkItem) -> None:
        assert len(self.running) < self.size
        self.log.append(("start", item))
        self.running[item] = list(self.script(item))

    def poll(self) -> Iterator[tuple[WorkItem, Event | WorkerReady]]:
        assert self.running, "nothing runs, so nothing can be reported"
        time.sleep(0.001)
        for item, script in list(self.running.items()):
            if script:
                event = script.pop(0)
                if isinstance(event, Finished | Lost):
                    del self.running[item]
                yield item, event

    def stop(self, item: WorkItem) -> None:
        self.log.append(("stop", item))
        del self.running[item]

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def attempts(make_result: Make) -> list[Attempt]:
    return [Attempt(trial=make_result("plain8", seed).trial) for seed in range(4)]


def whole(make_result: Make) -> Callable[[WorkItem], Script]:
    """The script of a trial that begins and ends well."""
    return lambda item: [WorkerReady(), begun(item)[0][1], Finished(result=make_result("plain8", item.trial.seed))]


def test_items_start_in_order_as_there_is_room_and_events_come_as_reported(
    job: Job, make_result: Make, attempts: list[Attempt]
) -> None:
    pool = FakePool(2, whole(make_result))
    events = [(type(event), seed_of(event)) for event in run_items(iter(attempts), job, pool)]
    assert events == [(kind, seed) for pair in ((0, 1), (2, 3)) for kind in (EpochDone, Finished) for seed in pair]
    assert pool.log == [("start", attempt) for attempt in attempts]
    assert pool.is_closed


def seed_of(event: Event) -> int:
    assert isinstance(event, EpochDone | Finished)
    return event.trial.seed if isinstance(event, EpochDone) else event.result.trial.seed


def test_without_items_nothing_is_polled(job: Job) -> None:
    pool = FakePool(2, lambda item: [])
    assert list(run_items(iter([]), job, pool)) == [] and pool.is_closed


def test_none_says_to_ask_again_and_a_lost_item_can_come_back(
    job: Job, make_result: Make, attempts: list[Attempt], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "POLL_SECONDS", 0.0)
    first, last = attempts[:2]
    scripts = iter([[Lost(item=first, detail="gone")], *([whole(make_result)(item) for item in (first, last)])])
    items = [None, first, None, None, first, None, last]
    pool = FakePool(9, lambda item: next(scripts))
    kinds = [type(event) for event in run_items(iter(items), job, pool)]
    assert kinds.count(Lost) == 1 and kinds.count(Finished) == 2
    assert [item for _, item in pool.log] == [first, first, last]


def test_a_late_trial_is_stopped_alone(job: Job, make_result: Make, attempts: list[Attempt]) -> None:
    """Neither one whose worker is not ready yet, nor a probe, is ever late."""
    late, unready = attempts[:2]
    probe = ProbeTask(trial=late.trial, probe="nesting", weights=b"")
    scripts: dict[WorkItem, Script] = {late: [WorkerReady()], unready: [], probe: [WorkerReady()]}
    pool = FakePool(3, lambda item: scripts[item])
    timed = replace(job, timeout_seconds=0.02)
    events = run_items(iter([late, unready, probe]), timed, pool)
    ended = next(events)
    assert isinstance(ended, Finished) and ended.result.trial == late.trial
    assert (ended.result.status, ended.result.detail) == ("timeout", "it took longer than 0.02 s and was ended")
    assert pool.log[3:] == [("stop", late)] and list(pool.running) == [unready, probe]
    time.sleep(0.05)
    pool.running[unready] = [Finished(result=make_result("plain8", 1))]
    pool.running[probe] = [Lost(item=probe, detail="gone")]
    assert [type(event) for event in events] == [Finished, Lost]
    assert pool.log[4:] == []


def test_closing_the_generator_closes_the_pool(job: Job, make_result: Make, attempts: list[Attempt]) -> None:
    pool = FakePool(2, whole(make_result))
    events = run_items(iter(attempts), job, pool)
    next(events)
    assert not pool.is_closed
    events.close()
    assert pool.is_closed


def test_a_worker_that_cannot_start_closes_the_pool(job: Job, attempts: list[Attempt]) -> None:
    class Broken(FakePool):
        def poll(self) -> Iterator[tuple[WorkItem, Event | WorkerReady]]:
            raise WorkerStartError("no such library")

    pool = Broken(1, lambda item: [])
    with pytest.raises(WorkerStartError, match="no such library"):
        list(run_items(iter(attempts), job, pool))
    assert pool.is_closed
