"""Time jobs in turn with a reference kernel, in fresh processes one after the other, and show the progress."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import median

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

TURN_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """Event that a job has been timed once; after its last round in a process, `seconds` is its median."""

    name: str
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Timed:
    """Per job, the median ratio to the kernel in every process, and the median over processes of the median seconds."""

    ratios: dict[str, tuple[float, ...]]
    seconds: dict[str, float]


class Watch:
    """Progress display on a console: a bar on a terminal, elsewhere a line for each job that a process has finished."""

    def __init__(self, console: Console, num_processes: int, num_turns: int) -> None:
        self.console, self.num_processes, self.number = console, num_processes, 0
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:3.0f}%"),
            TimeRemainingColumn(),
        )
        self.bar = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
        self.task = self.bar.add_task("measuring", total=num_processes * num_turns)

    @property
    def shown(self) -> AbstractContextManager[object]:
        """Context manager that shows the bar on a terminal."""
        return self.bar if self.console.is_terminal else nullcontext()

    def begin(self) -> None:
        """Note that the next process begins."""
        self.number += 1
        self.bar.update(self.task, description=f"process {self.number} of {self.num_processes}")

    def see(self, turn: Turn) -> None:
        """Advance the display by one turn."""
        self.bar.advance(self.task)
        if turn.seconds is not None and not self.console.is_terminal:
            words = f"process {self.number} of {self.num_processes}: {turn.name}: {1000 * turn.seconds:.3g} ms"
            self.console.print(words, highlight=False, soft_wrap=True)


def take_turns(names: Sequence[str], num_processes: int, num_rounds: int, console: Console) -> Timed:
    """Time the named jobs.

    Raises:
        RuntimeError: a measuring process has died.
    """
    watch = Watch(console, num_processes, len(names) * (num_rounds + 1))
    measured: list[dict[str, tuple[float, float]]] = []
    with watch.shown:
        for _ in range(num_processes):
            watch.begin()
            measured.append(_measure_in_fresh_process(names, num_rounds, watch))
    return Timed(
        ratios={name: tuple(process[name][0] for process in measured) for name in names},
        seconds={name: median(process[name][1] for process in measured) for name in names},
    )


def _measure_in_fresh_process(names: Sequence[str], num_rounds: int, watch: Watch) -> dict[str, tuple[float, float]]:
    """Return the median ratio and the median seconds of each job, measured in a fresh process."""
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(list(names), num_rounds, theirs), daemon=True)
    process.start()
    theirs.close()  # so that the death of the process closes our end of the pipe
    try:
        while isinstance(message := ours.recv(), Turn):
            watch.see(message)
    except EOFError as error:
        process.join()
        raise RuntimeError(f"the measuring process ended with exit code {process.exitcode}; see its output above") from error
    process.join()
    medians: dict[str, tuple[float, float]] = message
    return medians


def _measure(names: list[str], num_rounds: int, pipe: Connection) -> None:
    """Run one warm-up round and the timed rounds in this process, send each turn and finally the medians."""
    from benchmarks.speed.jobs import everything  # imported here because they load torch
    from benchmarks.training.process import prepare_process

    prepare_process()
    table, kernel = everything(), reference_kernel()
    ready = {name: table[name].make() for name in names}
    ratios: dict[str, list[float]] = {name: [] for name in names}
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for round_number in range(num_rounds + 1):
        for name, once in ready.items():
            before, own, after = _seconds(kernel), _seconds(once), _seconds(kernel)
            if round_number > 0:  # the first round warms up
                ratios[name].append(2 * own / (before + after))
                seconds[name].append(own)
            pipe.send(Turn(name=name, seconds=median(seconds[name]) if round_number == num_rounds else None))
    pipe.send({name: (median(ratios[name]), median(seconds[name])) for name in names})


def _seconds(once: Callable[[], object]) -> float:
    """Return the mean seconds of a call, repeated for the length of a turn."""
    start, count = time.perf_counter(), 0
    while count == 0 or time.perf_counter() - start < TURN_SECONDS:
        once()
        count += 1
    return (time.perf_counter() - start) / count


def reference_kernel() -> Callable[[], object]:
    """Return a callable that no change of this project affects: a convolution and a Python loop, the two kinds of work in its jobs."""
    import torch
    import torch.nn.functional as F

    generator = torch.Generator().manual_seed(0)
    x_NCHW, weight = torch.randn(64, 32, 16, 16, generator=generator), torch.randn(32, 32, 3, 3, generator=generator)

    def once() -> None:
        with torch.inference_mode():
            F.conv2d(x_NCHW, weight, padding=1)
        sum(number * number for number in range(20_000))

    return once
