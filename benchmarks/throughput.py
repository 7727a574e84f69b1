"""Seconds of a step, and the memory that it takes: every network in turn, round by round, so that the machine's moods meet all of them alike.

Random images, never zeros; warmed up before each turn; no two things at once. A network is built for its turn and let go after it. Memory is
measured in a pass of its own.

Axes: N images, C channels, H rows, W columns.
"""

import ctypes
import gc
import math
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from threading import Thread

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.cost import cost_of
from benchmarks.executors.local import end_with_parent
from benchmarks.machine import Checkout, describe, num_cores
from benchmarks.timings import NetworkTiming, Step, TimingPlan, TimingResult, Workload
from resnet_variants.build import build

TURN_SECONDS = 0.15  # a turn's timed part lasts at least so long
WARM_UP_STEPS = {"cpu": 2, "cuda": 10, "mps": 10}  # each turn; a GPU has clocks to raise and algorithms to choose
WARM_UP_SECONDS = {"cpu": 0.1, "cuda": 0.5, "mps": 0.5}
MOMENTUM = 0.9
SEED = 0
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(kw_only=True, slots=True)
class Turns:
    """What the rounds have brought of one network so far."""

    workload: Workload
    seconds: dict[Step, list[float]] = field(default_factory=lambda: {"train": [], "infer": []})
    memory: dict[Step, int | None] = field(default_factory=lambda: {"train": None, "infer": None})
    detail: str = ""


def measure(plan: TimingPlan, device: str, checkout: Checkout) -> TimingResult:
    """Carry a session out in a process of its own, with all cores, and wait for it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_prepare) as pool:
        return pool.submit(measure_here, plan, device, checkout).result()


def _prepare() -> None:
    Thread(target=end_with_parent, daemon=True).start()
    torch.set_num_threads(num_cores())
    torch.set_flush_denormal(True)


def measure_here(plan: TimingPlan, device: str, checkout: Checkout) -> TimingResult:
    """Carry a session out in this process. A network that cannot run is left out of the later rounds, with the error's words."""
    networks = [Turns(workload=workload) for workload in plan.workloads]
    others = _Others()
    for turns in [*networks[:1], *networks]:  # the first pass loads libraries, and is taken again
        _attempt(turns, lambda turns: _memory_pass(turns, plan, device))
    for _ in range(plan.num_rounds):
        for turns in networks:
            _attempt(turns, lambda turns: _turn(turns, plan, device))
    return TimingResult(
        plan=plan,
        networks=tuple(_result(turns) for turns in networks),
        others_share=others.share(),
        environment=describe(device=device, num_threads=torch.get_num_threads(), checkout=checkout),
    )


def _attempt(turns: Turns, part: Callable[[Turns], None]) -> None:
    if turns.detail:
        return
    try:
        part(turns)
    except Exception as error:
        turns.detail = f"{type(error).__name__}: {error}"


def _result(turns: Turns) -> NetworkTiming:
    result = NetworkTiming(workload=turns.workload, detail=turns.detail)
    if turns.detail:
        return result
    return replace(
        result,
        cost=cost_of(turns.workload.architecture, turns.workload.task),
        train_step_seconds=tuple(turns.seconds["train"]),
        infer_step_seconds=tuple(turns.seconds["infer"]),
        train_memory_bytes=turns.memory["train"],
        infer_memory_bytes=turns.memory["infer"],
    )


def _turn(turns: Turns, plan: TimingPlan, device: str) -> None:
    """One number for each step: the mean of as many as the turn's time takes."""
    run = _Runnable(turns.workload, plan, device)
    for step in plan.steps:
        once = run.steps[step]
        start, count = time.perf_counter(), 0
        while count < WARM_UP_STEPS[device] or time.perf_counter() - start < WARM_UP_SECONDS[device]:
            once()
            _wait(device)
            count += 1
        estimate = (time.perf_counter() - start) / count
        number = max(1, math.ceil(TURN_SECONDS / estimate))
        start = time.perf_counter()
        for _ in range(number):
            once()
        _wait(device)
        turns.seconds[step].append((time.perf_counter() - start) / number)


