"""The store: strict, whole, never silently wrong."""

import errno
import fcntl
import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from benchmarks.store import files
from benchmarks.store.files import write_whole
from benchmarks.store.out import Out
from benchmarks.store.strict_json import SCHEMA, NewerSchemaError, finite
from benchmarks.store.trials import TrialResult, TrialStore, from_json, to_json

Make = Callable[..., TrialResult]
JSON = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


@pytest.fixture
def out(tmp_path: Path) -> Out:
    out = Out(tmp_path / "out")
    out.prepare()
    return out


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


def test_records_are_found_by_their_trial(store: TrialStore, make_result: Make) -> None:
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
def test_a_damaged_record_is_named_and_set_aside_and_never_lost(store: TrialStore, make_result: Make, damage: str) -> None:
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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=200), st.recursive(JSON, lambda values: st.lists(values) | st.dictionaries(st.text(), values))
    )
)
def test_whatever_stands_in_a_record_is_named_or_refused_and_stays(store: TrialStore, make_result: Make, content: object) -> None:
    good, bad = make_result("resnet8", 0), make_result("plain8", 0)
    store.write(good)
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    path = store.path(bad.trial)
    path.write_bytes(raw)
    try:
        assert [result.trial for result in store.read_all()[0]] == [good.trial] and store.find(bad.trial) is None
        store.set_aside([bad.trial])
    except NewerSchemaError as error:
        assert str(path) in str(error) and path.read_bytes() == raw
    else:
        (aside,) = store.folder.glob("*.unreadable-*")
        assert aside.read_bytes() == raw
        aside.unlink()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(cut=st.floats(0, 1), byte=st.integers(0, 255))
def test_a_record_with_one_wrong_byte_is_never_another_trials(
    store: TrialStore, make_result: Make, cut: float, byte: int
) -> None:
    result = make_result("plain8", 0)
    path = store.write(result)
    raw = bytearray(path.read_bytes())
    raw[int(cut * (len(raw) - 1))] = byte
    path.write_bytes(raw)
    try:
        found = store.find(result.trial)
    except NewerSchemaError:
        return
    assert found is None or found.trial == result.trial


