"""A record is parsed once a process, and again only when its file has changed."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.report import make_reports
from benchmarks.cli.plan import plan
from benchmarks.executors.carry_out import carry_out
from benchmarks.executors.events import Attempt, Event, Finished, Job
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import arms
from benchmarks.store import files, json_store
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult, TrialStore, to_json

Make = Callable[..., TrialResult]


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each text of a record was parsed."""
    counts: Counter[str] = Counter()
    read = json_store.read_strictly

    def counted(text: str, adapter: object) -> object:
        counts[text] += 1
        return read(text, adapter)  # type: ignore[arg-type]

    monkeypatch.setattr(json_store, "read_strictly", counted)
    return counts


def test_a_run_of_twenty_trials_and_its_report_parse_each_record_once(
    tiny: Images, job: Job, tmp_path: Path, parses: Counter[str], make_result: Make
) -> None:
    out = Out(tmp_path)
    out.prepare()
    trials = plan(arms("plain8", "resnet8", "plain20", "resnet20").values(), tiny, Recipe(epochs=1, batch_size=64), 5)

    def execute(tasks: Iterator[Attempt | None], job: Job) -> Iterator[Event]:
        for task in tasks:
            assert task is not None
            yield Finished(result=replace(make_result("plain8", 0, test=float(task.trial.seed)), trial=task.trial))

    carry_out(trials, job, out, execute, lambda event: None)  # type: ignore[arg-type]
    assert len(out.with_result(trials)) == 20
    make_reports(tmp_path, "depth")
    assert out.trials.set_aside(trials) == [] and len(out.trials.read_all()[0]) == 20
    assert len(parses) == 20 and set(parses.values()) == {1}


def test_a_file_that_changed_is_parsed_again(store: TrialStore, parses: Counter[str], make_result: Make) -> None:
    first, second = make_result("plain8", 0, test=1.0), make_result("plain8", 0, test=2.0)
    path = store.write(first)
    assert store.find(first.trial) == first and store.find(first.trial) == first
    assert store.write(second) == path and store.find(first.trial) == second
    path.write_text(to_json(first))  # as another process does
    os.utime(path, ns=(0, 0))
    assert store.find(first.trial) == first and sum(parses.values()) == 3
    path.unlink()
    assert store.find(first.trial) is None


def test_a_folder_is_listed_once_however_many_records_a_run_writes(
    store: TrialStore, make_result: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[Path] = []
    listing = files.os.listdir
    monkeypatch.setattr(files, "LEAST_APART", 3600.0)
    monkeypatch.setattr(files.os, "listdir", lambda folder: listed.append(folder) or listing(folder))
    for seed in range(50):
        result = make_result("plain8", seed)
        assert store.find(result.trial) is None
        store.write(result)
        renamed = replace(result.trial, dataset=replace(result.trial.dataset, name="renamed"))
        assert store.find(renamed) == result
    assert listed == [store.folder]


def test_records_of_a_large_folder_are_not_all_kept_in_memory(
    store: TrialStore, make_result: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_store, "MOST_PARSED", 3)
    monkeypatch.setattr(json_store, "_PARSED", {})
    results = [make_result("plain8", seed) for seed in range(10)]
    for result in results:
        store.write(result)
    assert store.read_all() == (sorted(results, key=lambda result: f"{result.trial.name}.json"), [])
    assert len(json_store._PARSED) == 3
