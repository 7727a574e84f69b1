"""Lanes: several trials in one process, each to the bits that it gives alone; on the CPU the same scheduler runs as on a GPU."""

import multiprocessing
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cli.plan import plan
from benchmarks.cli.workers import Lanes as LanesOf
from benchmarks.cli.workers import executor_of
from benchmarks.executors.carry_out import carry_out
from benchmarks.executors.events import Attempt, Checkpointed, EpochDone, Event, Finished, Job, Lost, Trained, WorkerReady
from benchmarks.executors.lane_worker import Lanes, Memory
from benchmarks.executors.worker import Workplace, run_trial
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import arms
from benchmarks.spec.trial import Trial
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult
from benchmarks.training import turns
from benchmarks.training.batches import DeviceImages
from benchmarks.training.lane import Lane
from benchmarks.training.steps import Steps
from benchmarks.training.turns import Mark, Queued, Turn, Turns
from resnet_variants import parse

pytestmark = pytest.mark.usefixtures("as_a_worker")
RECIPE = Recipe(epochs=3, batch_size=16, schedule="one-cycle", warmup_fraction=0.2, augment="crop-flip")
ARMS = [
    "resnet8:width=4",
    "preresnet8:width=4,dropout=0.3",
    "resnet8:width=4,shortcut=exclusive-gate",
    "preresnet8:width=4,drop_path=0.3,join=random-direction",
    "preresnet8:width=4,streams=2,mixing=mhc",
    "resnext11_2x4d",
    "mlp_2x16",
    "lane_nets:dropped",
]
LANE_NETS = """
from torch import nn

class Dropped(nn.Module):
    def __init__(self, task):
        super().__init__()
        size = task.image_shape[0] * task.image_shape[1] * task.image_shape[2]
        self.layers = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(size, task.num_classes))
        self.num_calls = 0  # what no tensor holds is not there in the next trial

    def forward(self, x):
        self.num_calls += 1
        return self.layers(x) * (1 + self.num_calls / 100)

def dropped(task):
    return Dropped(task)

def broken(task):
    raise RuntimeError("no such layer")

def greedy(task):
    raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1e12 bytes")
"""


