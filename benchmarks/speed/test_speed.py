"""Time every job with pytest-benchmark, in groups: pytest benchmarks/speed --benchmark-only.

It takes some minutes. `-k depth` times the arms of one suite; `--benchmark-autosave` and `--benchmark-compare` belong to pytest-benchmark.
"""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.speed.jobs import TimedJob, arms, cost_info, everything

WORKLOADS = {(suite, label): workload for suite, label, workload in arms()}


@pytest.mark.parametrize(("name", "work"), everything().items(), ids=everything())
def test_speed(name: str, work: TimedJob, benchmark: BenchmarkFixture) -> None:
    """Time one job and record the parameters and multiply-adds of its network."""
    benchmark.group = work.group
    benchmark.extra_info.update(work.extra_info)
    if "arm" in work.extra_info:
        benchmark.extra_info.update(cost_info(WORKLOADS[str(work.extra_info["suite"]), str(work.extra_info["arm"])]))
    once = work.make()
    once()
    benchmark.pedantic(once, rounds=5, warmup_rounds=1)  # type: ignore[no-untyped-call]
