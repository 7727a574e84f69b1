"""A study's page is written while its trials run: after the first seed at the recipe's rate, and after each further seed."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.cli import page_so_far
from benchmarks.cli.flags import Request
from benchmarks.cli.page_so_far import PageSoFar
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.request import resolve
from benchmarks.executors.events import Finished, Note
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

NOTHING_NEW = Note(words="")


@pytest.fixture
def study() -> StudyPlan:
    (study,) = resolve(
        Request(suite="depth", arms=("*20", "*56"), rates="0.1,0.05", seeds="3", device="cpu", out=Path("nowhere"))
    )[1]
    assert isinstance(study, StudyPlan)
    return study


@pytest.fixture
def finish(study: StudyPlan, out: Out, make_result: Callable[..., TrialResult]) -> Callable[[PageSoFar, int, float], None]:
    """Record the trials of a seed at a rate, and tell the page."""

    def finish(page: PageSoFar, seed: int, rate: float) -> None:
        for trial in study.trials:
            at_rate = 0.05 if trial.control else trial.recipe.learning_rate  # the controls of a seed come last
            if (trial.seed, at_rate) == (seed, rate):
                result = replace(make_result("plain8", 0), trial=trial, data=study.images.facts)
                out.trials.write(result)
                page.see(Finished(result=result))

    return finish


def wait(page: PageSoFar) -> None:
    while page.process is not None:
        page.see(NOTHING_NEW)
        time.sleep(0.05)


@pytest.mark.slow
def test_the_page_comes_after_the_first_seed_and_after_each_further_one(
    study: StudyPlan,
    out: Out,
    finish: Callable[[PageSoFar, int, float], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(page_so_far, "FEWEST_SECONDS", 0.0)
    written: list[tuple[int, float]] = []
    with PageSoFar(study, study.trials, out, Console()) as page:
        for seed in range(3):
            for rate in (0.1, 0.05):
                finish(page, seed, rate)
                if page.process is not None:
                    written.append((seed, rate))
                wait(page)
    assert written == [(0, 0.1), (0, 0.05), (1, 0.05)]  # the run itself writes the last one
    (folder,) = (path.parent for path in out.folder.glob("depth/*/index.html"))
    assert capsys.readouterr().out.count("page so far") == 1
    assert len((folder / "trials.csv").read_text().splitlines()) == 1 + 2 * (2 * 4 + 2)  # with two controls
    outcomes = {one["outcome"] for one in json.loads((folder / "verdicts.json").read_text())}
    assert outcomes == {"untested", "untested (too easy here)"}


def test_a_short_run_writes_none(study: StudyPlan, out: Out, finish: Callable[[PageSoFar, int, float], None]) -> None:
    with PageSoFar(study, study.trials, out, Console()) as page:
        finish(page, 0, 0.1)
        assert page.process is None


def test_an_interrupted_run_leaves_no_process_and_nothing_half_written(
    study: StudyPlan, out: Out, finish: Callable[[PageSoFar, int, float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_so_far, "FEWEST_SECONDS", 0.0)
    with pytest.raises(KeyboardInterrupt), PageSoFar(study, study.trials, out, Console()) as page:
        finish(page, 0, 0.1)
        assert page.process is not None
        process = page.process
        time.sleep(1.0)
        raise KeyboardInterrupt
    assert process.poll() is not None
    files = [path for path in out.folder.rglob("*") if path.is_file() and path.parent != out.trials.folder]
    assert all(path.suffix in (".html", ".md", ".csv", ".json", ".svg", ".png") for path in files)


@pytest.mark.slow
def test_other_seeds_that_are_under_way_do_not_hold_it_up(
    study: StudyPlan, out: Out, finish: Callable[[PageSoFar, int, float], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(page_so_far, "FEWEST_SECONDS", 0.0)
    with PageSoFar(study, study.trials, out, Console()) as page:
        finish(page, 1, 0.1)  # the second seed is first
        assert page.process is not None
        wait(page)
        assert len(list(tmp_path.glob("depth/*/index.html"))) == 1