@pytest.fixture(autouse=True)
def users_networks(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A module of a user's own networks, whose dropout draws from torch's global generator."""
    folder = tmp_path_factory.mktemp("nets")
    (folder / "lane_nets.py").write_text(LANE_NETS)
    monkeypatch.syspath_prepend(str(folder))
    yield
    sys.modules.pop("lane_nets", None)


def trials_of(tiny: Images, *names: str, num_seeds: int = 2, recipe: Recipe = RECIPE) -> list[Trial]:
    """Every arm for a seed, then the next seed."""
    return list(plan(arms(*names).values(), tiny, recipe, num_seeds))


def run_in_lanes(trials: list[Trial], job: Job, num_lanes: int) -> dict[Trial, list[Event]]:
    """Run trials in the lanes of this process; return the events of each."""
    lanes = Lanes(Workplace(job), replace(job, num_lanes=num_lanes))
    for ticket, trial in enumerate(trials):
        lanes.add(ticket, Attempt(trial=trial))
    told: dict[Trial, list[Event]] = {trial: [] for trial in trials}
    while not lanes.is_idle:
        for ticket, event in lanes.next_round():
            if not isinstance(event, WorkerReady):
                told[trials[ticket]].append(event)
    return told


def alone(trial: Trial, job: Job) -> list[Event]:
    workplace = Workplace(job)
    return list(workplace.work(Attempt(trial=trial), job))


def result_of(events: list[Event]) -> TrialResult:
    assert isinstance(events[-1], Finished)
    return events[-1].result


@pytest.mark.parametrize("num_lanes", [1, 2, 5])
def test_every_trial_is_as_if_alone_to_the_bit(tiny: Images, job: Job, num_lanes: int) -> None:
    """Of every kind, with crops, dropout from either generator, and lanes that are taken over by another seed; weights too."""
    trials = trials_of(tiny, *ARMS)
    keeping = replace(job, weights_of=frozenset(trial.key for trial in trials))
    together = run_in_lanes(trials, keeping, num_lanes)
    for trial in trials:
        one = alone(trial, keeping)
        assert result_of(together[trial]).status == "ok"
        assert result_of(together[trial]).reproducible == result_of(one).reproducible
        weights, expected = (
            [event.weights for event in events if isinstance(event, Trained)] for events in (together[trial], one)
        )
        assert weights == expected and len(weights) == 1
        assert result_of(together[trial]).num_lanes == num_lanes


@pytest.mark.parametrize(
    "changes",
    [
        {"precision": "bf16"},
        {"momentum": 0.0},
        {"nesterov": True},
        {"augment": "none", "batch_size": 200},  # one batch, smaller than a whole one
        {"epochs": None, "iterations": 6},
        {"schedule": "steps", "milestones": (2,), "warmup_learning_rate": 0.01, "warmup_until_train_error_pct": 80.0},
    ],
)
def test_so_it_is_by_any_recipe(tiny: Images, job: Job, changes: dict[str, object]) -> None:
    trials = trials_of(tiny, ARMS[0], ARMS[1], recipe=replace(RECIPE, **changes))  # type: ignore[arg-type]
    together = run_in_lanes(trials, job, 2)
    for trial in trials:
        assert result_of(together[trial]).reproducible == result_of(alone(trial, job)).reproducible


def test_another_seed_or_rate_of_a_network_takes_its_lane_over_and_no_step_is_made_anew(
    tiny: Images, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = count()
    build = Steps.__init__

    def counted(self: Steps, *args: object, **kwargs: object) -> None:
        next(made)
        build(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Steps, "__init__", counted)
    slow = replace(RECIPE, learning_rate=0.01)
    trials = trials_of(tiny, *ARMS[:2], num_seeds=3) + trials_of(tiny, *ARMS[:2], num_seeds=3, recipe=slow)
    trials.sort(key=lambda trial: trial.seed)
    together = run_in_lanes(trials, job, 2)
    assert next(made) == 2  # for twelve trials of two networks
    for trial in trials[-4:]:
        assert result_of(together[trial]).reproducible == result_of(alone(trial, job)).reproducible


def test_a_lane_takes_no_seed_beyond_the_next_before_its_turn(tiny: Images, job: Job) -> None:
    """One lane runs a long trial; the other keeps its network for one seed more, then turns to what is left of the earlier ones."""
    long = trials_of(tiny, ARMS[0], num_seeds=1, recipe=replace(RECIPE, epochs=40))
    both = trials_of(tiny, "mlp_2x16", "mlp_2x8", num_seeds=4)
    begun = order_of_beginning([*long, *both], job)
    assert [(trial.arm.label, trial.seed) for trial in begun[1:]] == [
        *[("mlp_2x16", 0), ("mlp_2x16", 1), ("mlp_2x8", 0), ("mlp_2x8", 1), ("mlp_2x8", 2)],
        *[("mlp_2x16", 2), ("mlp_2x16", 3), ("mlp_2x8", 3)],
    ]


def order_of_beginning(trials: list[Trial], job: Job) -> list[Trial]:
    lanes = Lanes(Workplace(job), replace(job, num_lanes=2))
    for ticket, trial in enumerate(trials):
        lanes.add(ticket, Attempt(trial=trial))
    begun = []
    while not lanes.is_idle:
        begun += [trials[ticket] for ticket, event in lanes.next_round() if isinstance(event, WorkerReady)]
    return begun


def test_a_lane_that_fails_or_diverges_harms_no_other(tiny: Images, job: Job) -> None:
    wild = replace(RECIPE, learning_rate=1e6, schedule="steps", momentum=0.99, weight_decay=1e5)
    diverging = trials_of(tiny, "plain8:width=4", num_seeds=2, recipe=wild)
    failing = trials_of(tiny, "lane_nets:broken", num_seeds=1)
    sound = trials_of(tiny, "plain8:width=4", ARMS[1])
    together = run_in_lanes([*diverging, *failing, *sound], job, 3)
    assert [result_of(together[trial]).status for trial in diverging] == ["diverged"] * 2
    assert result_of(together[failing[0]]).detail == "RuntimeError: no such layer"
    for trial in (*diverging, *sound):
        assert result_of(together[trial]).reproducible == result_of(alone(trial, job)).reproducible


def test_out_of_memory_beside_others_is_no_result_and_closes_the_lane(tiny: Images, job: Job) -> None:
    greedy, sound = trials_of(tiny, "lane_nets:greedy", num_seeds=1), trials_of(tiny, ARMS[0], "mlp_2x16", num_seeds=1)
    together = run_in_lanes([*sound, *greedy], job, 3)
    (lost,) = together[greedy[0]]
    assert isinstance(lost, Lost) and lost.status == "oom"
    assert [result_of(together[trial]).status for trial in sound] == ["ok", "ok"]
    assert result_of(run_in_lanes(greedy, job, 1)[greedy[0]]).status == "oom"


@pytest.mark.parametrize("resumed_in_a_lane", [False, True])
def test_a_checkpoint_of_a_lane_resumes_alone_and_the_other_way_round(tiny: Images, job: Job, *, resumed_in_a_lane: bool) -> None:
    often = replace(job, checkpoint_every=1)
    trials = trials_of(tiny, *ARMS[:2], "lane_nets:dropped", num_seeds=1)
    together = run_in_lanes(trials, often, 3)
    for trial in trials:
        whole = alone(trial, often)
        first = next(
            event.state for event in (whole if resumed_in_a_lane else together[trial]) if isinstance(event, Checkpointed)
        )
        attempt = Attempt(trial=trial, checkpoint=first)
        if trial.architecture != parse("lane_nets:dropped"):  # it holds more than its tensors, which no checkpoint can
            if resumed_in_a_lane:
                lanes = Lanes(Workplace(often), replace(often, num_lanes=2))
                lanes.add(0, attempt)
                lanes.add(1, Attempt(trial=trials[0]))
                events: list[Event] = []
                while not lanes.is_idle:
                    events += [event for ticket, event in lanes.next_round() if not ticket and not isinstance(event, WorkerReady)]
            else:
                events = list(Workplace(often).work(attempt, often))
            assert sum(isinstance(event, EpochDone) for event in events) == 2
            assert result_of(events).reproducible == result_of(whole).reproducible


class FakeGenerator:
    """A generator of a GPU: it points to a state, which may be exchanged."""

    def __init__(self, state: list[str]) -> None:
        self.state = state

    def clone_state(self) -> "FakeGenerator":
        return FakeGenerator(list(self.state))

    def graphsafe_get_state(self) -> "FakeGenerator":
        return FakeGenerator(self.state)

    def graphsafe_set_state(self, other: "FakeGenerator") -> None:
        self.state = other.state


def test_a_lane_of_a_gpu_has_a_stream_and_a_random_state_by_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a turn draws stays in the lane's own state, which a graph may have registered, also after an error."""
    default, streams = FakeGenerator(["seed"]), []

    @contextmanager
    def on_stream(stream: object) -> Iterator[None]:
        streams.append(stream)
        yield

    monkeypatch.setattr(torch.cuda, "default_generators", (default,))
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "Stream", lambda device: object())
    monkeypatch.setattr(torch.cuda, "stream", on_stream)
    everyones = default.state
    one, other = Lane(torch.device("cuda")), Lane(torch.device("cuda"))
    with one.turn():
        registered = default.state
        default.state.append("one")
    with pytest.raises(RuntimeError, match="broken"), other.turn():
        default.state.append("other")
        raise RuntimeError("broken")
    with one.turn():
        assert default.state is registered and default.state == ["seed", "one"]
    assert default.state is everyones and everyones == ["seed"]
    assert streams == [one.stream, other.stream, one.stream] and one.stream is not other.stream


