"""Settles the process as a trial's worker is settled, so that what is timed is what runs."""

import pytest

from benchmarks.training.process import prepare_process


@pytest.fixture(scope="session", autouse=True)
def settled() -> None:
    """One thread, denormal numbers flushed, memory kept."""
    prepare_process()
