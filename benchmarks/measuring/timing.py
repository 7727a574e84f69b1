"""Time a network's steps and measure their memory: every network in turn, round by round, so that drift in the machine's speed affects all
networks equally.

Images are random, never zeros. Each turn is warmed up, and nothing runs at the same time. A network is built for its turn and freed after
it, unless it was compiled or recorded, which takes too long to repeat. Memory and compilation are measured in passes of their own.

Axes: N images, C channels, H rows, W columns.
"""

import gc
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from threading import Thread
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.measuring.cost import cost_of
from benchmarks.measuring.gpu_sensors import Sensors, sensors_of
from benchmarks.measuring.memory import bytes_in_use, peak_bytes
from benchmarks.measuring.other_load import OtherLoad
from benchmarks.measuring.peaks import CeilingKernels, ceilings_of
from benchmarks.measuring.stopwatch import seconds_of, wait_for
from benchmarks.spec.timing import Step, TimingPlan, Workload
from benchmarks.store.cores import num_cores
from benchmarks.store.environment import Checkout, describe, utc_now
from benchmarks.store.timings import GpuSample, NetworkTiming, TimingResult
from benchmarks.training.cuda_graphs import capture, warm_up
from benchmarks.training.process import end_with_parent, prepare
from resnet_variants.outline import is_outline, outline

MOMENTUM = 0.9
SEED = 0
MANY = 1000
MOST_TRIES = 5


@dataclass(kw_only=True, slots=True)
class TimingState:
    """Measurements of one workload so far; a compiled or recorded network is kept in `ready`."""

    workload: Workload
    seconds: dict[Step, list[float]] = field(default_factory=lambda: {"train": [], "infer": []})
    memory: dict[Step, int | None] = field(default_factory=lambda: {"train": None, "infer": None})
    ready: "Runnable | None" = None
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
    twin = TimingState(workload=plan.workloads[0])
    others_share = None
    rounds: list[tuple[float, float, float]] = []
    if plan.is_timed:
        for state in [*networks[:1], *networks]:  # the first pass loads libraries, and is repeated
            _attempt(state, lambda state: _memory_pass(state, plan, device))
        for state in [*networks, twin]:
            _attempt(state, lambda state: _make_ready(state, plan, device))
        sensors = sensors_of(device)
        kernels, other_load = CeilingKernels(plan.precision, device), OtherLoad()
        for _ in range(plan.num_rounds):
            rounds.append(kernels.measure())
            for state in [*networks, twin]:
                _attempt(state, lambda state: _turn(state, plan, device, sensors))
        others_share = other_load.fraction()
    return TimingResult(
        plan=plan,
        networks=tuple(_result(state) for state in networks),
        twin=_result(twin) if plan.is_timed else None,
        ceilings=ceilings_of(rounds) if rounds else None,
        others_share=others_share,
        finished_at=utc_now(),
        environment=describe(device=device, num_threads=torch.get_num_threads(), checkout=checkout),
    )


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


class Runnable:
    """A network on the device with random images, ready for either step."""

    def __init__(self, workload: Workload, precision: Literal["fp32", "bf16"], device: str) -> None:
        generator = torch.Generator().manual_seed(SEED)
        task = workload.task
        self.device = device
        self.is_bf16 = precision == "bf16"
        self.network = _build(workload, device, generator)
        self.scores: Callable[[Tensor], Tensor] = self.network
        if workload.mode == "compiled":
            self.scores = torch.compile(self.network, fullgraph=True, dynamic=False)
        x_NCHW = torch.randn(workload.batch_size, *task.image_shape, generator=generator)
        self.x_NCHW = x_NCHW.to(device).contiguous(memory_format=torch.channels_last)
        self.labels_N = torch.randint(0, task.num_classes, (workload.batch_size,), generator=generator).to(device)
        fused = device in ("cpu", "cuda")
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=1e-3, momentum=MOMENTUM, fused=fused)
        self.steps: dict[Step, Callable[[], object]] = {"train": self._train, "infer": self._infer}
        if workload.mode == "graph":
            for step in workload.steps:
                warm_up(self.steps[step], torch.device(device))
                self.steps[step] = capture(self.steps[step], torch.device(device))

    def _forward(self) -> Tensor:
        with torch.autocast(self.device, torch.bfloat16, enabled=self.is_bf16):
            scores_NK = self.scores(self.x_NCHW)
        return scores_NK.float()

    def _train(self) -> None:
        self.network.train()
        loss = F.cross_entropy(self._forward(), self.labels_N)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()

    def _infer(self) -> None:
        self.network.eval()
        with torch.inference_mode():
            self._forward()


@torch.no_grad()
def _build(workload: Workload, device: str, generator: torch.Generator) -> nn.Module:
    """Build the network in channels_last, with weights at He's scale, but uniform: they are drawn faster than normal ones.

    A network that other code builds keeps the weights that it drew.
    """
    network = outline(workload.architecture, workload.task)
    modules = list(network.to_empty(device="cpu").modules()) if is_outline(network) else []
    for module in modules:
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.LayerNorm):
            module.reset_parameters()  # also resets a norm's statistics
        else:
            for weight in module.parameters(recurse=False):
                bound = (6 / weight[0].numel()) ** 0.5 if weight.ndim > 1 else 0.0  # biases start at zero
                weight.uniform_(-bound, bound, generator=generator)
    network.to(device)
    return network.to(memory_format=torch.channels_last)
