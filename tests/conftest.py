"""What the tests share: small images, trials and results made of them, the reference's reports made again, and a way to run the command line."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from benchmarks.executors.events import Job
from benchmarks.spec.images import Images, Split, load_dataset
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.trial import Arm, Trial
from benchmarks.spec.tuning import grid, tuning_trials
from benchmarks.store.cores import num_cores
from benchmarks.store.environment import Checkout, Environment, describe
from benchmarks.store.out import Out
from benchmarks.store.trials import Final, TrialResult, TrialStore
from resnet_variants import parse

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "results" / "reference"
MOST_PROCESSES = 8  # each loads torch
settings.register_profile("no deadline", deadline=None)  # a busy machine is no failure
settings.load_profile("no deadline")


def pytest_configure() -> None:
    """One thread, here and in the processes that tests start: networks this small lose more by a second one than they gain."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # read by torch when it is loaded, which is later


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks at its options
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Take the cores that are there, one process each; `-n 0` keeps to one. Tests of one file share what they have made, and stay together."""
    is_worker = hasattr(config, "workerinput")
    if config.option.numprocesses is None and not config.option.usepdb and not is_worker:
        config.option.numprocesses, config.option.dist = min(num_cores(), MOST_PROCESSES), "loadfile"
        config.option.benchmark_disable = True  # nothing is timed there
        # a process that dies fails its test and ends the run: pytest-xdist 3.8 may wait for ever for one that replaces it (its issue 1378)
        config.option.maxworkerrestart = "0"


@pytest.hookimpl(tryfirst=True)  # before pytest leaves the slow ones out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deep networks take their time: what is tested for every name is tested for them among the slow tests."""
    for item in items:
        name = item.callspec.params.get("name") if isinstance(item, pytest.Function) and hasattr(item, "callspec") else None
        if isinstance(name, str) and any(depth in name for depth in ("101", "152", "164", "200", "1001", "1202")):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Decoded images and compiled fonts stay out of the user's cache."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session", autouse=True)