class Busy(Mark):
    """A mark of a device that is past it only when asked for the fifth time."""

    def wait(self) -> Turns[None]:
        for _ in range(4):
            yield Turn.WAITING


def test_a_lane_that_waits_for_the_device_holds_up_no_other(tiny: Images, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits at the end of an epoch and of an evaluation; the other takes its steps meanwhile, and the bits are the same."""
    trials = trials_of(tiny, ARMS[0], ARMS[1], num_seeds=1)
    expected = [result_of(alone(trial, job)).reproducible for trial in trials]

    def slow_home(*tensors: torch.Tensor) -> Turns[tuple[torch.Tensor, ...]]:
        yield from Busy(tensors[0].device).wait()
        return tuple(tensor.clone() for tensor in tensors)

    monkeypatch.setattr("benchmarks.training.loop.bring_home", slow_home)
    images = DeviceImages(tiny, torch.device("cpu"))
    environment = Workplace(job).environment
    one, other = (run_trial(Attempt(trial=trial), images, environment, job) for trial in trials)
    turns_of_other = []
    for told in one:
        if told is Turn.WAITING:
            turns_of_other.append(next(other))
    assert (
        turns_of_other.count(Turn.WORKED) > 6 and len(turns_of_other) == 4 * 7
    )  # three epochs, their evaluations, and the last one
    together = run_in_lanes(trials, job, 2)
    assert [result_of(together[trial]).reproducible for trial in trials] == expected


@given(st.integers(1, 400))
def test_no_more_than_fifty_steps_are_queued(num_steps: int) -> None:
    """On a device that does one step only when asked."""
    done, queued, most = 0, 0, 0

    class OnDevice(Mark):
        def __init__(self, device: torch.device) -> None:
            self.place = queued

        def wait(self) -> Turns[None]:
            while done < self.place:
                yield Turn.WAITING

    steps = Queued(torch.device("cpu"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turns, "Mark", OnDevice)
        for _ in range(num_steps):
            queued += 1
            most = max(most, queued - done)
            for _ in steps.add():
                done += 1
    assert most <= 50 and (num_steps < 50 or most == 50)


def test_a_gpu_gets_another_lane_only_once_one_has_shown_what_it_takes_and_below_nine_tenths(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = Memory(torch.device("cuda"))
    used = 0
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (100 - used, 100))
    memory.note(20, is_whole=False)
    assert not memory.has_room()
    memory.note(30, is_whole=True)
    used = 60
    assert memory.has_room()
    used = 61
    assert not memory.has_room()


def test_a_lane_waits_where_there_is_no_memory_and_what_others_left_is_let_go(
    tiny: Images, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = iter([False, True])
    monkeypatch.setattr(Memory, "has_room", lambda self: next(room, False))
    collected = []
    monkeypatch.setattr(Memory, "collect", lambda self: collected.append(1))
    trials = trials_of(tiny, *ARMS[:3], num_seeds=1)
    begun = []
    lanes = Lanes(Workplace(job), replace(job, num_lanes=3))
    for ticket, trial in enumerate(trials):
        lanes.add(ticket, Attempt(trial=trial))
    most = 0
    while not lanes.is_idle:
        begun += [ticket for ticket, event in lanes.next_round() if isinstance(event, WorkerReady)]
        most = max(most, len(lanes.busy))
    assert begun == [0, 1, 2] and most == 2 and collected


@pytest.mark.slow
def test_lanes_of_a_worker_process_give_the_records_of_processes(tiny: Images, job: Job, tmp_path: Path) -> None:
    trials = trials_of(tiny, *ARMS[:2], "mlp_2x16", num_seeds=3)
    found = []
    for name, workers in (("processes", 2), ("lanes", LanesOf(num_lanes=3))):
        out = Out(tmp_path / name)
        out.prepare()
        carry_out(trials, job, out, executor_of(workers, len(trials)), lambda event: None)
        found.append([out.trials.find(trial) for trial in trials])
    for one, other in zip(*found, strict=True):
        assert one and other and one.reproducible == other.reproducible and other.num_lanes == 3


def test_stopping_in_the_middle_leaves_no_process(tiny: Images, job: Job) -> None:
    trials = trials_of(tiny, *ARMS[:3], recipe=replace(RECIPE, epochs=1000))
    events = executor_of(LanesOf(num_lanes=3), 9)(iter([Attempt(trial=trial) for trial in trials]), job)
    assert isinstance(next(events), EpochDone) and multiprocessing.active_children()
    assert isinstance(events, Generator)
    events.close()
    assert multiprocessing.active_children() == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_lanes_share_what_the_compiler_made_for_one_network(tiny: Images, job: Job) -> None:
    """Two seeds at once and two after them are compiled as one network; another network is one more."""
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    compiling = replace(job, is_compiled=True)
    trials = trials_of(tiny, "plain8:width=4", "resnet8:width=4", num_seeds=3)
    together = run_in_lanes(trials, compiling, 4)
    assert all(result_of(events).status == "ok" and result_of(events).is_compiled for events in together.values())
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 2
    for trial in trials[:3]:
        assert result_of(together[trial]).reproducible == result_of(alone(trial, compiling)).reproducible
