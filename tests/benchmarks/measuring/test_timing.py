"""Times are taken in turns, leave records that can be read again, and say what stood in their way."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks.measuring.cost import cost_of
from benchmarks.measuring.timing import measure, measure_here
from benchmarks.spec.timing import Step, TimingPlan, Workload
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


def test_the_larger_network_needs_more_memory_where_the_system_tells(session: TimingResult) -> None:
    small, large = session.networks
    if small.train_memory_bytes is None or large.train_memory_bytes is None:
        pytest.skip("this system does not tell a process's peak")
    assert large.train_memory_bytes > small.train_memory_bytes
    assert large.cost is not None
    assert large.train_memory_bytes > 2 * 4 * large.cost.params  # weights and their gradients


def test_the_machine_and_its_other_work_are_written_down(session: TimingResult) -> None:
    assert session.environment.num_threads == session.environment.num_cores
    assert session.others_share is None or 0 <= session.others_share <= 1


def test_a_record_is_read_again_as_it_was_and_found_by_its_plan(session: TimingResult, tmp_path: Path) -> None:
    store = Out(tmp_path).timings
    assert store.find(session.plan, session.environment) is None
    store.write(session)
    assert store.find(session.plan, session.environment) == session
    assert store.read_all() == ([session], [])
    assert store.find(replace(session.plan, num_rounds=4), session.environment) is None
    assert store.find(session.plan, replace(session.environment, processor="another")) is None


def test_torn_records_are_named_and_newer_ones_refused(session: TimingResult, tmp_path: Path) -> None:
    store = TimingStore(folder=tmp_path)
    store.write(session)
    path = store.path(session.plan, session.environment)
    text = path.read_text()
    path.write_text(text[:200])
    results, unreadable = store.read_all()
    assert results == [] and path.name in unreadable[0]
    assert store.find(session.plan, session.environment) is None
    path.write_text(text.replace(f'"schema": {SCHEMA}', '"schema": 99'))
    with pytest.raises(NewerSchemaError, match=f"schema is 99, this release reads up to {SCHEMA}"):
        store.read_all()


def test_a_network_that_cannot_run_says_why_and_the_others_go_on() -> None:
    threads = torch.get_num_threads()
    found = measure_here(plan("googlenet", "plain8:width=4", num_rounds=1), "cpu", NOWHERE).networks
    assert torch.get_num_threads() == threads
    assert found[0].detail and found[0].train_step_seconds == ()
    assert not found[1].detail and len(found[1].train_step_seconds) == 1


def test_a_plan_without_anything_to_time_is_refused() -> None:
    with pytest.raises(ValueError, match="needs at least one network and one round"):
        plan()


def test_the_first_network_has_a_twin_and_the_machine_is_measured_in_every_round(session: TimingResult) -> None:
    twin, ceilings = session.twin, session.ceilings
    assert twin is not None and ceilings is not None
    assert twin.workload == session.networks[0].workload
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
    assert found.twin is None and found.ceilings is None


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