def no_waiting_for_the_disk() -> Iterator[None]:
    """Thousands of records are written here, and none has to outlast a loss of power."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda file: None)
        yield


@pytest.fixture(scope="session")
def all_from_reference(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    """The overview and every page, made again from the records of the reference: once, for all processes; they are only read."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    out = shared / "reference"
    with (shared / "reference.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (out / "index.html").exists():
            from analysis.report import make_reports  # it loads matplotlib, which few tests need

            make_reports(with_records_of_the_reference(out), "all", has_png=False)
    return out / "index.html", sorted(out.glob("*/*/index.html"))


@pytest.fixture
def records_of_the_reference(tmp_path: Path) -> Path:
    return with_records_of_the_reference(tmp_path)


def with_records_of_the_reference(out: Path) -> Path:
    """Put the records and plans of the reference, and no reports, into a folder, and return it."""
    out.mkdir(exist_ok=True)
    for name in ("trials", "probes", "timings", "labels"):
        (out / name).symlink_to(REFERENCE / name)
    for plan in REFERENCE.glob("*/*/plan.json"):  # those of other suites say which trials are theirs
        copied = out / plan.relative_to(REFERENCE)
        copied.parent.mkdir(parents=True)
        shutil.copy(plan, copied)
    return out


@pytest.fixture(scope="session")
def digits() -> Images:
    return load_dataset("digits").load(None, False)


@pytest.fixture(scope="session")
def tiny() -> Images:
    """65 training and 20 test images of 3x8x8 in three classes; a class is a brightness, so that it can be learned."""
    random = np.random.default_rng(0)
    splits = []
    for number in (65, 20):
        labels_N = np.arange(number) % 3
        pixels = labels_N[:, None, None, None] * 80 + random.integers(0, 40, (number, 3, 8, 8))
        splits.append(Split(images_NCHW=pixels.astype(np.uint8), labels_N=labels_N))
    return Images(name="tiny", source="made for tests", train=splits[0], test=splits[1], classes=("a", "b", "c"))


@pytest.fixture(scope="session")
def environment() -> Environment:
    return describe(device="cpu", num_threads=1, checkout=Checkout(commit=None, is_dirty=None))


@pytest.fixture
def as_a_worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process as a worker of trials is: one thread, no denormal numbers, no TF32; afterwards as it was, for others draw such numbers."""
    import torch

    from benchmarks.training.process import prepare_process

    threads = torch.get_num_threads()
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", torch.backends.cudnn.allow_tf32)  # put back at the end
    prepare_process()
    yield
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


@pytest.fixture
def job(tiny: Images) -> Job:
    """What trials on the small images share."""
    return Job(images=tiny, device="cpu", checkout=Checkout(commit=None, is_dirty=None))


@pytest.fixture
def out(tmp_path: Path) -> Out:
    """A run's folder of its own for each test."""
    out = Out(tmp_path)
    out.prepare()
    return out


@pytest.fixture
def store(out: Out) -> TrialStore:
    """The results of that folder."""
    return out.trials


@pytest.fixture(scope="session")
def make_result(tiny: Images, environment: Environment) -> Callable[..., TrialResult]:
    """A made-up result: of an arm, with a seed, a training and a test error."""
    from benchmarks.spec.cost import Cost
    from benchmarks.store.trials import Epoch

    identity = tiny.identity()

    def make(arm: str | Arm, seed: int, train: float = 0.0, test: float = 0.0, **changes: object) -> TrialResult:
        found = Arm(architecture=parse(arm)) if isinstance(arm, str) else arm
        recipe = changes.pop("recipe", Recipe(epochs=1, batch_size=64))
        assert isinstance(recipe, Recipe)
        trial = Trial(
            architecture=found.architecture,
            dataset=identity,
            recipe=found.recipe_under(recipe),
            seed=seed,
            train_fraction=found.train_fraction,
        )
        fields: dict[str, object] = {
            "trial": trial,
            "status": "ok",
            "data": tiny.facts,
            "cost": Cost(params=1000, macs=2000, activations=30),
            "final": Final(train_loss=0.1, train_error_pct=train, test_loss=0.2, test_error_pct=test),
            "history": (
                Epoch(
                    epoch=1,
                    train_loss=0.1,
                    train_error_pct=train,
                    test_loss=0.2,
                    test_error_pct=test,
                    train_seconds=1.0,
                    eval_seconds=0.1,
                ),
            ),
            "environment": environment,
        }
        return TrialResult(**(fields | changes))

    return make


@pytest.fixture(scope="session")
def make_tuning(make_result: Callable[..., TrialResult], tiny: Images) -> Callable[..., list[TrialResult]]:
    """Made-up tuning runs of an arm that is best at one rate, by 5 points for each place of the grid."""

    def make(arm: Arm, recipe: Recipe, best: float, **changes: object) -> list[TrialResult]:
        rates = grid(recipe.learning_rate)
        made = []
        for trial in tuning_trials([arm], tiny, recipe):
            error = 5.0 + 5 * abs(rates.index(trial.recipe.learning_rate) - rates.index(best))
            result = make_result(arm, trial.seed, test=error, recipe=trial.recipe, data=tiny.facts.of_trial(trial), **changes)
            made.append(replace(result, trial=trial))
        return made

    return make


@pytest.fixture(scope="session")
def write() -> Callable[[Path, list[TrialResult]], Path]:
    """Write results into a run's folder; return the folder."""

    def into(folder: Path, results: list[TrialResult]) -> Path:
        out = Out(folder)
        out.prepare()
        for result in results:
            out.trials.write(result)
        return folder

    return into


@pytest.fixture
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports without their figures, which take most of a report's time, for tests of what else a report holds."""
    from analysis.pages.drawing import Drawings

    monkeypatch.setattr("analysis.report.draw_all", lambda *given: Drawings(figures=(), left_out=()))


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def command() -> Run:
    """Run `python -m ...` as from the project's folder."""

    def run(*arguments: object, timeout: float = 120, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd=ROOT,
            env=os.environ | variables,
        )

    return run


Add = Callable[[str, str, str], None]


@pytest.fixture
def add(tmp_path: Path) -> Iterator[Add]:
    """Add a file to a package, as a user does, for the time of a test."""
    added: list[tuple[list[str], str, str]] = []

    def add(package: str, name: str, text: str) -> None:
        locations = import_module(package).__path__
        folder = tmp_path / package
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.py").write_text(text)
        if str(folder) not in locations:
            locations.append(str(folder))
        added.append((locations, str(folder), f"{package}.{name}"))

    yield add
    for locations, folder, module in added:
        if folder in locations:
            locations.remove(folder)
        sys.modules.pop(module, None)