def test_a_store_and_a_dictionary_know_the_same(make_result: Make) -> None:
    """Whatever is written, written over, torn and set aside, in any order."""
    trials = [make_result("plain8", seed).trial for seed in range(4)]
    seeds = st.sampled_from(range(4))

    class Both(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.folder = TemporaryDirectory()
            self.out = Out(Path(self.folder.name))
            self.out.prepare()
            self.known: dict[int, TrialResult] = {}
            self.torn: set[int] = set()

        @rule(seed=seeds, error=st.floats(0, 100))
        def write(self, seed: int, error: float) -> None:
            self.known[seed] = make_result("plain8", seed, test=error)
            self.out.trials.write(self.known[seed])
            self.torn.discard(seed)

        @rule(seed=seeds, share=st.floats(0, 0.99))
        def tear(self, seed: int, share: float) -> None:
            if self.known.pop(seed, None) is not None:
                path = self.out.trials.path(trials[seed])
                path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
                self.torn.add(seed)

        @rule()
        def set_aside(self) -> None:
            assert len(self.out.trials.set_aside(trials)) == len(self.torn)
            self.torn.clear()

        @invariant()
        def the_same(self) -> None:
            results, unreadable = self.out.trials.read_all()
            assert {result.trial.seed: result for result in results} == self.known
            assert len(unreadable) == len(self.torn)
            assert [self.out.trials.find(trial) for trial in trials] == [self.known.get(seed) for seed in range(4)]

        def teardown(self) -> None:
            self.folder.cleanup()

    run_state_machine_as_test(Both, settings=settings(max_examples=30, stateful_step_count=15, deadline=None))  # type: ignore[no-untyped-call]


def test_a_newer_schema_is_refused_with_both_numbers(store: TrialStore, make_result: Make) -> None:
    result = make_result("plain8", 0)
    path = store.write(result)
    path.write_text(path.read_text().replace(f'"schema": {SCHEMA}', '"schema": 99'))
    for read in (store.read_all, lambda: store.find(result.trial), lambda: store.set_aside([result.trial])):
        with pytest.raises(NewerSchemaError, match=f"schema is 99, this release reads up to {SCHEMA}: update"):
            read()
    assert path.exists()


def test_a_record_names_the_instructions_that_torch_uses_and_an_older_one_does_not(store: TrialStore, make_result: Make) -> None:
    import torch

    result = make_result("plain8", 0)
    names = result.environment.instructions.split()
    widest = {"AVX2": "avx2", "AVX512": "avx512f"}.get(torch.backends.cpu.get_cpu_capability())
    assert widest is None or (widest in names and ("avx512f" in names) == (widest == "avx512f"))
    path = store.write(result)
    record = json.loads(path.read_text())
    del record["environment"]["instructions"]
    path.write_text(json.dumps(record | {"schema": 6}))
    ((older,), unreadable) = store.read_all()
    assert unreadable == [] and older.environment == replace(result.environment, instructions="") and older.schema == 6


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(classes=st.lists(st.integers(0, 11)) | st.lists(st.integers(0, 9), min_size=1))
def test_predictions_are_a_digit_each_where_ten_classes_do_and_read_back_from_both_forms(
    make_result: Make, classes: list[int]
) -> None:
    result = replace(make_result("plain8", 0), predictions=tuple(classes))
    text = to_json(result)
    recorded = json.loads(text)["predictions"]
    assert recorded == ("".join(map(str, classes)) if classes and max(classes) < 10 else classes)
    as_list = json.dumps(json.loads(text) | {"predictions": classes, "schema": 6})
    assert from_json(text) == result and from_json(as_list) == replace(result, schema=6)


@pytest.mark.parametrize("recorded", ["12a", "-1", "", " 1", "²", [1.0], ["1"]])
def test_predictions_that_are_no_classes_are_refused(make_result: Make, recorded: object) -> None:
    with pytest.raises(ValueError, match="predictions"):
        from_json(json.dumps(json.loads(to_json(make_result("plain8", 0))) | {"predictions": recorded}))


def test_a_write_that_fails_leaves_the_old_record_and_no_litter(
    store: TrialStore, make_result: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = make_result("plain8", 0, test=1.0), make_result("plain8", 0, test=2.0)
    path = store.write(old)

    def fail(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", fail)
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
        Out(tmp_path / "file").prepare()


def test_what_a_killed_run_left_half_written_is_cleared_once_it_is_old(out: Out) -> None:
    old, young, kept = (out.trials.folder / name for name in (".part-1-plain8", ".part-2-plain8", "plain8.safetensors"))
    for path in (old, young, kept):
        path.write_text("half")
    for path in (old, kept):
        os.utime(path, (0, 0))
    beside = out.trials.folder.parent / "checkpoints" / ".part-1-plain8"
    beside.parent.mkdir()
    beside.write_text("half")
    os.utime(beside, (0, 0))
    out.prepare()
    assert sorted(out.trials.folder.iterdir()) == [young, kept] and not beside.exists()


def test_a_claimed_trial_is_left_to_its_run_and_free_afterwards(store: TrialStore, make_result: Make) -> None:
    trial = make_result("plain8", 0).trial
    with store.lease(trial) as mine:
        assert mine
        with store.lease(trial) as theirs:
            assert not theirs
    with store.lease(trial) as again:
        assert again
    assert list(store.folder.iterdir()) == []


def test_a_claim_on_a_file_that_was_just_removed_is_none(
    store: TrialStore, make_result: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run that had it removes the file between our opening and our locking: a third run may hold a new file of that name."""
    trial = make_result("plain8", 0).trial
    path = store.folder / f".lease-{trial.key}"
    lock = fcntl.flock

    def removed_meanwhile(file: object, how: int) -> None:
        path.unlink()
        path.touch()
        lock(file, how)  # type: ignore[arg-type]

    with monkeypatch.context() as context:
        context.setattr(fcntl, "flock", removed_meanwhile)
        with store.lease(trial) as mine:
            assert not mine
    assert path.exists()  # it is the third run's
    with store.lease(trial) as mine:
        assert mine


def test_a_file_system_without_locks_keeps_nobody_out(
    store: TrialStore, make_result: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", fail)
    with store.lease(make_result("plain8", 0).trial) as mine:
        assert mine


def test_a_partial_file_that_is_put_in_place_meanwhile_is_no_reason_to_refuse(out: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = out.trials.folder / ".part-1-gone"
    monkeypatch.setattr(Path, "glob", lambda *_: iter([gone]))
    out.prepare()


def test_a_record_is_strict_json_with_a_field_a_line(make_result: Make) -> None:
    text = to_json(make_result("plain8", 0))
    assert list(json.loads(text)) == [line.split('"')[1] for line in text.splitlines()[1:-1]]
