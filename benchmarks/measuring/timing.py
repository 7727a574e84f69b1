"""Time a network's steps and measure their memory: every network in turn, round by round, so that drift in the machine's speed affects all
networks equally.

Every round has an order of its own. Each turn is warmed up, and nothing runs at the same time. A network is built for its turn and freed after
it, unless it was compiled or recorded, which takes too long to repeat. Memory and compilation are measured in passes of their own.
"""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from random import Random
from threading import Thread
from typing import Literal

import torch

from benchmarks.measuring.cost import cost_of
from benchmarks.measuring.gpu_sensors import Sensors, sensors_of
from benchmarks.measuring.memory import bytes_in_use, peak_bytes
from benchmarks.measuring.other_load import OtherLoad
from benchmarks.measuring.peaks import CeilingKernels, ceilings_of
from benchmarks.measuring.runnable import Runnable
from benchmarks.measuring.stopwatch import seconds_of, wait_for
from benchmarks.spec.timing import Step, TimingPlan, Workload
from benchmarks.store.cores import num_cores
from benchmarks.store.environment import Checkout, describe, utc_now
from benchmarks.store.timings import GpuSample, NetworkTiming, TimingResult
from benchmarks.training.process import end_with_parent, prepare

MANY = 1000
MOST_TRIES = 5
MOST_SEEDS = 2**31


@dataclass(kw_only=True, slots=True)
class TimingState:
    """Measurements of one workload so far; a compiled or recorded network is kept in `ready`."""

    workload: Workload
    seconds: dict[Step, list[float]] = field(default_factory=lambda: {"train": [], "infer": []})
    memory: dict[Step, int | None] = field(default_factory=lambda: {"train": None, "infer": None})
    ready: Runnable | None = None
    compile_seconds: float | None = None
    gpu_samples: list[GpuSample] = field(default_factory=list)
    num_throttled: int = 0
    detail: str = ""


def measure(plan: TimingPlan, device: str, checkout: Checkout) -> TimingResult:
    """Run a timing session in a process of its own, with all cores, and wait for it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_prepare) as pool:
        return pool.submit(measure_here, plan, device, checkout).result()


def _prepare() -> None:
    Thread(target=end_with_parent, daemon=True).start()
    prepare(num_cores())


def measure_here(plan: TimingPlan, device: str, checkout: Checkout) -> TimingResult:
    """Run a timing session in this process. A network that fails is left out of the later rounds, and its error is kept."""
    networks = [TimingState(workload=workload) for workload in plan.workloads]
    twins: list[TimingState] = []
    order_seed = time.time_ns() % MOST_SEEDS
    others_share = None
    rounds: list[tuple[float, float, float]] = []
    if plan.is_timed:
        for state in [*networks[:1], *networks]:  # the first pass loads libraries, and is repeated
            _attempt(state, lambda state: _memory_pass(state, plan, device))
        twins = twins_of(plan, networks)
        for state in [*networks, *twins]:
            _attempt(state, lambda state: _make_ready(state, plan, device))
        sensors = sensors_of(device)
        kernels, other_load = CeilingKernels(plan.precision, device), OtherLoad()
        for turns in orders(plan, networks, twins, order_seed):
            rounds.append(kernels.measure())
            for state in turns:
                _attempt(state, lambda state: _turn(state, plan, device, sensors))
        others_share = other_load.fraction()
    return TimingResult(
        plan=plan,
        networks=tuple(_result(state) for state in networks),
        twins=tuple(_result(state) for state in twins),
        order_seed=order_seed if plan.is_timed else None,
        ceilings=ceilings_of(rounds) if rounds else None,
        others_share=others_share,
        finished_at=utc_now(),
        environment=describe(device=device, num_threads=torch.get_num_threads(), checkout=checkout),
    )


def twins_of(plan: TimingPlan, networks: Sequence[TimingState]) -> list[TimingState]:
    """Return twins of the smallest and the largest eager network that claims speak of, by multiply-adds; of all if claims speak of none."""
    timed = [state for state in networks if state.workload.mode == "eager" and state.workload.steps and not state.detail]
    claimed = [state.workload for state in timed if state.workload in plan.claimed] or [state.workload for state in timed]
    by_size = sorted(claimed, key=lambda workload: workload.batch_size * cost_of(workload.architecture, workload.task).macs)
    return [TimingState(workload=workload) for workload in dict.fromkeys(by_size[:1] + by_size[-1:])]


def orders(
    plan: TimingPlan, networks: Sequence[TimingState], twins: Sequence[TimingState], order_seed: int
) -> Iterator[list[TimingState]]:
    """Yield the turns of every round, in an order drawn from the seed and the number of the round."""
    for number in range(plan.num_rounds):
        turns = [state for place, state in enumerate(networks) if number < plan.num_rounds_of(place)]
        turns += twins
        Random(f"{order_seed}-{number}").shuffle(turns)
        yield turns


def _attempt(state: TimingState, part: Callable[[TimingState], None]) -> None:
    if state.detail:
        return
    try:
        part(state)
    except Exception as error:
        state.detail = f"{type(error).__name__}: {error}"


def _result(state: TimingState) -> NetworkTiming:
    result = NetworkTiming(workload=state.workload, detail=state.detail)
    if state.detail:
        return result
    return replace(
        result,
        cost=cost_of(state.workload.architecture, state.workload.task),
        train_step_seconds=tuple(state.seconds["train"]),
        infer_step_seconds=tuple(state.seconds["infer"]),
        train_memory_bytes=state.memory["train"],
        infer_memory_bytes=state.memory["infer"],
        compile_seconds=state.compile_seconds,
        gpu_samples=tuple(state.gpu_samples),
        num_throttled=state.num_throttled,
    )


def _turn(state: TimingState, plan: TimingPlan, device: str, sensors: Sensors | None) -> None:
    """Time each step of a workload once."""
    gc.collect()  # the previous network is a reference cycle, and would keep its memory
    run = state.ready or Runnable(state.workload, plan.precision, device)
    for step in state.workload.steps:
        state.seconds[step].append(_time_unthrottled(state, partial(seconds_of, run.steps[step], device), sensors))


def _time_unthrottled(state: TimingState, timed: Callable[[Callable[[], None]], float], sensors: Sensors | None) -> float:
    """Return the seconds of a timing and keep the GPU's readings during it; repeat timings during which the GPU was throttled."""
    if sensors is None:
        return timed(lambda: None)
    for _ in range(MOST_TRIES):
        seconds, sample, is_throttled = _time_and_watch(timed, sensors)
        if not is_throttled:
            state.gpu_samples.append(sample)
            return seconds
        state.num_throttled += 1
    raise RuntimeError(f"the GPU was throttled in each of {MOST_TRIES} turns: check its power and cooling")


