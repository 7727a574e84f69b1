"""Show the progress of a run: on a terminal a bar with the last finished trials, elsewhere one plain line per trial."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from operator import attrgetter
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from benchmarks.cli.time_left import TimeLeft
from benchmarks.executors.events import EpochDone, Event, Finished, Note, Probed
from benchmarks.spec.trial import Trial
from benchmarks.store.trials import TrialResult

MOST_SHOWN = 4  # running trials; a cluster may have thousands
MOST_ENDED = 3  # trials that ended, below the bar
NameOf = Callable[[Trial], str]


class _Bar(Progress):
    """Bar of a run; below it the trials under way and the last that ended, each on a line of the terminal's width."""

    running = ""

    def __init__(self, *columns: ProgressColumn, console: Console) -> None:
        self.ended: deque[str] = deque(maxlen=MOST_ENDED)
        super().__init__(*columns, console=console, disable=not console.is_terminal)

    def get_renderables(self) -> Iterable[RenderableType]:
        yield self.make_tasks_table(self.tasks)
        for line in (self.running, *self.ended):
            if line:
                yield Text(line, no_wrap=True, overflow="ellipsis", style="dim" if line == self.running else "")


class _TimeLeftColumn(ProgressColumn):
    """Time left: the estimate, corrected by how fast the run is."""

    def __init__(self, left: TimeLeft) -> None:
        self.left = left
        super().__init__()

    def render(self, task: Task) -> Text:
        share = task.completed / task.total if task.total else 0.0
        return Text(str(timedelta(seconds=round(self.left.after(share)))), style="progress.remaining")


class Display:
    """Progress of a run's trials; a context manager, so that the terminal is restored.

    `seconds` are the estimates of the trials in one worker, and `in_all` that of the run; without them the bar tells the time left later.
    """

    def __init__(
        self,
        num_trials: int,
        pending: Sequence[Trial],
        num_train: int,
        console: Console,
        name_of: NameOf = attrgetter("label"),
        *,
        seconds: Mapping[Trial, float] | None = None,
        in_all: float | None = None,
    ) -> None:
        self.console = console
        self.num_trials = num_trials
        self.num_done = num_trials - len(pending)
        self.num_train = num_train
        self.name_of = name_of
        self.seconds = seconds or {}
        self.has_rates = len({trial.recipe.learning_rate for trial in pending}) > 1
        self.epochs: dict[Trial, int] = {}
        self.bar = _Bar(
            TextColumn("{task.fields[trials]} trials"),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False) if in_all is None else _TimeLeftColumn(TimeLeft(num_seconds=in_all)),
            console=console,
        )
        self.task = self.bar.add_task("", total=sum(map(self._work, pending)), trials=self._count())

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
            line = f"{self._count()} {outcome_line(event.result, self._name(trial))}"
            if not self.console.is_terminal or event.result.status != "ok":
                self.console.print(line, highlight=False, soft_wrap=True)
            else:
                self.bar.ended.append(line)
        elif isinstance(event, EpochDone):
            before, now = self.epochs.get(event.trial, 0), 0 if event.epoch is None else event.epoch.epoch
            self.epochs[event.trial] = now
            self._advance(event.trial, now - before)  # forward from a checkpoint, back if it starts again
        elif isinstance(event, Note):
            name = f"{self._name(event.trial)}: " if event.trial else ""
            self.console.print(f"{name}{event.words}", highlight=False, soft_wrap=True)

    def _advance(self, trial: Trial, num_epochs: int) -> None:
        shown = list(islice(self.epochs.items(), MOST_SHOWN))
        running = ", ".join(f"{self._name(trial)} epoch {epoch}/{self._num_epochs(trial)}" for trial, epoch in shown)
        more = f" and {len(self.epochs) - len(shown)} more" if len(self.epochs) > len(shown) else ""
        done = num_epochs * self._work(trial) / self._num_epochs(trial)
        self.bar.running = running + more
        self.bar.update(self.task, advance=done, trials=self._count())

    def _name(self, trial: Trial) -> str:
        """Return a trial's arm and seed, and its learning rate if the run has several."""
        rate = f" at {trial.recipe.learning_rate:g}" if self.has_rates else ""
        return f"{self.name_of(trial)}{rate} seed {trial.seed}"

    def _count(self) -> str:
        return f"{self.num_done}/{self.num_trials}"

    def _num_epochs(self, trial: Trial) -> int:
        return trial.num_passes(self.num_train - trial.num_held_out(self.num_train))

    def _work(self, trial: Trial) -> float:
        """Return a trial's share of the bar: its seconds, or what grows like them within a suite: layers and epochs."""
        return self.seconds.get(trial) or max(1, trial.architecture.depth) * self._num_epochs(trial)


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
