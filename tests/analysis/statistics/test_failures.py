"""Failure rates and their comparison, against SciPy and against a slow, obvious version of Boschloo's test."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.failures import Runs, fails_more_often, failure_interval


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_of_a_failure_rate_is_clopper_and_pearsons(runs: tuple[int, int]) -> None:
    found = failure_interval(Runs(*runs))
    expected = stats.binomtest(runs[1] - runs[0], runs[1]).proportion_ci(0.95, method="exact")
    assert found == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_no_failure_in_a_few_runs_leaves_much_room() -> None:
    assert [round(100 * failure_interval(Runs(n, n))[1]) for n in (5, 8, 10, 20)] == [52, 37, 31, 17]


@pytest.mark.parametrize("n", [3, 5, 8, 10, 20])
def test_every_run_against_none_has_the_smallest_p(n: int) -> None:
    assert fails_more_often(Runs(0, n), Runs(n, n)) == pytest.approx(4.0**-n)
    assert fails_more_often(Runs(n, n), Runs(0, n)) == 1.0


@pytest.mark.parametrize(
    ("failed", "n", "p"),
    [((5, 0), 8, 0.0081), ((4, 0), 8, 0.028), ((6, 0), 8, 0.0022), ((8, 6), 8, 0.21), ((3, 6), 8, 0.21), ((2, 0), 5, 0.19)],
)
def test_the_two_sided_p_of_recorded_failures(failed: tuple[int, int], n: int, p: float) -> None:
    first, second = (Runs(n - number, n) for number in failed)
    found = 2 * min(fails_more_often(first, second), fails_more_often(second, first))
    assert found == pytest.approx(p, rel=0.03)


def boschloo(first: Runs, second: Runs) -> float:
    """Add up the probability of every table whose Fisher p is as small, at the common failure rate where it is largest."""

    def fisher(one: int, two: int) -> float:
        return float(stats.hypergeom.sf(one - 1, first.n + second.n, one + two, first.n))

    observed = fisher(first.failed, second.failed)
    tables = [pair for pair in product(range(first.n + 1), range(second.n + 1)) if fisher(*pair) <= observed * (1 + 1e-9)]
    rates = np.linspace(0, 1, 2001)
    return float(max(sum(stats.binom.pmf(one, first.n, rates) * stats.binom.pmf(two, second.n, rates) for one, two in tables)))


counts = st.integers(1, 8).flatmap(lambda n: st.builds(Runs, st.integers(0, n), st.just(n)))


@settings(max_examples=60)
@given(counts, counts)
def test_the_p_is_that_of_the_slow_version(first: Runs, second: Runs) -> None:
    if first.failed + second.failed in (0, first.n + second.n):
        assert fails_more_often(first, second) == 1.0
    else:
        assert fails_more_often(first, second) == pytest.approx(boschloo(first, second), abs=2e-3)
