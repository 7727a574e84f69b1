"""Times are taken in turns, leave records that can be read again, and say what stood in their way."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks.measuring.cost import cost_of
from benchmarks.measuring.timing import TimingState, measure, measure_here, orders, twins_of
from benchmarks.spec.timing import FEW_ROUNDS, Step, TimingPlan, Workload
from benchmarks.store.environment import Checkout, read_checkout
from benchmarks.store.out import Out
from benchmarks.store.strict_json import SCHEMA, NewerSchemaError
from benchmarks.store.timings import TimingResult, TimingStore
from resnet_variants import parse
from resnet_variants.architecture import Task

TASK = Task(image_shape=(1, 8, 8), num_classes=10)
NOWHERE = Checkout(commit=None, is_dirty=None)


def plan(*names: str, num_rounds: int = 3) -> TimingPlan:
    workloads = [Workload(architecture=parse(name), task=TASK, batch_size=16, steps=("train", "infer")) for name in names]
    return TimingPlan(workloads=tuple(workloads), precision="fp32", num_rounds=num_rounds)


@pytest.fixture(scope="module")
def session() -> TimingResult:
    """In a process of its own, as a run measures it."""
    return measure(plan("plain8:width=4", "resnet20:width=32"), "cpu", read_checkout())


@pytest.mark.slow
def test_every_network_is_timed_in_every_round_at_every_step(session: TimingResult) -> None:
    small, large = session.networks
    for network in (small, large):
        assert len(network.train_step_seconds) == len(network.infer_step_seconds) == 3
        assert min(network.infer_step_seconds) > 0
        assert network.cost == cost_of(network.workload.architecture, TASK)
        assert not network.detail
    for steps in ("train_step_seconds", "infer_step_seconds"):
        assert min(getattr(small, steps)) < min(getattr(large, steps))  # 300 times the multiply-adds; other work only adds time
    for network in (small, large):
        assert min(network.infer_step_seconds) < min(network.train_step_seconds)


@pytest.mark.slow
def test_the_larger_network_needs_more_memory_where_the_system_tells(session: TimingResult) -> None:
    small, large = session.networks
    if small.train_memory_bytes is None or large.train_memory_bytes is None:
        pytest.skip("this system does not tell a process's peak")
    assert large.train_memory_bytes > small.train_memory_bytes
    assert large.cost is not None
    assert large.train_memory_bytes > 2 * 4 * large.cost.params  # weights and their gradients


@pytest.mark.slow
def test_the_machine_and_its_other_work_are_written_down(session: TimingResult) -> None:
    assert session.environment.num_threads == session.environment.num_cores
    assert session.others_share is None or 0 <= session.others_share <= 1


@pytest.mark.slow
def test_a_record_is_read_again_as_it_was_and_found_by_its_plan(session: TimingResult, tmp_path: Path) -> None:
    store = Out(tmp_path).timings
    assert store.of(session.plan, session.environment) == []
    store.write(session)
    assert store.of(session.plan, session.environment) == store.of(session.plan) == [session]
    assert store.read_all() == ([session], [])
    assert store.of(replace(session.plan, num_rounds=4, unclaimed=(0,))) == [session]
    for other in (replace(session.plan, survey="imagenet"), replace(session.plan, workloads=session.plan.workloads[:1])):
        assert store.of(other) == []
    for change in ({"processor": "another"}, {"instructions": "others"}):
        assert store.of(session.plan, replace(session.environment, **change)) == []


@pytest.mark.slow
def test_a_second_session_of_a_plan_has_a_record_of_its_own_named_by_its_time(session: TimingResult, tmp_path: Path) -> None:
    store = TimingStore(folder=tmp_path)
    times = ("2026-01-01T07:30:00Z", "2026-01-01T05:00:00Z")
    both = [store.write(replace(session, finished_at=time)) for time in times]
    names = [path.stem.rpartition("-")[2] for path in sorted(tmp_path.iterdir())]
    assert names == ["20260101T050000Z", "20260101T073000Z"]
    assert store.of(session.plan, session.environment) == both[::-1]
    old = replace(session, finished_at=None, order_seed=None)
    store.write(old)
    assert "Z" not in store.path(old).stem and store.of(session.plan)[0] == old


@pytest.mark.slow
def test_torn_records_are_named_and_newer_ones_refused(session: TimingResult, tmp_path: Path) -> None:
    store = TimingStore(folder=tmp_path)
    store.write(session)
    path = store.path(session)
    text = path.read_text()
    path.write_text(text[:200])
    results, unreadable = store.read_all()
    assert results == [] and path.name in unreadable[0]
    assert store.of(session.plan) == []
    path.write_text(text.replace(f'"schema": {SCHEMA}', '"schema": 99'))
    with pytest.raises(NewerSchemaError, match=f"schema is 99, this release reads up to {SCHEMA}"):
        store.read_all()


@pytest.mark.slow
def test_a_network_that_cannot_run_says_why_and_the_others_go_on() -> None:
    threads = torch.get_num_threads()
    found = measure_here(plan("googlenet", "plain8:width=4", num_rounds=1), "cpu", NOWHERE).networks
    assert torch.get_num_threads() == threads
    assert found[0].detail and found[0].train_step_seconds == ()
    assert not found[1].detail and len(found[1].train_step_seconds) == 1


def test_a_plan_without_anything_to_time_is_refused() -> None:
    with pytest.raises(ValueError, match="needs at least one network and one round"):
        plan()


def test_the_smallest_and_the_largest_claimed_network_have_twins() -> None:
    asked = plan("resnet20:width=8", "plain8:width=4", "resnet20:width=32", "resnet20:width=64")
    states = [TimingState(workload=workload) for workload in asked.workloads]
    small, large = twins_of(replace(asked, unclaimed=(3,)), states)
    assert [small.workload, large.workload] == [asked.workloads[1], asked.workloads[2]]
    assert all(twin is not state for twin in (small, large) for state in states)
    assert len(twins_of(replace(asked, unclaimed=(0, 1, 2)), states)) == 1
    everything = twins_of(replace(asked, unclaimed=(0, 1, 2, 3)), states)  # no claim speaks of any
    assert [twin.workload for twin in everything] == [asked.workloads[1], asked.workloads[3]]
    states[1].detail = "OutOfMemoryError"
    assert twins_of(asked, states)[0].workload == asked.workloads[0]


def test_every_round_has_an_order_of_its_own_that_its_seed_gives_again() -> None:
    asked = replace(plan("resnet8", "plain8", "resnet14", "resnet20", num_rounds=15), unclaimed=(2,))
    states = [TimingState(workload=workload) for workload in asked.workloads]
    twins = [TimingState(workload=asked.workloads[0])]

    def labels(seed: int) -> list[list[int]]:
        places = {id(state): place for place, state in enumerate([*states, *twins])}
        return [[places[id(state)] for state in turns] for turns in orders(asked, states, twins, seed)]

    rounds = labels(1)
    assert rounds == labels(1) != labels(2)
    assert len({tuple(turns) for turns in rounds}) > 10
    assert [sorted(turns) for turns in rounds] == [[0, 1, 2, 3, 4]] * FEW_ROUNDS + [[0, 1, 3, 4]] * (15 - FEW_ROUNDS)


@pytest.mark.slow
def test_networks_have_twins_and_the_machine_is_measured_in_every_round(session: TimingResult) -> None:
    ceilings = session.ceilings
    assert ceilings is not None and session.twin is None and session.order_seed is not None
    assert [twin.workload for twin in session.twins] == [network.workload for network in session.networks]
    for twin in session.twins:
        assert len(twin.train_step_seconds) == len(twin.infer_step_seconds) == session.plan.num_rounds
    for rates in (ceilings.matmul_macs_per_second, ceilings.convolution_macs_per_second, ceilings.copied_bytes_per_second):
        assert len(rates) == session.plan.num_rounds and min(rates) > 1e8
    large = session.networks[1]
    assert large.cost is not None
    achieved = 16 * large.cost.macs / sorted(large.infer_step_seconds)[1]
    assert achieved < max(ceilings.convolution_macs_per_second + ceilings.matmul_macs_per_second)


def test_without_steps_networks_are_counted_alone() -> None:
    counted = TimingPlan(
        workloads=(Workload(architecture=parse("resnet20"), task=TASK, batch_size=16, steps=()),), precision="fp32", num_rounds=2
    )
    found = measure_here(counted, "cpu", NOWHERE)
    (network,) = found.networks
    assert network.cost == cost_of(parse("resnet20"), TASK)
    assert network.train_step_seconds == network.infer_step_seconds == ()
    assert found.all_twins == () and found.ceilings is None and found.order_seed is None


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler here, which torch's compiler needs on a CPU")
def test_a_compiled_network_is_timed_beside_itself_as_it_stands() -> None:
    eager = Workload(architecture=parse("resnet8:width=4"), task=TASK, batch_size=16, steps=("train", "infer"))
    twice = TimingPlan(workloads=(eager, replace(eager, mode="compiled")), precision="fp32", num_rounds=2)
    plainly, compiled = measure(twice, "cpu", NOWHERE).networks
    assert plainly.compile_seconds is None and not compiled.detail
    assert compiled.compile_seconds is not None and compiled.compile_seconds > 1
    assert len(compiled.train_step_seconds) == len(compiled.infer_step_seconds) == 2
    assert max(compiled.train_step_seconds) < compiled.compile_seconds  # nothing is compiled in a timed turn


@pytest.mark.parametrize(("steps", "batch_size"), [(("train",), 1), (("infer",), 0)])
def test_batches_without_images_or_variance_are_refused(steps: tuple[Step, ...], batch_size: int) -> None:
    with pytest.raises(ValueError, match=f"batch_size must be at least {batch_size + 1}"):
        Workload(architecture=parse("resnet8"), task=TASK, batch_size=batch_size, steps=steps)
