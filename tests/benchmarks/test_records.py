"""The store: strict, whole, never silently wrong."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import records
from benchmarks.records import NewerSchemaError, Store, TrialResult, finite, from_json, to_json, write_whole

Make = Callable[..., TrialResult]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(folder=tmp_path / "out" / "trials")
    store.prepare()
    return store


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10**6),
    errors=st.tuples(st.floats(0, 100), st.floats(0, 100)),
    detail=st.text(),
    predictions=st.lists(st.integers(0, 9), max_size=30),
)
def test_a_record_reads_back_as_it_was(
    make_result: Make, seed: int, errors: tuple[float, float], detail: str, predictions: list[int]
) -> None:
    result = make_result("plain8", seed, *errors, detail=detail, predictions=tuple(predictions))
    assert from_json(to_json(result)) == result


def test_a_number_that_is_not_finite_is_null() -> None:
    assert [finite(value) for value in (1.5, float("nan"), float("inf"))] == [1.5, None, None]


def test_records_are_found_by_their_trial(store: Store, make_result: Make) -> None:
    first, second = make_result("plain8", 0), make_result("resnet8", 0)
    path = store.write(first)
    assert path.name == f"plain8-tiny-s0-{first.trial.key}.json"
    assert store.find(first.trial) == first
    assert store.find(second.trial) is None
    assert store.read_all() == ([first], [])


DAMAGES: dict[str, Callable[[str], str]] = {
    "empty": lambda text: "",
    "torn": lambda text: text[: len(text) // 2],
    "not JSON": lambda text: "NaN in here",
    "a list": lambda text: "[1, 2]",
    "an unknown field": lambda text: text.replace('"status"', '"extra": 1, "status"'),
    "a missing field": lambda text: text.replace('"status": "ok",', ""),
    "a text for a number": lambda text: text.replace('"seed": 0', '"seed": "0"'),
    "a status that does not exist": lambda text: text.replace('"status": "ok"', '"status": "fine"'),
    "NaN": lambda text: text.replace('"train_loss": 0.1', '"train_loss": NaN'),
    "another trial": lambda text: text.replace('"seed": 0', '"seed": 1'),
    "an impossible value": lambda text: text.replace('"depth": 8', '"depth": 9'),
    "ok without figures": lambda text: "\n".join(line for line in text.splitlines() if '"final"' not in line),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_record_is_named_and_set_aside_and_never_lost(store: Store, make_result: Make, damage: str) -> None:
    good, bad = make_result("resnet8", 0), make_result("plain8", 0)
    store.write(good)
    path = store.write(bad)
    damaged = DAMAGES[damage](path.read_text())
    assert damaged != path.read_text()
    path.write_text(damaged)
    results, unreadable = store.read_all()
    assert results == [good]
    assert len(unreadable) == 1 and str(path) in unreadable[0]
    assert store.find(bad.trial) is None
    (line,) = store.set_aside([good.trial, bad.trial])
    assert str(path) in line and "run again" in line
    assert path.with_suffix(".unreadable-1").read_text() == damaged
    assert store.read_all() == ([good], [])


def test_a_newer_schema_is_refused_with_both_numbers(store: Store, make_result: Make) -> None:
    result = make_result("plain8", 0)
    path = store.write(result)
    path.write_text(path.read_text().replace('"schema": 3', '"schema": 7'))
    for read in (store.read_all, lambda: store.find(result.trial), lambda: store.set_aside([result.trial])):
        with pytest.raises(NewerSchemaError, match=r"schema is 7, this release reads up to 3: update"):
            read()
    assert path.exists()


def test_a_write_that_fails_leaves_the_old_record_and_no_litter(
    store: Store, make_result: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = make_result("plain8", 0, test=1.0), make_result("plain8", 0, test=2.0)
    path = store.write(old)

    def fail(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(records.os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        store.write(new)
    assert store.find(old.trial) == old
    assert list(store.folder.iterdir()) == [path]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path, texts = tmp_path / "file", ["a" * 200_000, "b" * 300_000]
    write_whole(path, texts[0])
    seen: set[str] = set()
    is_done = threading.Event()

    def read() -> None:
        while not is_done.is_set():
            seen.add(path.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(40):
        write_whole(path, texts[turn % 2])
    is_done.set()
    reader.join()
    assert seen <= set(texts)


def test_a_folder_that_cannot_be_written_is_told_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"cannot be written to .*: name another folder with --out"):
        Store(folder=tmp_path / "file" / "trials").prepare()


def test_a_claimed_trial_is_left_to_its_run_and_free_afterwards(store: Store, make_result: Make) -> None:
    trial = make_result("plain8", 0).trial
    with store.claim(trial) as mine:
        assert mine
        with store.claim(trial) as theirs:
            assert not theirs
    with store.claim(trial) as again:
        assert again
    assert list(store.folder.iterdir()) == []


def test_a_record_is_strict_json_with_a_field_a_line(make_result: Make) -> None:
    text = to_json(make_result("plain8", 0))
    assert list(json.loads(text)) == [line.split('"')[1] for line in text.splitlines()[1:-1]]
