"""Write a study's page while its trials run: after the first seed at the recipe's rate, and again after each seed.

The page is written by a process of its own with low priority, one at a time; the trials do not wait for it.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from rich.console import Console

from benchmarks.cli.plan import StudyPlan
from benchmarks.executors.events import Event, Finished
from benchmarks.spec.named import text_of
from benchmarks.spec.suite import SUITES
from benchmarks.spec.trial import Trial
from benchmarks.store.out import Out

FEWEST_SECONDS = 10.0  # from the start or the last page: a run that is over sooner needs none
LOW_PRIORITY = 10  # as `nice` counts


class PageSoFar:
    """Follows a run's events and writes its page when a seed is complete; a context manager, at whose end no process is left."""

    def __init__(self, study: StudyPlan, pending: Sequence[Trial], out: Out, console: Console) -> None:
        self.study, self.out, self.console = study, out, console
        self.left = set(pending)
        self.is_first, self.is_due = True, False
        self.process: subprocess.Popen[str] | None = None
        self.since = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        if self.process is not None:
            if kind is not None:
                self.process.send_signal(signal.SIGINT)  # upon which it removes what it has half written
            self.process.communicate()

    def see(self, event: Event) -> None:
        """Note a finished trial; write the page if its seed is complete and none is being written."""
        if isinstance(event, Finished):
            self.left.discard(event.result.trial)
            self.is_due = self.is_due or self._completes_a_seed(event.result.trial)
        if self.process is not None and self.process.poll() is not None:
            self._written(self.process)
            self.process = None
        if self.is_due and self.left and self.process is None and time.monotonic() - self.since >= FEWEST_SECONDS:
            self.is_due, self.since, self.process = False, time.monotonic(), self._write()

    def _completes_a_seed(self, ended: Trial) -> bool:
        """Return whether no trial of this seed is left; for the first page, none at the recipe's rate but controls."""
        base = self.study.recipe
        of_seed = [trial for trial in self.left if trial.seed == ended.seed]
        return not [
            trial for trial in of_seed if not self.is_first or (self.study.suite.is_at(trial, base) and not trial.control)
        ]

    def _write(self) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "analysis.report", str(self.out.folder), "--suite", text_of(SUITES, self.study.name)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # an interrupt of the run is not meant for it
        )
        with suppress(OSError):  # it may have ended
            os.setpriority(os.PRIO_PROCESS, process.pid, LOW_PRIORITY)
        return process

    def _written(self, process: "subprocess.Popen[str]") -> None:
        """Say where the first page is; the last page of the run tells why one could not be written."""
        pages, _ = process.communicate()
        if process.returncode == 0 and self.is_first:
            self.is_first = False
            where = ", ".join(pages.split("\n")).strip(", ")
            self.console.print(f"page so far, written again after each seed: {where}", highlight=False, soft_wrap=True)
