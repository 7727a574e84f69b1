"""What the tests of reports, objections and figures share: a browser, a whole study of made-up numbers with its page, and one without objections."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from analysis.report import make_reports
from benchmarks.spec.images import Images, Split
from benchmarks.spec.rates import arms_at_every_rate, rates_of, recipes_at
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import load_suite
from benchmarks.spec.trial import Arm, Trial
from benchmarks.store.environment import Environment
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]
DEPTH = load_suite("depth")
TRAIN = {"plain8": 1.0, "plain20": 2.0, "plain32": 10.0, "plain56": 60.0}
TEST = {8: 5.0, 20: 4.0, 32: 3.5, 56: 3.0}  # by depth; the deep plain networks' is that of training
HALF = Split(images_NCHW=np.zeros((500, 3, 8, 8), np.uint8), labels_N=np.arange(500) % 3)
CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
ERROR = 10.0  # test error of every arm, of which 5% is more than an image
# each seed divides it for itself, and an image is worth less than any margin
POOL = Images(name="tiny", source="made for tests", train=HALF, test=HALF, classes=("a", "b", "c"), is_pool=True)


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """A Chromium for all tests of a process, as playwright starts only once in it."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here; .ci/run installs one")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


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
    made = [
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
    return [slow(result) if result.trial.arm.label.startswith("plain") else result for result in made]


def slow(result: TrialResult) -> TrialResult:
    """The same result, at the same training error two epochs later."""
    (last,) = result.history
    epochs = [replace(last, epoch=number, train_error_pct=50.0 if number < 3 else last.train_error_pct) for number in (1, 2, 3)]
    return replace(result, history=tuple(epochs))


@pytest.fixture(scope="module")
def clean(make_result: Make, make_tuning: Callable[..., list[TrialResult]], environment: Environment) -> list[TrialResult]:
    """A whole depth study of equal errors, tuned alike, from one clean commit on one machine, with its controls; each seed has its own split."""
    known = replace(environment, commit="0123abc", is_dirty=False)
    suite, recipe = load_suite("depth"), Recipe(epochs=1, batch_size=64)
    compared = [arm for arm in suite.arms.values() if arm in arms_at_every_rate(suite, "digits")]
    tuning = [result for arm in compared for result in make_tuning(arm, recipe, 0.05, environment=known)]
    arms = [
        make_result(Arm(architecture=arm.architecture), seed, test=ERROR, environment=known, recipe=at_rate, data=POOL.facts)
        for at_rate in recipes_at(recipe, rates_of(suite, "quick", recipe))
        for arm in suite.arms.values()
        if at_rate == recipe or arm in arms_at_every_rate(suite, "digits")
        for seed in range(5)
    ]
    controls = [
        (control, make_result(suite.arms[suite.reference], seed, test=error, environment=known, recipe=recipe, data=POOL.facts))
        for control, error in (("twin", ERROR), ("half-wrong", ERROR + 30))
        for seed in range(5)
    ]
    results = [*arms, *tuning, *(replace(result, trial=replace(result.trial, control=control)) for control, result in controls)]
    return [replace(result, trial=divided(result.trial)) for result in results]


def divided(trial: Trial) -> Trial:
    """The same trial on its seed's split of the pool."""
    division = POOL.division(trial.seed)
    assert division is not None
    return replace(trial, dataset=POOL.identity(), split=division.checksum)


@pytest.fixture(scope="session")
def stored() -> Write:
    """Write results into a folder that has the labels of the clean study's images; return the folder."""

    def into(folder: Path, results: list[TrialResult]) -> Path:
        out = Out(folder)
        out.prepare()
        out.labels.write(POOL)
        for result in results:
            out.trials.write(result)
        return folder

    return into
