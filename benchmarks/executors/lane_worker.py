"""Several trials at once in one process, in turns: the scheduler of a lane worker. Loads torch.

On a GPU each lane has a stream of its own, and its steps are queued there: no lane waits for another, and the process does not wait for the GPU. A
lane whose trial has ended takes another seed or rate of the same network if one is waiting, for which nothing is recorded or compiled again.
"""

from collections.abc import Iterator
from itertools import count

import torch

from benchmarks.executors.events import Attempt, EpochDone, Event, Finished, Job, Lost, WorkerReady, WorkItem
from benchmarks.executors.worker import Told, Workplace
from benchmarks.training.lane import Lane
from benchmarks.training.loop import Training
from benchmarks.training.turns import Turn, pause_after

FULL = 0.9  # share of the GPU's memory that lanes use at most

Report = tuple[int, Event | WorkerReady]  # of the item with this ticket


class Place:
    """A lane with the item that it runs, and the training of its last trial, which the next trial may take over."""

    def __init__(self, device: torch.device) -> None:
        self.lane = Lane(device)
        self.ticket: int | None = None
        self.told: Told | None = None
        self.spare: Training | None = None
        self.num_bytes = 0  # of the GPU's memory that its turns have taken
        self.is_settled = False  # whether it has run an epoch, and takes no more memory

    def begin(self, ticket: int, told: Told) -> None:
        """Take an item, whose work begins with the next turn."""
        self.ticket, self.told, self.spare = ticket, told, None  # a spare is the item's now

    def next_turn(self) -> Event | Turn | None:
        """Advance the item to its next pause or event; return None at its end."""
        assert self.told is not None
        with self.lane.turn():
            try:
                return next(self.told)
            except StopIteration as end:
                self.spare = end.value
        self.ticket = self.told = None
        return None

    def stop(self) -> None:
        """End the item where it is, once the GPU has done what was queued for it."""
        assert self.told is not None
        self.lane.finish()
        with self.lane.turn():
            self.told.close()
        self.ticket = self.told = None

    def can_take_over(self, item: WorkItem) -> bool:
        """Return whether the item is another seed or rate of the network that this lane has trained."""
        return self.spare is not None and isinstance(item, Attempt) and self.spare.can_go_on_with(item.trial)


class Lanes:
    """Up to `job.num_lanes` items at once, each with a ticket; further items wait."""

    def __init__(self, workplace: Workplace, job: Job) -> None:
        self.workplace, self.job = workplace, job
        self.places = [Place(workplace.images.device) for _ in range(job.num_lanes)]
        self.items: dict[int, WorkItem] = {}
        self.memory = Memory(workplace.images.device)
        self.turn: tuple[int, int] | None = None  # the number of the turn that is being taken, and its item's ticket
        self.numbers = count()

    @property
    def busy(self) -> list[Place]:
        """Places that run an item."""
        return [place for place in self.places if place.ticket is not None]

    @property
    def waiting(self) -> dict[int, WorkItem]:
        """Items that have not begun, in order."""
        begun = {place.ticket for place in self.places}
        return {ticket: item for ticket, item in self.items.items() if ticket not in begun}

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs or waits."""
        return not self.items

    def add(self, ticket: int, item: WorkItem) -> None:
        """Let an item wait for a lane."""
        self.items[ticket] = item

    def stop(self, ticket: int) -> None:
        """End an item; the others go on."""
        self.items.pop(ticket, None)
        for place in self.busy:
            if place.ticket == ticket:
                place.stop()

    def next_round(self) -> Iterator[Report]:
        """Start what can start, then take one turn in every lane; yield what the items report."""
        yield from self._start()
        turns = []
        for place in self.busy:
            ticket = place.ticket
            assert ticket is not None
            self.turn = next(self.numbers), ticket
            told = self._turn_of(place)
            self.turn = None
            turns.append(told)
            if isinstance(told, Finished) and told.result.status == "oom" and len(self.busy) > 1:
                yield ticket, self._close_lane(place, told)
            elif told is not None and not isinstance(told, Turn):
                yield ticket, told
            if place.ticket is None:
                self.items.pop(ticket, None)
        if turns and all(turn is Turn.WAITING for turn in turns):
            pause_after(Turn.WAITING)

    def _turn_of(self, place: Place) -> Event | Turn | None:
        """Take a lane's next turn, and note what memory it takes until its first epoch is done."""
        if place.is_settled:
            return place.next_turn()
        before = self.memory.reserved()
        told = place.next_turn()
        place.num_bytes += self.memory.reserved() - before
        place.is_settled = isinstance(told, EpochDone)
        self.memory.note(place.num_bytes, is_whole=place.is_settled)
        return told

    def _start(self) -> Iterator[Report]:
        """Give waiting items to free lanes: first what a lane can take over; then, while there is memory, one other a round, in order."""
        free = [place for place in self.places if place.ticket is None]
        for place in free:
            match = next((ticket for ticket, item in self._eligible().items() if place.can_take_over(item)), None)
            if match is not None:
                yield self._begin(place, match)
        place_left = next((place for place in free if place.ticket is None), None)
        waiting = self.waiting
        if place_left is not None and waiting and self._has_memory():
            place_left.spare = None  # its graph goes before another is recorded on the same stream
            place_left.num_bytes, place_left.is_settled = 0, False
            yield self._begin(place_left, next(iter(waiting)))

    def _eligible(self) -> dict[int, WorkItem]:
        """Return the waiting items of the seed under way and of the next: a run that is stopped stays fair."""
        seeds = sorted({item.trial.seed for item in self.items.values()})[:2]
        return {ticket: item for ticket, item in self.waiting.items() if item.trial.seed in seeds}

    def _begin(self, place: Place, ticket: int) -> Report:
        place.begin(ticket, self.workplace.work_in_turns(self.items[ticket], self.job, place.spare))
        return ticket, WorkerReady()

    def _has_memory(self) -> bool:
        """Return whether another lane fits, by the largest so far; trainings that wait to be taken over are released first."""
        if not self.busy or self.memory.has_room():
            return True
        self._let_go()
        return self.memory.has_room()

    def _close_lane(self, place: Place, ended: Finished) -> Lost:
        """Close the lane of a trial that ran out of memory: beside others that says nothing of the trial, but there is no room for this lane."""
        assert place.ticket is not None
        lost = Lost(item=self.items.pop(place.ticket), detail=ended.result.detail, status="oom")
        place.stop()
        self.places.remove(place)
        self._let_go()
        return lost

    def _let_go(self) -> None:
        for place in self.places:
            if place.ticket is None:
                place.spare = None
        self.memory.collect()


class Memory:
    """The GPU's memory, and how much of it a lane takes; other devices are never full."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.on_gpu = device.type == "cuda"
        self.largest = 0  # bytes of a lane
        self.is_known = not self.on_gpu

    def reserved(self) -> int:
        """Return the bytes that this process has reserved."""
        return torch.cuda.memory_reserved(self.device) if self.on_gpu else 0

    def note(self, num_bytes: int, *, is_whole: bool) -> None:
        """Note what a lane has taken so far; `is_whole` once it has run an epoch."""
        self.largest = max(self.largest, num_bytes)
        self.is_known = self.is_known or is_whole

    def has_room(self) -> bool:
        """Return whether the memory stays below its limit with one more lane; not before a first lane has shown what it takes."""
        if not self.on_gpu:
            return True
        free, total = torch.cuda.mem_get_info(self.device)
        return self.is_known and total - free + self.largest <= FULL * total

    def collect(self) -> None:
        """Give memory that nothing uses back to the GPU."""
        if self.on_gpu:
            torch.cuda.empty_cache()