def _time_and_watch(timed: Callable[[Callable[[], None]], float], sensors: Sensors) -> tuple[float, GpuSample, bool]:
    """Time once; return the seconds, and the readings of the sensors meanwhile."""
    readings: list[tuple[GpuSample, bool]] = []
    seconds = timed(lambda: readings.append(sensors.read()))
    ((sample, is_throttled),) = readings
    return seconds, sample, is_throttled


def _memory_pass(state: TimingState, plan: TimingPlan, device: str) -> None:
    """Measure the memory of each step, inference first; not of a compiled network, because on a CPU the compiler's own memory would count."""
    for step in sorted(state.workload.steps):
        if state.workload.mode == "eager":
            state.memory[step] = _step_memory(state.workload, step, plan.precision, device)


def _step_memory(workload: Workload, step: Step, precision: Literal["fp32", "bf16"], device: str) -> int | None:
    """Return the peak memory during one step, minus the memory in use before the network was built."""
    before = bytes_in_use(device)
    peak = peak_bytes(lambda: Runnable(workload, precision, device).steps[step](), device)
    return max(0, peak - before) if before is not None and peak is not None else None


def _make_ready(state: TimingState, plan: TimingPlan, device: str) -> None:
    """Compile or record a network whose mode requires it, without caches; one that would fall back to eager mode fails instead."""
    if state.workload.mode == "eager":
        return
    if state.workload.mode == "graph":
        state.ready = Runnable(state.workload, plan.precision, device)
        return
    torch._dynamo.config.cache_size_limit = MANY  # all networks of stages share a class, so that each counts as a recompilation
    with torch._inductor.config.patch(force_disable_caches=True):
        run = Runnable(state.workload, plan.precision, device)
        state.compile_seconds = sum(_first_call(run.steps[step], device) for step in state.workload.steps)
    state.ready = run


def _first_call(once: Callable[[], object], device: str) -> float:
    """Return by how many seconds the first call is slower than the second."""
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        once()
        wait_for(device)
        seconds.append(time.perf_counter() - start)
    return max(0.0, seconds[0] - seconds[1])