class _Runnable:
    """A network on the device with images of its own, ready for either step."""

    def __init__(self, workload: Workload, plan: TimingPlan, device: str) -> None:
        generator = torch.Generator().manual_seed(SEED)
        task = workload.task
        self.device = device
        self.dtype = torch.bfloat16 if plan.precision == "bf16" else torch.float32
        self.network: nn.Module = _built(workload, device).to(memory_format=torch.channels_last)
        x_NCHW = torch.randn(plan.batch_size, *task.image_shape, generator=generator)
        self.x_NCHW = x_NCHW.to(device).contiguous(memory_format=torch.channels_last)
        self.labels_N = torch.randint(0, task.num_classes, (plan.batch_size,), generator=generator).to(device)
        fused = device in ("cpu", "cuda")
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=1e-3, momentum=MOMENTUM, fused=fused)
        self.steps: dict[Step, Callable[[], None]] = {"train": self._train, "infer": self._infer}

    def _scores(self) -> Tensor:
        with torch.autocast(self.device, torch.bfloat16, enabled=self.dtype == torch.bfloat16):
            scores_NK: Tensor = self.network(self.x_NCHW)
        return scores_NK.float()

    def _train(self) -> None:
        self.network.train()
        loss = F.cross_entropy(self._scores(), self.labels_N)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()

    def _infer(self) -> None:
        self.network.eval()
        with torch.inference_mode():
            self._scores()


@torch.no_grad()
def _built(workload: Workload, device: str) -> nn.Module:
    """The network with weights as large as He's but uniform, which takes a tenth of the time that drawing normal ones does."""
    with torch.device("meta"):
        network = build(workload.architecture, workload.task)
    network.to_empty(device=device)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.LayerNorm):
            module.reset_parameters()  # a norm's statistics, too
        else:
            for weight in module.parameters(recurse=False):
                bound = (6 / weight[0].numel()) ** 0.5 if weight.ndim > 1 else 0.0  # biases start at zero
                weight.uniform_(-bound, bound)
    return network


class _Others:
    """What other programs take of the machine from here on."""

    def __init__(self) -> None:
        self.start = self._now()

    def share(self) -> float | None:
        """The share of all cores' time that was spent outside this process; None where the system does not tell."""
        now = self._now()
        if now is None or self.start is None:
            return None
        busy, total, own = (after - before for after, before in zip(now, self.start, strict=True))
        return min(1.0, max(0.0, (busy - own) / total)) if total > 0 else None

    @staticmethod
    def _now() -> tuple[float, float, float] | None:
        """Seconds that all cores were busy, that they were there, and that this process took."""
        try:
            ticks = [int(number) for number in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        except (OSError, ValueError):
            return None
        idle, total = ticks[3] + ticks[4], sum(ticks)
        return (total - idle) / TICKS, total / TICKS, time.process_time()


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()
    elif device == "mps":
        torch.mps.synchronize()


def _memory_pass(turns: Turns, plan: TimingPlan, device: str) -> None:
    """The most memory in use during one step, less what was in use before the network was there; inference first."""
    for step in sorted(plan.steps):
        gc.collect()
        before = _start_watching(device)
        run = _Runnable(turns.workload, plan, device)
        run.steps[step]()
        _wait(device)
        peak = _peak_bytes(device)
        turns.memory[step] = max(0, peak - before) if before is not None and peak is not None else None


def _start_watching(device: str) -> int | None:
    """Bytes in use now, after which the peak counts anew; None where that cannot be told."""
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        return torch.cuda.memory_allocated()
    try:
        ctypes.CDLL(None).malloc_trim(0)  # glibc: what is free goes back
        Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak starts from here (man 5 proc)
    except (AttributeError, OSError):
        return None
    return _status_bytes("VmRSS")


def _peak_bytes(device: str) -> int | None:
    return torch.cuda.max_memory_allocated() if device == "cuda" else _status_bytes("VmHWM")


def _status_bytes(name: str) -> int | None:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), None)
