"""Show the progress of a run: a bar on a terminal, one plain line per trial elsewhere."""

from collections.abc import Callable, Sequence
from itertools import islice
from operator import attrgetter
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from benchmarks.executors.events import EpochDone, Event, Finished, Note, Probed
from benchmarks.spec.trial import Trial
from benchmarks.store.trials import TrialResult

MOST_SHOWN = 4  # running trials; a cluster may have thousands
NameOf = Callable[[Trial], str]


class Display:
    """Progress of a run's trials; a context manager, so that the terminal is restored."""

    def __init__(
        self, num_trials: int, pending: Sequence[Trial], num_train: int, console: Console, name_of: NameOf = attrgetter("label")
    ) -> None:
        self.console = console
        self.num_trials = num_trials
        self.num_done = num_trials - len(pending)
        self.num_train = num_train
        self.name_of = name_of
        self.has_rates = len({trial.recipe.learning_rate for trial in pending}) > 1
        self.epochs: dict[Trial, int] = {}
        self.bar = Progress(
            TextColumn("{task.fields[trials]} trials"),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
            TextColumn("{task.fields[running]}", markup=False),  # names of networks
            console=console,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("", total=sum(map(self._work, pending)), trials=self._count(), running="")

    def __enter__(self) -> Self:
        self.bar.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.bar.__exit__(kind, value, trace)

    def show(self, event: Event) -> None:
        """Update the display for an event."""
        if isinstance(event, Finished):
            trial = event.result.trial
            self.num_done += 1
            left = self._num_epochs(trial) - self.epochs.pop(trial, 0)
            self._advance(trial, left)
            if not self.console.is_terminal or event.result.status != "ok":
                line = outcome_line(event.result, self._name(trial))
                self.console.print(f"{self._count()} {line}", highlight=False, soft_wrap=True)
        elif isinstance(event, EpochDone):
            before, now = self.epochs.get(event.trial, 0), 0 if event.epoch is None else event.epoch.epoch
            self.epochs[event.trial] = now
            self._advance(event.trial, now - before)  # forward from a checkpoint, back if it starts again
        elif isinstance(event, Note):
            name = f"{self._name(event.trial)}: " if event.trial else ""
            self.console.print(f"{name}{event.words}", highlight=False, soft_wrap=True)

    def _advance(self, trial: Trial, num_epochs: int) -> None:
        shown = list(islice(self.epochs.items(), MOST_SHOWN))
        running = ", ".join(f"{self._name(trial, 's')} {epoch}/{self._num_epochs(trial)}" for trial, epoch in shown)
        more = f" and {len(self.epochs) - len(shown)} more" if len(self.epochs) > len(shown) else ""
        done = num_epochs * self._work(trial) / self._num_epochs(trial)
        self.bar.update(self.task, advance=done, trials=self._count(), running=running + more)

    def _name(self, trial: Trial, seed: str = "seed ") -> str:
        """Return a trial's arm and seed, and its learning rate if the run has several."""
        rate = f" at {trial.recipe.learning_rate:g}" if self.has_rates else ""
        return f"{self.name_of(trial)}{rate} {seed}{trial.seed}"

    def _count(self) -> str:
        return f"{self.num_done}/{self.num_trials}"

    def _num_epochs(self, trial: Trial) -> int:
        return trial.num_passes(self.num_train - trial.num_held_out(self.num_train))

    def _work(self, trial: Trial) -> int:
        """Return a trial's share of the bar: within a suite, time grows with the number of layers."""
        return max(1, trial.architecture.depth) * self._num_epochs(trial)


class ProbeDisplay:
    """Progress of a run's probes: a bar on a terminal, a line per failed probe, and a count at the end."""

    def __init__(self, num_probes: int, console: Console, name_of: NameOf = attrgetter("label")) -> None:
        self.name_of = name_of
        self.console = console
        self.num_done, self.num_probes = 0, num_probes
        columns = (TextColumn("{task.completed:.0f}/{task.total:.0f} probes"), BarColumn(bar_width=24), TimeRemainingColumn())
        self.bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self.task = self.bar.add_task("", total=num_probes)

    def __enter__(self) -> Self:
        self.bar.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.bar.__exit__(kind, value, trace)
        self.console.print(f"{self.num_done}/{self.num_probes} probes", highlight=False)

    def show(self, event: Event) -> None:
        """Update the display for an event."""
        if isinstance(event, Probed):
            self.num_done += 1
            self.bar.update(self.task, advance=1)
            if event.result.status != "ok":
                name = f"{event.result.probe} of {self.name_of(event.result.trial)} seed {event.result.trial.seed}"
                self.console.print(f"{name}: {event.result.detail}", highlight=False, soft_wrap=True)


def outcome_line(result: TrialResult, name: str = "") -> str:
    """Return a finished trial as one line, by default under its label and seed."""
    name = name or f"{result.trial.label} seed {result.trial.seed}"
    if result.final is None:
        return f"{name}: {result.status}: {result.detail}"
    seconds = sum(epoch.train_seconds + epoch.eval_seconds for epoch in result.history)
    values = f"training error {result.final.train_error_pct:.2f}%, test error {result.final.test_error_pct:.2f}%, {seconds:.1f} s"
    return f"{name}: {values}" if result.status == "ok" else f"{name}: {result.status} ({result.detail}), {values}"
