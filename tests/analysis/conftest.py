"""What the tests of reports share: a whole study of made-up numbers, and its page."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.report import make_reports
from benchmarks.spec.suite import load_suite
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]
DEPTH = load_suite("depth")
TRAIN = {"plain8": 1.0, "plain20": 2.0, "plain32": 10.0, "plain56": 60.0}
TEST = {8: 5.0, 20: 4.0, 32: 3.5, 56: 3.0}  # by depth; the deep plain networks' is that of training


@pytest.fixture
def results(make_result: Make) -> list[TrialResult]:
    return whole_study(make_result)


@pytest.fixture(scope="module")
def whole(write: Write, make_result: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a whole study with its figures; it is only read."""
    (page,) = make_reports(write(tmp_path_factory.mktemp("whole"), whole_study(make_result)), "depth")
    return page


def whole_study(make_result: Make) -> list[TrialResult]:
    """A whole study of made-up numbers, as all claims have it: depth hurts the plain networks only, and five seeds differ a little."""
    facts = replace(make_result("plain8", 0).data, num_train=50_000, num_test=10_000)  # of which an error is hardly rounded
    return [
        make_result(
            label,
            seed,
            train=TRAIN.get(label, 0.5) + 0.1 * seed,
            test=max(TEST[arm.architecture.depth], TRAIN[label] if TRAIN.get(label, 0) > 5 else 0) + 0.1 * seed * (seed % 2),
            data=facts,
        )
        for label, arm in DEPTH.arms.items()
        for seed in range(5)
    ]
