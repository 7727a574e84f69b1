"""Injected: a learning rate at which a network is lost in its first steps, in a suite that asks many probes of it.

What must hold: there is a report, every record can be read, and what could not be measured says why.
"""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.store.out import Out

pytestmark = pytest.mark.slow
Command = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_network_that_diverges_does_not_take_the_page_with_it(command: Command, tmp_path: Path) -> None:
    asked = "--suite function_class --arms plain8 --seeds 1 --set epochs=1 --set learning_rate=1e6 --jobs 1 --device cpu --out"
    for _ in range(2):  # and again where it was done
        done = command("benchmarks.run", *asked.split(), tmp_path, timeout=300)
        assert done.returncode in (0, 1) and "Traceback" not in done.stderr, done.stderr
        (page,) = tmp_path.glob("function_class/*/index.html")
        ((result,), unreadable), (probes, unread) = (
            Out(tmp_path).trials.read_all(),
            Out(tmp_path).probes.read_all(),
        )
        assert result.status == "diverged" and unreadable == unread == []
        failures = [probe for probe in probes if probe.status == "failed"]
        assert done.returncode == bool(failures) and all(probe.detail for probe in failures) and len(probes) > len(failures)
        for probe in failures:
            assert f"{probe.probe} of plain8 with seed 0 ({probe.detail[:20]}" in page.with_name("summary.md").read_text()
