"""Prepare the process as a trial's worker is prepared, so that the timings match a real run."""

import pytest

from benchmarks.training.process import prepare_process


@pytest.fixture(scope="session", autouse=True)
def prepared_process() -> None:
    """Use one thread, flush denormal numbers and keep freed memory."""
    prepare_process()
